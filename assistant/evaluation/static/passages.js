"use strict";

// The passages found for a question: their rank, what was shown, the key sentence and the gold.

function retrievedPart(row) {
  if (!row.retrieved.length) return part("Passages found", quiet("none"));
  const shown = row.shown || 0;
  // A search that was not to be answered has no reader.
  const answered = row.reply_kind !== "none";
  const items = row.retrieved.flatMap((passage, index) => [
    answered && index === shown ? shownBorder(shown) : null,
    passageItem(row, passage, index),
  ]);
  if (answered && shown >= row.retrieved.length) items.push(shownBorder(shown));
  return part(
    `Passages found (${row.retrieved.length})`,
    element(
      "p",
      { class: "quiet key-to" },
      element("mark", { class: "key" }, "key sentence"),
      " pointed out to the reader · ",
      element("mark", { class: "gold" }, "gold"),
      " where the answer stands",
    ),
    element("ol", { class: "passages" }, ...items),
  );
}

function shownBorder(shown) {
  const says = shown
    ? `Reader and model were shown ${shown === 1 ? "the one" : `the ${shown}`} above`
    : "None was shown";
  return element("li", { class: "border" }, element("span", {}, says));
}

function passageItem(row, passage, index) {
  // Passages that nobody was shown stay shut, unless they are what should have been.
  const open = index < (row.shown || 0) || passage.gold;
  return element(
    "li",
    {},
    element(
      "details",
      { open },
      passageHead(passage, index),
      passageText(row, passage),
      lostKey(passage),
    ),
  );
}

function passageHead(passage, index) {
  return element(
    "summary",
    {},
    element("span", { class: "rank" }, String(index + 1)),
    isolated(passage.doc_id),
    passage.gold ? element("span", { class: "badge" }, "★ gold") : null,
    element(
      "span",
      { class: "place" },
      `${passage.language || ""} ${passage.start}–${passage.end}`,
    ),
    element(
      "span",
      { class: "place score" },
      isNumber(passage.score) ? passage.score.toFixed(3) : "",
    ),
  );
}

function passageText(row, passage) {
  const spans = passageSpans(row, passage);
  return foreignPieces("p", passage.text, passage.language, spans, passagePiece);
}

// A key sentence that the text does not hold word for word stands beneath it.
function lostKey(passage) {
  if (!passage.key || passage.text.includes(passage.key)) return null;
  const key = foreign("mark", passage.key, passage.language, "key");
  return element("p", { class: "quiet" }, "Key sentence: ", key);
}

function passageSpans(row, passage) {
  const gold = row.gold
    .filter((item) => item.doc_id === passage.doc_id)
    .map((item) => goldSpan(item, passage));
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
