"use strict";

// What one question shows once it is opened.

const DOUBTS = {
  weak: "not fully borne out by its source",
  unsupported: "not borne out by a source",
};

function goldRank(row) {
  return row.retrieved.findIndex((passage) => passage.gold) + 1;
}

function rowDetails(row, index) {
  return element(
    "div", { class: "row-body" },
    row.error ? element("p", { class: "error" }, element("strong", {}, "Failed: "), row.error) : null,
    element("div", { class: "columns" },
      element("div", {}, askedPart(row), replyPart(row, index), figuresPart(row)),
      element("div", {}, retrievedPart(row)),
    ),
    element("p", { class: "quiet" }, element("a", { href: `#q=${encodeURIComponent(wellFormed(row.qid))}` }, "Link to this question")),
  );
}

function part(title, ...content) {
  return element("section", { class: "part" }, element("h4", {}, title), ...content);
}

function askedPart(row) {
  return [
    row.history.length ? part("Said before", element("ul", { class: "history" }, ...row.history.map(turn))) : null,
    row.scope.length ? part("Searched only", list(row.scope.map((document) => isolated(document)))) : null,
    row.answerable
      ? part("Accepted answers", row.answers.length ? list(row.answers.map((answer) => foreign("span", answer))) : quiet("none is given"))
      : part("Accepted answers", quiet("The documents do not say; declining is right.")),
    row.gold.length ? part("Where the answer stands", list(row.gold.map(goldPlace))) : null,
  ];
}

function turn(message) {
  return element("li", {}, element("span", { class: "who" }, message.role), foreign("span", message.content));
}

function list(items) {
  return element("ul", { class: "plain" }, ...items.map((item) => element("li", {}, item)));
}

function quiet(text) {
  return element("span", { class: "quiet" }, text);
}

function place(document, start, end) {
  const span = isNumber(start) && isNumber(end) ? ` ${start}–${end}` : "";
  return element("span", { class: "place" }, isolated(document), span);
}

function goldPlace(gold) {
  return [gold.quote ? foreign("q", gold.quote) : null, " ", place(gold.doc_id, gold.start, gold.end)];
}

function replyPart(row, index) {
  const title = ["Reply", row.reply_kind && row.reply_kind !== "none" ? `, ${row.reply_kind}` : "", row.model ? [" by ", isolated(row.model)] : ""];
  if (!row.reply) return part(title, quiet(row.error ? "There is none: see the error." : "None was asked for."));
  const doubts = row.sentences.filter((sentence) => DOUBTS[sentence.support]);
  return part(
    title,
    foreignPieces("blockquote", row.reply, row.reply_lang, replySpans(row, doubts), (piece) => replyPiece(piece, index)),
    doubts.length ? element("ul", { class: "doubts" }, ...doubts.map(doubtItem)) : null,
    remarks(row),
    row.citations.length ? element("ol", { class: "citations" }, ...row.citations.map((citation) => citationItem(citation, index))) : null,
  );
}

function foreignPieces(tag, text, language, spans, show) {
  const node = foreign(tag, "", language);
  node.append(...pieces(text, spans).map(show));
  return node;
}

function replySpans(row, doubts) {
  const known = new Set(row.citations.map((citation) => String(citation.mark)));
  const spans = doubts.map((sentence) => spanOf(row.reply, sentence.text, { doubt: sentence.support })).filter(Boolean);
  for (const found of row.reply.matchAll(/\d+(?=(\s*,\s*\d+)*\])/g)) {
    const bracketed = /\[[\d\s,]*$/.test(row.reply.slice(0, found.index));
    if (bracketed && known.has(found[0])) spans.push({ start: found.index, end: found.index + found[0].length, mark: found[0] });
  }
  return spans;
}

function replyPiece(piece, index) {
  const mark = piece.over.find((span) => span.mark);
  const doubt = piece.over.find((span) => span.doubt);
  const shown = mark ? element("a", { class: "cite", href: `#${citationId(index, mark.mark)}` }, piece.text) : piece.text;
  return doubt ? element("span", { class: "doubt", title: DOUBTS[doubt.doubt] }, shown) : shown;
}

function doubtItem(sentence) {
  const why = sentence.marks.length ? DOUBTS[sentence.support] : "points at no source";
  return element("li", {}, foreign("q", sentence.text), element("span", { class: "why" }, ` ${sentence.support}: ${why}`));
}

function remarks(row) {
  const said = row.notices.map((notice) => foreign("li", String(notice)));
  if (row.dropped) said.push(element("li", {}, `${counted(row.dropped, "mark", "marks")} named no source and ${row.dropped === 1 ? "was" : "were"} dropped.`));
  return said.length ? element("ul", { class: "remarks" }, ...said) : null;
}

