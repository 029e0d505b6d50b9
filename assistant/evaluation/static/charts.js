"use strict";

// Drawing. Places along the width are percentages, so that a chart fits any screen without a redraw.

const MARKS = [
  (size) => svg("circle", { r: size }),
  (size) => svg("rect", { x: -size, y: -size, width: 2 * size, height: 2 * size }),
  (size) =>
    svg("path", { d: `M0 ${-1.4 * size}L${1.4 * size} 0L0 ${1.4 * size}L${-1.4 * size} 0Z` }),
  (size) => svg("path", { d: `M0 ${-1.3 * size}L${1.3 * size} ${size}H${-1.3 * size}Z` }),
  (size) => svg("path", { d: `M0 ${1.3 * size}L${1.3 * size} ${-size}H${-1.3 * size}Z` }),
  (size) => svg("circle", { r: size }),
  (size) =>
    svg("path", { d: `M${-size} ${-size}L${size} ${size}M${-size} ${size}L${size} ${-size}` }),
  (size) => svg("path", { d: `M0 ${-1.2 * size}V${1.2 * size}M${-1.2 * size} 0H${1.2 * size}` }),
];

const COLOURS = 4;

// The first series is the system that is reported on; nothing else looks like it.
function repeating(series, kinds) {
  return series === 0 ? 0 : 1 + ((series - 1) % kinds);
}

function seriesClass(series) {
  return `series-${repeating(series, COLOURS)}`;
}

function markOf(series, size = 4.5) {
  const mark = MARKS[repeating(series, MARKS.length - 1)](size);
  mark.setAttribute("class", `mark ${seriesClass(series)}`);
  return mark;
}

function placed(x, y, mark) {
  return svg("svg", { x: `${x}%`, y, overflow: "visible" }, mark);
}

function picture(height, label, ...children) {
  const attributes = { class: "picture", width: "100%", height };
  if (label) Object.assign(attributes, { role: "img", "aria-label": label });
  else attributes["aria-hidden"] = "true";
  return svg("svg", attributes, ...children);
}

// `systems` are [series, name]: a system keeps its mark where another one is left out.
function seriesLegend(systems) {
  const items = systems.map(([index, name]) => {
    const sample = svg("svg", { width: 28, height: 12, "aria-hidden": "true" });
    sample.append(
      svg("line", { x1: 0, x2: 28, y1: 6, y2: 6, class: `line ${seriesClass(index)}` }),
      svg("svg", { x: 14, y: 6, overflow: "visible" }, markOf(index)),
    );
    return element("li", {}, sample, isolated(name));
  });
  return element("ul", { class: "legend" }, ...items);
}

// A scale maps a value to a percentage of the width.
function linearScale(low, high) {
  const width = high - low || 1;
  const scale = (value) => Math.min(100, Math.max(0, (100 * (value - low)) / width));
  const fifths = Math.round(5 * width);
  const even = Math.abs(5 * low - Math.round(5 * low)) + Math.abs(5 * width - fifths) < 1e-6;
  const parts = even && fifths > 2 && fifths < 8 ? fifths : 4;
  scale.ticks = Array.from({ length: parts + 1 }, (_, index) => low + (index * width) / parts);
  return scale;
}

function logScale(low, high) {
  const first = Math.floor(Math.log10(low));
  const last = Math.max(first + 1, Math.ceil(Math.log10(high)));
  const scale = (value) =>
    (100 * (Math.log10(Math.max(value, 10 ** first)) - first)) / (last - first);
  const decades = Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
  scale.ticks = decades.length > 2 ? decades : [1, 2, 5, 10].map((share) => share * decades[0]);
  return scale;
}

function gridLines(scale, height) {
  return scale.ticks.map((tick) =>
    svg("line", { x1: `${scale(tick)}%`, x2: `${scale(tick)}%`, y1: 0, y2: height, class: "grid" }),
  );
}

function axisLabels(scale, text) {
  const labels = scale.ticks.map((tick, index) => {
    const last = scale.ticks.length - 1;
    const anchor = index === 0 ? "start" : index === last ? "end" : "middle";
    const odd = index % 2 ? "tick odd" : "tick";
    return svg(
      "text",
      { x: `${scale(tick)}%`, y: 12, "text-anchor": anchor, class: odd },
      text(tick),
    );
  });
  return picture(16, "", ...labels);
}

// A dot for the value and a whisker for its interval; other systems as hollow marks beneath.
function dotAndWhisker(metric, scale, estimate, others) {
  const middle = 14;
  const beside = others
    .map((other, index) => other && placed(scale(other.value), middle, markOf(index + 1, 3.5)))
    .filter(Boolean);
  const whisker =
    isNumber(estimate.low) && isNumber(estimate.high)
      ? svg("line", {
          x1: `${scale(estimate.low)}%`,
          x2: `${scale(estimate.high)}%`,
          y1: middle,
          y2: middle,
          class: "whisker",
        })
      : null;
  const dot = placed(scale(estimate.value), middle, markOf(0, 5));
  return picture(
    2 * middle,
    inWords(metric, estimate),
    gridLines(scale, 2 * middle),
    whisker,
    beside,
    dot,
  );
}

function stackedBar(counts) {
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  let before = 0;
  const parts = counts.map(([verdict, count]) => {
    const x = (100 * before) / total;
    before += count;
    return barPart(verdict, count, x, (100 * count) / total);
  });
  const label = counts
    .map(([name, count]) => `${name} ${count} (${asPercent(count, total)})`)
    .join(", ");
  return picture(30, label, ...parts);
}

