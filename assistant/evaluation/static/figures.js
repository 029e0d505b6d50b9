"use strict";

// What is told in figures and words: the summary, the tiles, the table of all figures, the run.

function showSummary(report) {
  const about = report.about || {};
  const said = [
    counted(report.rows.length, "question", "questions"),
    isNumber(about.documents) ? ` to ${counted(about.documents, "document", "documents")}` : "",
    isNumber(about.passages) ? ` (${counted(about.passages, "passage", "passages")})` : "",
    about.started ? [", asked on ", moment(about.started)] : "",
    isNumber(about.seconds) ? `, in ${asDuration(about.seconds)}` : "",
    ".",
  ];
  const facts = [
    ["Gold questions", about.gold],
    ["Language model", about.model],
    ["Embedder", about.embedder],
    ["Version", about.version],
  ];
  const listed = facts
    .filter(([, value]) => value && typeof value !== "object")
    .map(([name, value]) =>
      element("div", {}, element("dt", {}, name), element("dd", {}, isolated(String(value)))),
    );
  byId("summary").append(
    element("p", { class: "lead" }, ...said),
    element("dl", { class: "facts" }, ...listed),
  );
  if (about.retrieval_only) {
    byId("summary").append(
      element("p", { class: "note" }, "Only the search was measured; no replies were asked for."),
    );
  }
}

function moment(iso) {
  const date = new Date(iso);
  const known = !Number.isNaN(date.getTime());
  const text = known
    ? date.toLocaleString("en-GB", { dateStyle: "long", timeStyle: "short" })
    : String(iso);
  return element("time", { datetime: known ? date.toISOString() : null }, text);
}

function showTiles(report) {
  const present = TILES.filter(([metric]) => report.overall[metric]).slice(0, 6);
  const tiles = present.map(([metric, name, says]) =>
    tile(metric, name, says, report.overall[metric]),
  );
  byId("glance").append(
    tiles.length
      ? element("ul", { class: "tiles" }, ...tiles)
      : element("p", { class: "quiet" }, "No metric was measured."),
  );
}

function tile(metric, name, says, estimate) {
  const figure = isTime(metric) ? asTime(estimate.value) : asPercent(estimate.value, 1);
  const exact = `${asInterval(metric, estimate)}, n ${estimate.n ?? "–"}`;
  return element(
    "li",
    {},
    element("p", { class: "tile-name" }, name),
    element("p", { class: "tile-figure" }, figure),
    element("p", { class: "tile-says" }, says),
    element("p", { class: "tile-exact" }, element("code", {}, metric), ` ${exact}`),
  );
}

function showFigures(report) {
  const box = element("div", {});
  const slices = { overall: (summary) => summary.overall || {} };
  const choice = picker([["overall", "all questions"]], (name) =>
    replaceContent(box, figureTable(report, slices[name])),
  );
  for (const [slice, label, nameOf] of [
    ["by_kind", "Kind", kindName],
    ["by_language", "Language", languageName],
  ]) {
    const names = Object.keys(report[slice]);
    names.forEach((name) => {
      slices[`${slice} ${name}`] = (summary) => (summary[slice] || {})[name] || {};
    });
    if (names.length)
      choice.append(
        pickerGroup(
          label,
          names.map((name) => [`${slice} ${name}`, nameOf(name)]),
        ),
      );
  }
  byId("figures").append(
    element(
      "p",
      { class: "says" },
      "n is how many a figure rests on: questions, or marks or sentences where those are counted. ",
      "The interval is where it would lie in 95 of 100 such samples of questions. “↓”: fewer is better.",
    ),
    labelled("Questions", choice),
    box,
  );
  replaceContent(box, figureTable(report, slices.overall));
}

function figureTable(report, sliceOf) {
  const systems = systemsOf(report).map(([name, summary]) => [name, sliceOf(summary)]);
  const metrics = [...new Set(systems.flatMap(([, estimates]) => Object.keys(estimates)))];
  const others = systems.slice(1).map(([name]) => [isolated(name), "figure"]);
  const heads = columnHeads([
    ["metric", ""],
    [isolated(report.name), "figure own"],
    ["95\u00a0% interval", "figure"],
    ["n", "figure"],
    ...others,
  ]);
  const bodies = inFamilies(metrics).map(({ family, metrics: members }) =>
    element(
      "tbody",
      {},
      element(
        "tr",
        { class: "family" },
        element(
          "th",
          { colspan: 4 + others.length, scope: "rowgroup" },
          element("span", {}, family.name, element("small", {}, family.says)),
        ),
      ),
      ...members.map((metric) => figureRow(metric, systems)),
    ),
  );
  if (!metrics.length) return element("p", { class: "quiet" }, "Nothing was measured here.");
  return scrolling("All figures", element("table", { class: "figures" }, heads, ...bodies));
}

function figureRow(metric, systems) {
  const [own, ...others] = systems.map(([, estimates]) => estimates[metric]);
  const fewer = FEWER_IS_BETTER.test(metric)
    ? [" ", element("span", { class: "quiet", role: "img", "aria-label": "fewer is better" }, "↓")]
    : [];
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, element("code", {}, metric), ...fewer),
    element("td", { class: "figure own" }, asFigure(metric, own && own.value)),
    element("td", { class: "figure quiet" }, asInterval(metric, own)),
    element("td", { class: "figure quiet" }, own && isNumber(own.n) ? String(own.n) : "–"),
    ...others.map((other) =>
      element(
        "td",
        { class: "figure", title: other ? inWords(metric, other) : null },
        asFigure(metric, other && other.value),
      ),
    ),
  );
}

function showRun(report) {
  const notes = report.notes.map((note) => element("li", {}, String(note)));
  byId("run").append(
    notes.length ? element("ul", { class: "notes" }, ...notes) : "",
    element(
      "details",
      { class: "about" },
      element("summary", {}, "Versions, settings and sizes"),
      tree(report.about || {}),
    ),
  );
}

function tree(value) {
  if (value === null || value === undefined || value === "")
    return element("span", { class: "quiet" }, "–");
  if (typeof value !== "object") return isolated(String(value));
  if (Array.isArray(value) && value.every((item) => typeof item !== "object"))
    return isolated(value.join(", ") || "–");
  const items = Object.entries(value).map(([name, item]) =>
    element("div", {}, element("dt", {}, isolated(name)), element("dd", {}, tree(item))),
  );
  return items.length
    ? element("dl", { class: "tree" }, ...items)
    : element("span", { class: "quiet" }, "–");
}
