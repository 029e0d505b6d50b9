"use strict";

// The list of questions: filters, order, rows that fill when opened, and links to one of them.

const CHUNK = 100;

const ORDERS = [
  ["file", "as listed"],
  ["worst", "gold lowest or missing"],
  ["best", "gold highest"],
  ["slowest", "slowest"],
];

function questionList(report) {
  const rows = report.rows.map((row, index) => ({ row, index, rank: goldRank(row) }));
  const list = {
    rows,
    found: rows,
    limit: CHUNK,
    items: element("ol", { class: "questions" }),
    count: element("p", { class: "count", role: "status" }),
    more: element("button", { type: "button", class: "more" }),
    controls: null,
  };
  list.controls = filterControls(list);
  list.more.addEventListener("click", () => showMore(list));
  const filters = filterBar(list);
  filters.hidden = !rows.length;
  byId("questions").append(filters, list.count, list.items, list.more);
  refresh(list);
  return list;
}

function filterControls(list) {
  const changed = () => refresh(list);
  const rows = list.rows.map(({ row }) => row);
  return {
    text: element("input", {
      type: "search",
      input: changed,
      placeholder: "words, a name, an id",
      autocomplete: "off",
      spellcheck: "false",
    }),
    kind: picker(
      countedOptions(
        rows.map((row) => row.kind),
        kindName,
      ),
      changed,
    ),
    language: picker(
      countedOptions(
        rows.map((row) => row.language),
        languageName,
      ),
      changed,
    ),
    verdict: picker(
      countedOptions(
        rows.map((row) => row.verdict),
        (name) => name,
      ),
      changed,
    ),
    failed: element("input", { type: "checkbox", change: changed }),
    order: picker(ORDERS, changed),
  };
}

// Values are prefixed, so that an empty kind differs from "all".
function countedOptions(values, nameOf) {
  const counts = new Map();
  values.forEach((value) => counts.set(value, (counts.get(value) || 0) + 1));
  const named = [...counts].map(([value, count]) => [`=${value}`, `${nameOf(value)} · ${count}`]);
  return [["", "all"], ...named.sort((a, b) => a[1].localeCompare(b[1]))];
}

function filterBar(list) {
  const { text, kind, language, verdict, failed, order } = list.controls;
  const reset = element(
    "button",
    {
      type: "button",
      click: () => {
        clearFilters(list);
        refresh(list);
      },
    },
    "Clear",
  );
  return element(
    "form",
    { class: "filters", role: "search", submit: (event) => event.preventDefault() },
    labelled("Search", text),
    labelled("Outcome", verdict),
    labelled("Kind", kind),
    labelled("Language", language),
    labelled("First show", order),
    element("label", { class: "choice" }, failed, " Failed only"),
    reset,
  );
}

function clearFilters(list) {
  const { text, kind, language, verdict, failed } = list.controls;
  [text, kind, language, verdict].forEach((control) => {
    control.value = "";
  });
  failed.checked = false;
}

function refresh(list) {
  const { text, kind, language, verdict, failed, order } = list.controls;
  const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  const equal = (control, value) => !control.value || control.value === `=${value}`;
  list.found = list.rows.filter(
    (item) =>
      equal(kind, item.row.kind) &&
      equal(language, item.row.language) &&
      equal(verdict, item.row.verdict) &&
      (!failed.checked || !WENT_WELL.has(item.row.verdict)) &&
      holdsAll(item, words),
  );
  sortBy(list.found, order.value);
  list.limit = CHUNK;
  drawList(list);
}

function holdsAll(item, words) {
  if (!words.length) return true;
  item.searchable ??= searchable(item.row);
  return words.every((word) => item.searchable.includes(word));
}

function searchable(row) {
  const documents = [...row.gold, ...row.citations].map((place) => place.doc_id);
  return [
    row.qid,
    row.question,
    ...row.answers,
    row.reply,
    row.error,
    row.verdict,
    row.kind,
    ...documents,
  ]
    .join("\n")
    .toLowerCase();
}