function citationId(index, mark) {
  return `row-${index}-cited-${mark}`;
}

function citationItem(citation, index) {
  return element(
    "li", { id: citationId(index, citation.mark), tabindex: -1 },
    element("span", { class: "number" }, `[${citation.mark}]`),
    element("div", {}, foreign("span", citation.text, citation.language), " ", place(citation.doc_id, citation.start, citation.end)),
  );
}

function retrievedPart(row) {
  if (!row.retrieved.length) return part("Passages found", quiet("none"));
  const shown = row.shown || 0;
  const items = row.retrieved.flatMap((passage, index) => [
    index === shown ? shownBorder(shown) : null,
    passageItem(row, passage, index),
  ]);
  if (shown >= row.retrieved.length) items.push(shownBorder(shown));
  return part(
    `Passages found (${row.retrieved.length})`,
    element("p", { class: "quiet key-to" }, element("mark", { class: "key" }, "key sentence"), " pointed out to the reader · ",
      element("mark", { class: "gold" }, "gold"), " where the answer stands"),
    element("ol", { class: "passages" }, ...items),
  );
}

function shownBorder(shown) {
  const says = shown ? `Reader and model were shown ${shown === 1 ? "the one" : `the ${shown}`} above` : "None was shown";
  return element("li", { class: "border" }, element("span", {}, says));
}

function passageItem(row, passage, index) {
  const about = [
    element("span", { class: "rank" }, String(index + 1)),
    isolated(passage.doc_id),
    passage.gold ? element("span", { class: "badge" }, "★ gold") : null,
    element("span", { class: "place" }, `${passage.language || ""} ${passage.start}–${passage.end}`),
    element("span", { class: "place score" }, isNumber(passage.score) ? passage.score.toFixed(3) : ""),
  ];
  // Passages that nobody was shown stay shut, unless they are what should have been.
  const open = index < (row.shown || 0) || passage.gold;
  const text = foreignPieces("p", passage.text, passage.language, passageSpans(row, passage), passagePiece);
  const keyLost = passage.key && !passage.text.includes(passage.key);
  return element("li", {}, element("details", { open }, element("summary", {}, ...about), text,
    keyLost ? element("p", { class: "quiet" }, "Key sentence: ", foreign("mark", passage.key, passage.language, "key")) : null));
}

function passageSpans(row, passage) {
  const gold = row.gold.filter((item) => item.doc_id === passage.doc_id).map((item) => goldSpan(item, passage));
  return [spanOf(passage.text, passage.key, { name: "key" }), ...gold].filter(Boolean);
}

// Places in documents count code points; strings here count UTF-16 units.
function goldSpan(gold, passage) {
  const points = Array.from(passage.text);
  if (!isNumber(gold.start) || points.length !== passage.end - passage.start) {
    return spanOf(passage.text, gold.quote, { name: "gold" });
  }
  const units = (place) => points.slice(0, Math.max(0, place - passage.start)).join("").length;
  const span = { start: units(gold.start), end: units(gold.end), name: "gold" };
  return span.start < span.end ? span : null;
}

function passagePiece(piece) {
  const names = [...new Set(piece.over.map((span) => span.name))];
  return names.length ? element("mark", { class: names.join(" ") }, piece.text) : piece.text;
}

function figuresPart(row) {
  const scores = Object.entries(row.scores);
  // Times have their own lines.
  const told = scores.filter(([metric, score]) => score !== null && !isTime(metric));
  const silent = scores.filter(([metric, score]) => score === null && !isTime(metric)).map(([metric]) => metric);
  const times = Object.entries(row.latency_ms).filter(([, time]) => isNumber(time)).map(([stage, time]) => [stage, asTime(time)]);
  return part(
    "Scores and times",
    element("dl", { class: "scores" }, ...[...told.map(([metric, score]) => [metric, asScore(metric, score)]), ...times].map(([name, value]) =>
      element("div", {}, element("dt", {}, element("code", {}, name)), element("dd", {}, value)))),
    silent.length ? element("p", { class: "quiet small" }, `Does not apply here: ${silent.join(", ")}`) : null,
  );
}

function asScore(metric, score) {
  // This pair is the decision's rightness and the question's class, not a ratio.
  if (metric === "balanced_accuracy" && Array.isArray(score)) return asShort(metric, score[0]);
  return Array.isArray(score) ? score.map((value) => asShort(metric, value)).join(" of ") : asShort(metric, score);
}

function asShort(metric, value) {
  return Number.isInteger(value) && !isTime(metric) ? String(value) : asFigure(metric, value);
}