function barPart(verdict, count, x, width) {
  const { tone, sign } = verdictOf(verdict);
  const box = { x: `${x}%`, width: `${width}%`, y: 0, height: 30 };
  const part = svg("g", { class: `part ${tone}` }, svg("rect", box));
  part.append(svg("title", {}, `${verdict}: ${count}`));
  if (tone === "bad") part.append(svg("rect", { ...box, class: "hatch", fill: "url(#hatch)" }));
  // A narrow part has no room for its figure, least of all on a phone; the legend has it.
  const room = width > 14 ? "ample" : width > 4.5 ? "tight" : "none";
  if (room !== "none")
    part.append(svg("text", { x: `${x + width / 2}%`, y: 20, class: room }, `${sign} ${count}`));
  return part;
}

function hatching() {
  const pattern = {
    id: "hatch",
    width: 6,
    height: 6,
    patternUnits: "userSpaceOnUse",
    patternTransform: "rotate(45)",
  };
  const lines = svg(
    "pattern",
    pattern,
    svg("line", { x1: 0, x2: 0, y1: 0, y2: 6, class: "hatch-line" }),
  );
  return svg(
    "svg",
    { width: 0, height: 0, class: "definitions", "aria-hidden": "true" },
    svg("defs", {}, lines),
  );
}

// Lines over a few steps; `systems` are {name, points: [estimate or null per step]}.
function curves(metricOf, steps, systems) {
  const values = systems.flatMap((system) =>
    system.points.filter(Boolean).flatMap((p) => [p.value, p.low ?? p.value]),
  );
  const floor = Math.max(0, Math.floor(5 * Math.min(...values)) / 5);
  const height = 220;
  const x = (index) => 4 + (92 * index) / Math.max(1, steps.length - 1);
  const y = (value) => 8 + (height - 16) * (1 - (value - floor) / (1 - floor || 1));
  const lines = [...systems.entries()]
    .reverse()
    .map(([series, system]) => curve(series, system.points, x, y));
  const label = systems.map((system) => curveInWords(metricOf, steps, system)).join(". ");
  return element(
    "div",
    { class: "plot" },
    element("div", { class: "plot-levels", "aria-hidden": "true" }, levelLabels(floor, height, y)),
    picture(height, label, levels(floor, y), ...lines),
    element("div", { class: "plot-steps", "aria-hidden": "true" }, stepLabels(steps, x)),
  );
}

function curve(series, points, x, y) {
  const group = svg("g", {});
  points.forEach((point, index) => {
    const next = points[index + 1];
    const from = { x1: `${x(index)}%`, y1: point && y(point.value) };
    if (point && next) {
      group.append(
        svg("line", {
          ...from,
          x2: `${x(index + 1)}%`,
          y2: y(next.value),
          class: `line ${seriesClass(series)}`,
        }),
      );
    }
    if (point && series === 0 && isNumber(point.low) && isNumber(point.high)) {
      group.append(
        svg("line", {
          ...from,
          y1: y(point.low),
          x2: from.x1,
          y2: y(point.high),
          class: "whisker",
        }),
      );
    }
  });
  points.forEach(
    (point, index) => point && group.append(placed(x(index), y(point.value), markOf(series))),
  );
  return group;
}

function levelsFrom(floor) {
  const count = Math.round((1 - floor) * 5);
  return Array.from({ length: count + 1 }, (_, index) => floor + index / 5);
}

function levels(floor, y) {
  return levelsFrom(floor).map((level) =>
    svg("line", { x1: 0, x2: "100%", y1: y(level), y2: y(level), class: "grid" }),
  );
}

function levelLabels(floor, height, y) {
  const labels = levelsFrom(floor).map((level) =>
    svg(
      "text",
      { x: "100%", y: y(level) + 4, "text-anchor": "end", class: "tick" },
      level.toFixed(1),
    ),
  );
  return svg("svg", { width: "100%", height }, ...labels);
}

function stepLabels(steps, x) {
  const labels = steps.map((step, index) =>
    svg("text", { x: `${x(index)}%`, y: 13, "text-anchor": "middle", class: "tick" }, step),
  );
  return svg("svg", { width: "100%", height: 18 }, ...labels);
}

function curveInWords(metricOf, steps, system) {
  const values = steps.map((step, index) => {
    const point = system.points[index];
    return point ? `${metricOf(step)} ${asFigure("", point.value)}` : null;
  });
  return `${system.name}: ${values.filter(Boolean).join(", ")}`;
}

function lateMark() {
  const mark = MARKS[2](5);
  mark.setAttribute("class", "mark late");
  return mark;
}

// Every measured time as a thin line; the median and the 95th percentile marked.
function timeStrip(times, scale, median, late) {
  const ticks = times.map((time) =>
    svg("line", { x1: `${scale(time)}%`, x2: `${scale(time)}%`, y1: 6, y2: 24, class: "instant" }),
  );
  const marks = [
    isNumber(median) ? placed(scale(median), 15, markOf(0, 6)) : null,
    isNumber(late) ? placed(scale(late), 15, lateMark()) : null,
  ];
  const label = `median ${asTime(median)}, 95 % within ${asTime(late)}, ${counted(times.length, "time", "times")}`;
  return picture(30, label, gridLines(scale, 30), ...ticks, ...marks.filter(Boolean));
}
