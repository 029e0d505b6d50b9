"use strict";

// What is known of metrics by their names: family, unit, direction. An unknown one is shown too.

const FAMILIES = [
  {
    name: "Finding",
    holds: /^(document_)?(recall@|mrr|ndcg)|^context_tokens/,
    says:
      "Does the search find the passage in which the answer stands? recall@5 looks at the first five " +
      "passages; mrr and ndcg reward a place near the top; document_ counts the right document as " +
      "found; context_tokens is how much text there is to read.",
  },
  {
    name: "Answers",
    holds: /^(contains|token_recall|f1|number_match|reply_language|correct|wrong|score|failed)$/,
    says:
      "Is the reply right? correct and wrong are shares of the questions that have an answer; an error " +
      "counts as wrong. score is right less wrong over all questions, those where saying no is right " +
      "included. The others compare words, numbers and the language of the reply.",
  },
  {
    name: "Key sentence",
    holds: /key_sentence/,
    says:
      "In each passage one sentence is pointed out to the reader. Does it have the answer, word for word? " +
      "key_ looks at the passage on top, gold_ at the first one that is right.",
  },
  {
    name: "Citations",
    holds: /^(citation|dropped_marks)/,
    says:
      "Where do the numbered marks in a reply lead? validity: to a passage that was shown. precision and " +
      "recall: to where the answer stands. coverage: how many sentences that state something have a mark. " +
      "dropped_marks: marks a reply that led to no source and were taken out.",
  },
  {
    name: "Saying no",
    holds: /abstention|balanced_accuracy/,
    says:
      "Does it decline where the documents do not say, and only there? false_abstention is declining a " +
      "question that has an answer: with_gold although the right passage was shown, without_gold where it was not.",
  },
  {
    name: "Unsupported",
    holds: /unsupported/,
    says:
      "How many sentences of the replies are not borne out by what they cite? The assistant judges that " +
      "itself; proxy_ compares words, numbers and names, where reply and passage share a language.",
  },
  {
    name: "Time",
    holds: /_ms(_|$)/,
    says:
      "How long does someone wait, from the moment of asking? p50: half of the questions are quicker. p95: " +
      "nineteen in twenty are.",
  },
  { name: "Other", holds: /./, says: "Figures that fit none of the groups above." },
];

const FEWER_IS_BETTER = /^(wrong|failed|context_tokens|false_abstention|dropped_marks)|unsupported|_ms(_|$)/;

const TILES = [
  ["recall@5", "Found", "the right passage is among the first five"],
  ["correct", "Right", "has an accepted answer, where there is one"],
  ["wrong", "Wrong", "another answer, or an error"],
  ["abstention_recall", "Rightly said no", "declined where the documents do not say"],
  ["citation_precision", "Good citations", "lead to the place where the answer stands"],
  ["evidence_ms_p50", "Evidence after", "half of the questions are quicker than this"],
  ["recall@1", "Found first", "the right passage is on top"],
  ["key_sentence_contains", "Right sentence", "the sentence pointed out holds the answer"],
  ["document_recall@5", "Right document", "the right document is among the first five"],
];

const VERDICTS = new Map([
  ["correct", { tone: "good", sign: "✓" }],
  ["rightly abstained", { tone: "good", sign: "✓" }],
  ["found", { tone: "good", sign: "✓" }],
  ["abstained", { tone: "none", sign: "○" }],
  ["wrong", { tone: "bad", sign: "✗" }],
  ["wrongly answered", { tone: "bad", sign: "✗" }],
  ["missed", { tone: "bad", sign: "✗" }],
  ["failed", { tone: "bad", sign: "!" }],
  ["unscored", { tone: "void", sign: "·" }],
]);

const WENT_WELL = new Set(["correct", "rightly abstained", "found", "unscored"]);

function verdictOf(name) {
  return VERDICTS.get(name) || { tone: "void", sign: "·" };
}

function familyOf(metric) {
  return FAMILIES.find((family) => family.holds.test(metric));
}

function inFamilies(metrics) {
  const groups = FAMILIES.map((family) => ({
    family,
    metrics: metrics.filter((metric) => familyOf(metric) === family),
  }));
  return groups.filter((group) => group.metrics.length);
}

function isTime(metric) {
  return /_ms(_|$)/.test(metric);
}

function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

function asTime(milliseconds) {
  if (!isNumber(milliseconds)) return "–";
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  return `${(milliseconds / 1000).toFixed(milliseconds < 10000 ? 2 : 1)} s`;
}

function asDuration(seconds) {
  if (seconds < 120) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function asFigure(metric, value) {
  if (!isNumber(value)) return "–";
  if (isTime(metric)) return asTime(value);
  if (Math.abs(value) <= 1) return value.toFixed(3);
  return value.toLocaleString("en-GB", { maximumFractionDigits: Math.abs(value) < 100 ? 1 : 0 });
}

function asInterval(metric, estimate) {
  if (!estimate || !isNumber(estimate.low) || !isNumber(estimate.high)) return "–";
  return `${asFigure(metric, estimate.low)} to ${asFigure(metric, estimate.high)}`;
}

function asPercent(part, whole) {
  return whole && isNumber(part) ? `${Math.round((100 * part) / whole)}\u00a0%` : "–";
}

function counted(number, one, many) {
  return `${number.toLocaleString("en-GB")} ${number === 1 ? one : many}`;
}

function inWords(metric, estimate) {
  const n = isNumber(estimate.n) ? `, n ${estimate.n}` : "";
  return `${asFigure(metric, estimate.value)}, 95\u00a0% interval ${asInterval(metric, estimate)}${n}`;
}

const LANGUAGE_NAMES = new Intl.DisplayNames(["en"], { type: "language", fallback: "code" });

function languageName(code) {
  try {
    const name = LANGUAGE_NAMES.of(code);
    return name === code ? code : `${name} (${code})`;
  } catch {
    return code || "(no language)";
  }
}

function kindName(kind) {
  return kind || "(no kind)";
}