function sortBy(items, order) {
  const late = (item) => item.rank || Infinity;
  const time = ({ row }) => row.latency_ms.done ?? row.latency_ms.evidence ?? -1;
  // Where no passage is right, there is no rank: those questions stay behind.
  const ranked = (item) => (item.row.gold.length ? 0 : 1);
  const compare = {
    file: () => 0,
    worst: (a, b) => ranked(a) - ranked(b) || difference(late(b), late(a)),
    best: (a, b) => ranked(a) - ranked(b) || difference(late(a), late(b)),
    slowest: (a, b) => time(b) - time(a),
  }[order];
  items.sort((a, b) => compare(a, b) || a.index - b.index);
}

function difference(a, b) {
  return a === b ? 0 : a - b;
}

function drawList(list) {
  replaceContent(list.items, list.found.slice(0, list.limit).map(questionItem));
  const all = list.rows.length;
  list.count.textContent =
    list.found.length === all
      ? counted(all, "question", "questions")
      : `${list.found.length} of ${counted(all, "question", "questions")}`;
  if (!list.found.length) list.count.textContent += all ? ": none fits these filters." : ".";
  drawMore(list);
}

function drawMore(list) {
  const left = list.found.length - list.limit;
  list.more.hidden = left <= 0;
  list.more.textContent = `Show ${Math.min(CHUNK, left)} more of ${left}`;
}

function showMore(list) {
  const fresh = list.found.slice(list.limit, list.limit + CHUNK).map(questionItem);
  list.limit += CHUNK;
  list.items.append(...fresh);
  drawMore(list);
  fresh[0]?.querySelector("summary").focus();
}

function questionItem(item) {
  const { row, index } = item;
  const summary = element(
    "summary",
    {},
    chip(row.verdict),
    element("span", { class: "asked" }, foreign("span", row.question, row.language, "question")),
    element(
      "span",
      { class: "meta" },
      isolated(row.qid),
      element("span", {}, kindName(row.kind)),
      element("abbr", { title: languageName(row.language) }, row.language),
      rankBadge(item),
    ),
  );
  const details = element("details", { id: `row-${index}`, class: "question-row" }, summary);
  details.addEventListener("toggle", () => fillOnce(details, row, index));
  return element("li", {}, details);
}

function fillOnce(details, row, index) {
  if (details.open && details.childElementCount === 1) details.append(rowDetails(row, index));
}

function rankBadge({ row, rank }) {
  if (!row.gold.length) return element("span", { class: "quiet" }, "no gold");
  return rank
    ? element(
        "span",
        { class: "badge" },
        `★ ${rank}`,
        element("span", { class: "unseen" }, " rank of the first gold passage"),
      )
    : element("span", { class: "lost" }, "★ not found");
}

function filterVerdict(list, verdict) {
  clearFilters(list);
  list.controls.verdict.value = `=${verdict}`;
  refresh(list);
  byId("questions").scrollIntoView();
  list.controls.verdict.focus({ preventScroll: true });
}

function openLinked(list) {
  const id = linkedId();
  const linked = id === null ? undefined : list.rows.find(({ row }) => wellFormed(row.qid) === id);
  if (!linked) return;
  if (!list.found.includes(linked)) {
    clearFilters(list);
    refresh(list);
  }
  const needed = list.found.indexOf(linked) + 1;
  if (needed > list.limit) {
    list.limit = Math.ceil(needed / CHUNK) * CHUNK;
    drawList(list);
  }
  const details = byId(`row-${linked.index}`);
  details.open = true;
  fillOnce(details, linked.row, linked.index);
  details.scrollIntoView();
  details.querySelector("summary").focus({ preventScroll: true });
}

function linkedId() {
  if (!location.hash.startsWith("#q=")) return null;
  try {
    return decodeURIComponent(location.hash.slice(3));
  } catch {
    return null;
  }
}
