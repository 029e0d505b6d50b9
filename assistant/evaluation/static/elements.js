"use strict";

// Making elements. What the report says goes in as text nodes and attributes, never as markup.

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

function element(tag, attributes, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function svg(tag, attributes, ...children) {
  return filled(document.createElementNS(SVG_NAMESPACE, tag), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== undefined && value !== null && value !== false) {
      node.setAttribute(name, value === true ? "" : String(value));
    }
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

function byId(id) {
  return document.getElementById(id);
}

function replaceContent(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter(Boolean));
}

// Text of people and documents: its own language and direction, whatever stands around it.
function foreign(tag, text, language, className) {
  return element(tag, { dir: "auto", lang: language || null, class: className }, text || "");
}

function isolated(text) {
  return element("bdi", {}, text);
}

function labelled(label, control) {
  control.id = `choose-${label.toLowerCase().replaceAll(" ", "-")}`;
  return element("div", { class: "field" }, element("label", { for: control.id }, label), control);
}

function picker(options, onChange) {
  const control = element("select", { change: () => onChange(control.value) });
  control.append(...options.map(([value, text]) => element("option", { value }, text)));
  return control;
}

function pickerGroup(label, options) {
  const items = options.map(([value, text]) => element("option", { value }, text));
  return element("optgroup", { label }, ...items);
}

// A table scrolls inside its box, and the keyboard reaches the box.
function scrolling(label, table) {
  return element(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": label },
    table,
  );
}

function columnHeads(heads) {
  const cells = heads.map(([text, className]) =>
    element("th", { scope: "col", class: className }, text),
  );
  return element("thead", {}, element("tr", {}, ...cells));
}

// Cuts a text where spans begin and end; each piece knows the spans that lie over it.
function pieces(text, spans) {
  const inside = spans.filter(
    (span) => span.start >= 0 && span.start < span.end && span.end <= text.length,
  );
  const borders = new Set([0, text.length, ...inside.flatMap((span) => [span.start, span.end])]);
  const sorted = [...borders].sort((a, b) => a - b);
  return sorted.slice(1).map((end, index) => ({
    text: text.slice(sorted[index], end),
    over: inside.filter((span) => span.start <= sorted[index] && end <= span.end),
  }));
}

function spanOf(text, part, extra) {
  const start = part ? text.indexOf(part) : -1;
  return start < 0 ? null : { start, end: start + part.length, ...extra };
}

// An address holds no half characters.
function wellFormed(text) {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}

function part(title, ...content) {
  return element("section", { class: "part" }, element("h4", {}, title), ...content);
}

function list(items) {
  return element("ul", { class: "plain" }, ...items.map((item) => element("li", {}, item)));
}

function quiet(text) {
  return element("span", { class: "quiet" }, text);
}

function foreignPieces(tag, text, language, spans, show) {
  const node = foreign(tag, "", language);
  node.append(...pieces(text, spans).map(show));
  return node;
}

function panel(title, says, controls, content) {
  return element(
    "div",
    { class: "panel" },
    element(
      "div",
      { class: "panel-head" },
      title ? element("h3", {}, title) : null,
      element("p", { class: "says" }, ...says),
      ...controls,
    ),
    element("div", { class: "panel-body" }, ...content),
  );
}
