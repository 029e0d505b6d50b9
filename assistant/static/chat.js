// What the chat page does by itself: a source opens beside the conversation, a mark shows what it
// quotes, and an answer is copied with its sources. Texts come from the tag that loads this file.
(() => {
  "use strict";

  const catalogue = JSON.parse(document.currentScript.dataset.texts);
  const language = (navigator.languages || [navigator.language])
    .map((tag) => tag.split("-")[0])
    .find((code) => code in catalogue);
  const texts = catalogue[language] || catalogue.en;
  const MESSAGES = "[data-testid=bot], [data-testid=user]";

  function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  // The panel

  let panel = null;
  let opener = null;

  function makePanel() {
    const title = element("h2", { id: "source-title", tabIndex: -1 });
    const tab = element("a", { target: "_blank", rel: "noopener", textContent: texts.panel_tab });
    const close = element("button", { type: "button", textContent: texts.panel_close });
    close.addEventListener("click", closePanel);
    const frame = element("iframe", { title: texts.panel_source });
    const made = element("aside", { id: "source-panel", hidden: true },
      element("header", {}, title, tab, close), frame);
    made.setAttribute("aria-labelledby", title.id);
    document.body.append(made);
    return made;
  }

  function openPanel(link) {
    panel = panel || makePanel();
    opener = link;
    panel.querySelector("h2").textContent = titleOf(link);
    panel.querySelector("a").href = link.href;
    panel.querySelector("iframe").src = link.href;
    panel.hidden = false;
    document.body.classList.add("with-source");
    panel.querySelector("h2").focus();
    link.scrollIntoView({ block: "nearest" });
  }

  function closePanel() {
    if (!panel || panel.hidden) return;
    panel.hidden = true;
    panel.querySelector("iframe").src = "about:blank";
    document.body.classList.remove("with-source");
    if (opener && opener.isConnected) opener.focus();
  }

  // A mark such as [1] is no title, but the line of its source below the answer has one.
  function titleOf(link) {
    const text = link.textContent.trim();
    if (!isMark(link)) return text;
    const message = link.closest(MESSAGES);
    const lines = message ? [...message.querySelectorAll("a")] : [];
    const line = lines.find((other) => other.textContent.startsWith(text + " "));
    return line ? line.textContent.trim() : text;
  }

  // Quotations of marks

  let tooltip = null;

  function isMark(link) {
    return /^\[\d+\]$/.test(link.textContent.trim());
  }

  function showQuotation(link) {
    if (link.title) {
      link.dataset.quotation = link.title;
      link.removeAttribute("title");
    }
    if (!link.dataset.quotation) return;
    tooltip = tooltip || document.body.appendChild(
      element("div", { id: "source-quotation", role: "tooltip", dir: "auto" }));
    tooltip.textContent = link.dataset.quotation;
    tooltip.hidden = false;
    link.setAttribute("aria-describedby", tooltip.id);
    const place = link.getBoundingClientRect();
    const size = tooltip.getBoundingClientRect();
    const left = Math.min(place.left, window.innerWidth - size.width - 8);
    const above = place.top - size.height - 6;
    tooltip.style.left = Math.max(8, left) + "px";
    tooltip.style.top = (above > 8 ? above : place.bottom + 6) + "px";
  }

  function hideQuotation() {
    if (tooltip) tooltip.hidden = true;
  }

  // Copying

  function textOf(message) {
    const lines = [message.querySelector(".message-content").innerText.trim()];
    const told = new Set();
    for (const link of message.querySelectorAll("a")) {
      const mark = link.textContent.match(/^\[\d+\]/);
      if (mark && !told.has(mark[0])) {
        told.add(mark[0]);
        lines.push(mark[0] + " " + link.href);
      }
    }
    return told.size ? lines.join("\n").replace("\n", "\n\n") : lines[0];
  }

  async function copy(message) {
    try {
      await navigator.clipboard.writeText(textOf(message));
      say(texts.panel_copied);
    } catch {
      say(texts.panel_not_copied);
    }
  }

  function say(text) {
    const told = document.getElementById("page-notice") || document.body.appendChild(
      element("div", { id: "page-notice", role: "status" }));
    told.textContent = text;
    told.hidden = false;
    clearTimeout(say.timer);
    say.timer = setTimeout(() => { told.hidden = true; }, 2500);
  }

  // Listening: everything is delegated, since messages are made anew while an answer grows.

  const sourceOf = (target) => target.closest && target.closest("a[href*='/source/']");

  document.addEventListener("click", (event) => {
    const link = sourceOf(event.target);
    if (link && !panel?.contains(link) && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      hideQuotation();
      openPanel(link);
      return;
    }
    const button = event.target.closest && event.target.closest("button[title='Copy message']");
    const row = button && button.closest(".message-buttons");
    const message = row && row.previousElementSibling?.querySelector(MESSAGES);
    if (message) {
      event.stopImmediatePropagation();
      copy(message);
    }
  }, true);

  for (const [on, off] of [["mouseover", "mouseout"], ["focusin", "focusout"]]) {
    document.addEventListener(on, (event) => {
      const link = sourceOf(event.target);
      if (link && isMark(link)) showQuotation(link);
    });
    document.addEventListener(off, hideQuotation);
  }

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    hideQuotation();
    closePanel();
  });

  // A new question stays at the top of the conversation while its answer grows, so that it is read
  // from the beginning; whoever scrolls goes where they like.
  const SETTLING = 1500; // Milliseconds: an old conversation is shown in several steps, too.
  let asked = 0;
  let following = false;
  let settledAt = 0;

  const isWriting = () => document.querySelector("#stop") !== null;

  function keepQuestionInSight() {
    const questions = document.querySelectorAll("#conversation .user-row");
    const now = performance.now();
    following = (following || questions.length > asked) && questions.length > 0;
    if (questions.length > asked || isWriting()) settledAt = now + SETTLING;
    asked = questions.length;
    if (now > settledAt) following = false;
    if (!following) return;
    const log = questions[0].closest("[role=log]");
    const latest = questions[asked - 1];
    log.scrollTop += latest.getBoundingClientRect().top - log.getBoundingClientRect().top - 8;
  }

  for (const moved of ["wheel", "touchmove", "keydown", "pointerdown"]) {
    document.addEventListener(moved, (event) => {
      if (event.target.closest && event.target.closest("#conversation")) following = false;
    }, { passive: true });
  }

  // Gradio labels each message with its Markdown, which a screen reader would read out in place of
  // the message, and calls the suggested questions a list that has no items.
  new MutationObserver(() => {
    for (const list of document.querySelectorAll("#conversation .examples[role=list]")) {
      list.setAttribute("role", "group");
    }
    for (const message of document.querySelectorAll(`:is(${MESSAGES})[aria-label]`)) {
      message.removeAttribute("aria-label");
    }
    const toggle = document.querySelector("#history .toggle-button");
    if (toggle && toggle.ariaLabel !== texts.panel_earlier) toggle.ariaLabel = texts.panel_earlier;
    // An answer is read out once it is whole, not at every word.
    const log = document.querySelector("#conversation [role=log]");
    if (log) log.setAttribute("aria-busy", String(isWriting()));
    keepQuestionInSight();
  }).observe(document.documentElement,
    { subtree: true, childList: true, attributeFilter: ["aria-label"] });
})();
