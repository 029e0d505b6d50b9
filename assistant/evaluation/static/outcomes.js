"use strict";

// What became of the questions: bars by verdict, and buttons that lead to the questions themselves.

const ANSWERED =
  "A question that has an answer is answered correctly, wrongly, or not at all (abstained). Where the documents " +
  "hold no answer, saying so is right. ";
const SEARCHED =
  "The right passage is found among the first five, or missed. A question without one cannot be scored. ";

function showOutcomes(report, onVerdict) {
  const searched = Boolean(report.about.retrieval_only);
  const bars = element("div", { class: "bars" });
  const by = {
    all: () => "",
    kind: (row) => kindName(row.kind),
    language: (row) => languageName(row.language),
  };
  const draw = (choice) => replaceContent(bars, outcomeBars(report.rows, by[choice]));
  const choice = picker(
    [
      ["all", "all questions"],
      ["kind", "each kind"],
      ["language", "each language"],
    ],
    draw,
  );
  byId("outcomes").append(
    hatching(),
    panel(
      null,
      [searched ? SEARCHED : ANSWERED, "Choose an outcome below the bars to see its questions."],
      [labelled("One bar for", choice)],
      [bars, outcomeLegend(report.rows, onVerdict)],
    ),
  );
  draw("all");
}

function countVerdicts(rows) {
  const names = [...new Set([...VERDICTS.keys(), ...rows.map((row) => row.verdict)])];
  return names
    .map((name) => [name, rows.filter((row) => row.verdict === name).length])
    .filter(([, count]) => count);
}

function outcomeLegend(rows, onVerdict) {
  const items = countVerdicts(rows).map(([name, count]) =>
    element(
      "li",
      {},
      element(
        "button",
        { type: "button", class: "outcome", click: () => onVerdict(name) },
        chip(name),
        ` ${count}`,
      ),
    ),
  );
  return element("ul", { class: "legend outcomes" }, ...items);
}

function chip(verdict) {
  const { tone, sign } = verdictOf(verdict);
  return element(
    "span",
    { class: `chip ${tone}` },
    element("span", { "aria-hidden": "true" }, sign),
    ` ${verdict}`,
  );
}

function outcomeBars(rows, groupOf) {
  const halves = [
    ["The documents have the answer", rows.filter((row) => row.answerable)],
    ["The documents do not say", rows.filter((row) => !row.answerable)],
  ];
  return halves
    .filter(([, half]) => half.length)
    .map(([title, half]) => {
      const names = [...new Set(half.map(groupOf))].sort();
      return element(
        "div",
        { class: "half" },
        element("h3", {}, title),
        names.map((name) =>
          outcomeBar(
            name,
            half.filter((row) => groupOf(row) === name),
          ),
        ),
      );
    });
}

function outcomeBar(name, rows) {
  return element(
    "div",
    { class: name ? "bar named" : "bar" },
    name ? element("span", { class: "bar-name" }, isolated(name)) : null,
    stackedBar(countVerdicts(rows)),
    element("span", { class: "bar-count" }, String(rows.length)),
  );
}
