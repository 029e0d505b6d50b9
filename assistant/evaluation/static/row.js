"use strict";

// What one question shows once it is opened.

const DOUBTS = {
  weak: "its source may not say so",
  unsupported: "not borne out by a source",
};

function goldRank(row) {
  return row.retrieved.findIndex((passage) => passage.gold) + 1;
}

function rowDetails(row, index) {
  return element(
    "div",
    { class: "row-body" },
    row.error
      ? element("p", { class: "error" }, element("strong", {}, "Failed: "), row.error)
      : null,
    element(
      "div",
      { class: "columns" },
      element("div", {}, askedPart(row), replyPart(row, index), figuresPart(row)),
      element("div", {}, retrievedPart(row)),
    ),
    element(
      "p",
      { class: "quiet" },
      element(
        "a",
        { href: `#q=${encodeURIComponent(wellFormed(row.qid))}` },
        "Link to this question",
      ),
    ),
  );
}

function askedPart(row) {
  return [
    row.history.length
      ? part("Said before", element("ul", { class: "history" }, ...row.history.map(turn)))
      : null,
    row.scope.length
      ? part("Searched only", list(row.scope.map((document) => isolated(document))))
      : null,
    row.answerable
      ? part(
          "Accepted answers",
          row.answers.length
            ? list(row.answers.map((answer) => foreign("span", answer)))
            : quiet("none is given"),
        )
      : part("Accepted answers", quiet("The documents do not say; declining is right.")),
    row.gold.length ? part("Where the answer stands", list(row.gold.map(goldPlace))) : null,
  ];
}

function turn(message) {
  return element(
    "li",
    {},
    element("span", { class: "who" }, message.role),
    foreign("span", message.content),
  );
}

function place(document, start, end) {
  const span = isNumber(start) && isNumber(end) ? ` ${start}–${end}` : "";
  return element("span", { class: "place" }, isolated(document), span);
}

function goldPlace(gold) {
  return [
    gold.quote ? foreign("q", gold.quote) : null,
    " ",
    place(gold.doc_id, gold.start, gold.end),
  ];
}

function replyPart(row, index) {
  const title = [
    "Reply",
    row.reply_kind && row.reply_kind !== "none" ? `, ${row.reply_kind}` : "",
    row.model ? [" by ", isolated(row.model)] : "",
  ];
  if (!row.reply) return part(title, quiet(noReply(row)));
  const doubts = row.sentences.filter((sentence) => DOUBTS[sentence.support]);
  return part(
    title,
    foreignPieces("blockquote", row.reply, row.reply_lang, replySpans(row, doubts), (piece) =>
      replyPiece(piece, index),
    ),
    doubts.length ? element("ul", { class: "doubts" }, ...doubts.map(doubtItem)) : null,
    remarks(row),
    row.citations.length
      ? element(
          "ol",
          { class: "citations" },
          ...row.citations.map((citation) => citationItem(citation, index)),
        )
      : null,
  );
}

function noReply(row) {
  if (row.error) return "There is none: see the error.";
  return row.reply_kind === "refused" ? "It declined." : "None was asked for.";
}

function replySpans(row, doubts) {
  const known = new Set(row.citations.map((citation) => String(citation.mark)));
  const spans = doubts
    .map((sentence) => spanOf(row.reply, sentence.text, { doubt: sentence.support }))
    .filter(Boolean);
  for (const found of row.reply.matchAll(/\d+(?=(\s*,\s*\d+)*\])/g)) {
    const bracketed = /\[[\d\s,]*$/.test(row.reply.slice(0, found.index));
    if (bracketed && known.has(found[0]))
      spans.push({ start: found.index, end: found.index + found[0].length, mark: found[0] });
  }
  return spans;
}

function replyPiece(piece, index) {
  const mark = piece.over.find((span) => span.mark);
  const doubt = piece.over.find((span) => span.doubt);
  const shown = mark
    ? element("a", { class: "cite", href: `#${citationId(index, mark.mark)}` }, piece.text)
    : piece.text;
  return doubt ? element("span", { class: "doubt", title: DOUBTS[doubt.doubt] }, shown) : shown;
}

function doubtItem(sentence) {
  const why = sentence.marks.length ? DOUBTS[sentence.support] : "points at no source";
  return element(
    "li",
    {},
    foreign("q", sentence.text),
    element("span", { class: "why" }, ` ${sentence.support}: ${why}`),
  );
}

function remarks(row) {
  const said = row.notices.map((notice) => foreign("li", String(notice)));
  if (row.dropped)
    said.push(
      element(
        "li",
        {},
        `${counted(row.dropped, "mark", "marks")} named no source and ${row.dropped === 1 ? "was" : "were"} dropped.`,
      ),
    );
  return said.length ? element("ul", { class: "remarks" }, ...said) : null;
}

function citationId(index, mark) {
  return `row-${index}-cited-${mark}`;
}

function citationItem(citation, index) {
  return element(
    "li",
    { id: citationId(index, citation.mark), tabindex: -1 },
    element("span", { class: "number" }, `[${citation.mark}]`),
    element(
      "div",
      {},
      foreign("span", citation.text, citation.language),
      " ",
      place(citation.doc_id, citation.start, citation.end),
    ),
  );
}

function figuresPart(row) {
  const scores = Object.entries(row.scores);
  // Times have their own lines.
  const told = scores.filter(([metric, score]) => score !== null && !isTime(metric));
  const silent = scores
    .filter(([metric, score]) => score === null && !isTime(metric))
    .map(([metric]) => metric);
  const times = Object.entries(row.latency_ms)
    .filter(([, time]) => isNumber(time))
    .map(([stage, time]) => [stage, asTime(time)]);
  return part(
    "Scores and times",
    element(
      "dl",
      { class: "scores" },
      ...[...told.map(([metric, score]) => [metric, asScore(metric, score)]), ...times].map(
        ([name, value]) =>
          element(
            "div",
            {},
            element("dt", {}, element("code", {}, name)),
            element("dd", {}, value),
          ),
      ),
    ),
    silent.length
      ? element("p", { class: "quiet small" }, `Does not apply here: ${silent.join(", ")}`)
      : null,
  );
}

function asScore(metric, score) {
  // This pair is the decision's rightness and the question's class, not a ratio.
  if (metric === "balanced_accuracy" && Array.isArray(score)) return asShort(metric, score[0]);
  return Array.isArray(score)
    ? score.map((value) => asShort(metric, value)).join(" of ")
    : asShort(metric, score);
}

function asShort(metric, value) {
  return Number.isInteger(value) && !isTime(metric) ? String(value) : asFigure(metric, value);
}
