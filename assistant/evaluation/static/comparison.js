"use strict";

// Charts over groups and systems: recall by depth, a metric by kind and language, times.

function systemsOf(report) {
  return [[report.name, report], ...Object.entries(report.beside)];
}

function showCurves(report) {
  const metricOf = (step) => `recall@${step}`;
  const names = systemsOf(report).flatMap(([, summary]) => Object.keys(summary.overall || {}));
  const steps = [
    ...new Set(
      names
        .map((name) => /^recall@(\d+)$/.exec(name))
        .filter(Boolean)
        .map((found) => Number(found[1])),
    ),
  ].sort((a, b) => a - b);
  if (!steps.length) return;
  const systems = systemsOf(report).map(([name, summary]) => ({
    name,
    points: steps.map((step) => (summary.overall || {})[metricOf(step)] || null),
  }));
  byId("comparison").append(
    panel(
      "How far down to look",
      [
        "recall@k: how much of what holds the answer is among the first k passages. The upright lines are 95\u00a0% intervals.",
      ],
      [
        legendOf(
          report,
          systems.map((system) => system.points.some(Boolean)),
        ),
      ],
      [curves(metricOf, steps, systems)],
    ),
  );
}

function showIntervals(report) {
  const metrics = [
    ...new Set(
      [...Object.values(report.by_kind), ...Object.values(report.by_language)].flatMap(Object.keys),
    ),
  ];
  if (!metrics.length) return;
  const tables = element("div", {});
  const legend = element("div", {});
  const draw = (metric) => {
    replaceContent(
      legend,
      legendOf(
        report,
        systemsOf(report).map(([, summary]) => measures(summary, metric)),
      ),
    );
    const kinds = intervalGroups(report, metric, "by_kind", kindName);
    const languages = intervalGroups(report, metric, "by_language", languageName);
    // One scale, so that the tables can be read against each other.
    const scale = scaleOver([...kinds, ...languages]);
    replaceContent(
      tables,
      kinds.length ? intervalTable(metric, "Kind", scale, kinds) : null,
      languages.length ? intervalTable(metric, "Language", scale, languages) : null,
    );
  };
  const choice = metricPicker(metrics, draw);
  choice.value = ["recall@5", "correct"].find((metric) => metrics.includes(metric)) || metrics[0];
  byId("comparison").append(
    panel(
      "By kind and language of the question",
      [
        "The dot is the figure; the line is its 95\u00a0% interval. Where two lines overlap much, the difference may be chance.",
      ],
      [labelled("Metric", choice), legend],
      [tables],
    ),
  );
  draw(choice.value);
}

function measures(summary, metric) {
  return Boolean((summary.overall || {})[metric]);
}

// A legend is of use where there is something to tell apart.
function legendOf(report, present) {
  const systems = systemsOf(report)
    .map(([name], index) => [index, name])
    .filter(([index]) => present[index]);
  return systems.length > 1 ? seriesLegend(systems) : null;
}

function metricPicker(metrics, onChange) {
  const control = picker([], onChange);
  control.append(
    ...inFamilies(metrics).map((group) =>
      pickerGroup(
        group.family.name,
        group.metrics.map((metric) => [metric, metric]),
      ),
    ),
  );
  return control;
}

function intervalGroups(report, metric, slice, nameOf) {
  const others = Object.values(report.beside);
  const groups = Object.entries(report[slice])
    .filter(([, estimates]) => estimates[metric])
    .map(([name, estimates]) => ({
      name: nameOf(name),
      estimate: estimates[metric],
      others: others.map((other) => ((other[slice] || {})[name] || {})[metric]),
    }));
  const direction = FEWER_IS_BETTER.test(metric) ? 1 : -1;
  groups.sort((a, b) => direction * (a.estimate.value - b.estimate.value));
  const all = report.overall[metric];
  if (groups.length && all) {
    groups.unshift({
      name: "All questions",
      all: true,
      estimate: all,
      others: others.map((other) => (other.overall || {})[metric]),
    });
  }
  return groups;
}

function intervalTable(metric, head, scale, groups) {
  const heads = columnHeads([
    [head, ""],
    [axisLabels(scale, (tick) => asTick(metric, tick)), "wide"],
    ["value", "figure"],
    ["n", "figure"],
  ]);
  return element(
    "table",
    { class: "intervals" },
    element("caption", { class: "unseen" }, `${metric} by ${head.toLowerCase()}`),
    heads,
    element("tbody", {}, ...groups.map((group) => intervalRow(metric, scale, group))),
  );
}

function asTick(metric, tick) {
  return isTime(metric) ? asTime(tick) : String(Number(tick.toPrecision(3)));
}

function scaleOver(groups) {
  const values = groups
    .flatMap(({ estimate, others }) => [
      estimate.value,
      estimate.low,
      estimate.high,
      ...others.map((other) => other && other.value),
    ])
    .filter(isNumber);
  const low = Math.min(...values);
  const high = Math.max(...values);
  if (high > 1 || low < -1) return linearScale(Math.min(0, low), high * 1.05);
  // Only the fifths between zero and one that hold something.
  return linearScale(
    Math.floor(5 * low + 1e-9) / 5,
    Math.max(Math.ceil(5 * high - 1e-9), Math.floor(5 * low) + 1) / 5,
  );
}

function intervalRow(metric, scale, group) {
  const { estimate } = group;
  return element(
    "tr",
    { class: group.all ? "all" : null },
    element("th", { scope: "row" }, isolated(group.name)),
    element("td", { class: "wide" }, dotAndWhisker(metric, scale, estimate, group.others)),
    element(
      "td",
      { class: "figure", title: asInterval(metric, estimate) },
      asFigure(metric, estimate.value),
    ),
    element("td", { class: "figure quiet" }, String(estimate.n ?? "–")),
  );
}

const STAGES = [
  ["evidence", "evidence on screen"],
  ["first_token", "first word of the reply"],
  ["done", "reply complete and checked"],
];

function showTimes(report) {
  const stages = STAGES.map(([stage, says]) => ({
    stage,
    says,
    times: report.rows
      .map((row) => (row.latency_ms || {})[stage])
      .filter((time) => isNumber(time) && time > 0),
  })).filter((item) => item.times.length);
  if (!stages.length) return;
  const all = stages.flatMap((item) => item.times);
  const scale = logScale(Math.max(0.1, Math.min(...all)), Math.max(...all));
  const rows = stages.map((item) => stageRow(report.overall, item, scale));
  const heads = columnHeads([
    ["Until", ""],
    [axisLabels(scale, tickTime), "wide"],
    ["p50", "figure"],
    ["p95", "figure"],
  ]);
  byId("comparison").append(
    panel(
      "How long it takes",
      [
        "Each thin line is one question. Mind the scale: it grows in multiples. The dot is the median (p50), ",
        "the diamond is where 95\u00a0% are done (p95).",
      ],
      [],
      [element("table", { class: "intervals times" }, heads, element("tbody", {}, ...rows))],
    ),
  );
}

function stageRow(overall, { stage, says, times }, scale) {
  const median = (overall[`${stage}_ms_p50`] || {}).value;
  const late = (overall[`${stage}_ms_p95`] || {}).value;
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, says),
    element("td", { class: "wide" }, timeStrip(times, scale, median, late)),
    element("td", { class: "figure" }, asTime(median)),
    element("td", { class: "figure" }, asTime(late)),
  );
}

function tickTime(milliseconds) {
  return milliseconds < 1000 ? `${milliseconds} ms` : `${milliseconds / 1000} s`;
}
