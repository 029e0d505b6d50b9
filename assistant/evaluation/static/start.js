"use strict";

// Reads the report out of the page and shows it.

function readReport() {
  const report = JSON.parse(byId("report").textContent);
  const empty = {
    name: "",
    about: {},
    notes: [],
    overall: {},
    by_kind: {},
    by_language: {},
    beside: {},
  };
  const whole = { ...empty, ...withoutNull(report) };
  whole.rows = (report.rows || []).map(wholeRow);
  return whole;
}

function withoutNull(object) {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));
}

// A run that only searches leaves much out of its rows.
function wholeRow(row) {
  const empty = {
    qid: "",
    question: "",
    language: "",
    kind: "",
    answerable: true,
    verdict: "unscored",
    reply: "",
    error: "",
    answers: [],
    gold: [],
    history: [],
    scope: [],
    retrieved: [],
    citations: [],
    sentences: [],
    notices: [],
    scores: {},
    latency_ms: {},
  };
  return { ...empty, ...withoutNull(row) };
}

function start() {
  const report = readReport();
  showSummary(report);
  showTiles(report);
  const list = questionList(report);
  showOutcomes(report, (verdict) => filterVerdict(list, verdict));
  showCurves(report);
  showIntervals(report);
  showTimes(report);
  showFigures(report);
  showRun(report);
  byId("comparison").hidden = byId("comparison").childElementCount === 1;
  byId("figures").hidden = !byId("figures").querySelector("table");
  byId("outcomes").hidden = report.rows.length === 0;
  byId("main").hidden = false;
  openLinked(list);
  addEventListener("hashchange", () => openLinked(list));
}

start();
