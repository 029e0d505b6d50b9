// The embed page: asks questions, shows answers as they grow, opens sources. Everything that comes
// from the server is written as text, never as markup; nothing is kept beyond this page.
(() => {
  "use strict";

  const page = JSON.parse(document.currentScript.dataset.page);
  const texts = page.texts;
  const MOST_TURNS = 20;
  const LONGEST_TURN = 20000;
  const byId = (id) => document.getElementById(id);
  const [conversation, turns, form, question] =
    ["conversation", "turns", "form", "question"].map(byId);

  const MOST_MS_FOR_A_TOKEN = 5000;

  let history = [];
  let running = null;
  let token = ""; // Of whoever is signed in on the page around; only in memory.
  let takeToken = () => {};

  document.documentElement.style.setProperty("--accent", page.colour);
  document.documentElement.style.setProperty("--ink-on-accent", page.ink);

  function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  // What is written in another language says so, to screen readers and for its direction.
  function inLanguage(made, item) {
    if (item.language) {
      made.lang = item.language;
      made.dir = item.direction;
    }
    return made;
  }

  // An answer

  function sourceLink(item, key, title, label) {
    const link = element("a", { href: `${page.name}/source/${item.source}`, textContent: label });
    link.dataset.key = key;
    link.dataset.title = title;
    return link;
  }

  function shownPiece(piece, answer) {
    const cited = answer.quotations.find((quotation) => quotation.number === piece.mark);
    const made = cited
      ? sourceLink(cited, `mark-${piece.mark}`, `[${cited.number}] ${cited.title}`, piece.words)
      : inLanguage(element(piece.why ? "em" : "span", { textContent: piece.words }), piece);
    if (cited) Object.assign(made, { className: "mark", title: cited.quote });
    if (piece.doubt) made.classList.add("doubt", piece.doubt);
    if (piece.why) made.className = "why";
    return made;
  }

  function shownPlace(item, key, label) {
    const line = element("p", { className: "place" }, sourceLink(item, key, label, label));
    if (item.place) line.append(` · ${item.place}`);
    return line;
  }

  function shownQuotation(item) {
    const quote = inLanguage(element("blockquote", { textContent: `“${item.quote}”` }), item);
    const label = `[${item.number}] ${item.title}`;
    return element("div", { className: "quotation" }, quote,
      shownPlace(item, `quotation-${item.number}`, label));
  }

  function shownPassage(item, index) {
    const quote = inLanguage(element("blockquote", {}), item);
    quote.append(item.before, " ", element("strong", { textContent: item.quote }), " ", item.after);
    return element("li", {}, shownPlace(item, `passage-${index}`, item.title), quote);
  }

  // While nothing is written yet, the best quotations stand in the place of the answer.
  function firstQuotations(answer) {
    const waiting = element("p", { className: "remark progress", textContent: answer.progress });
    const best = answer.passages.slice(0, 2).map((item, index) => {
      const quote = inLanguage(element("blockquote", { textContent: `“${item.quote}”` }), item);
      return element("div", { className: "quotation" }, quote,
        shownPlace(item, `first-${index}`, item.title));
    });
    return [waiting, ...best];
  }

  function shownAnswer(answer) {
    if (answer.kind === "evidence") return firstQuotations(answer);
    const shown = [];
    if (answer.label) {
      shown.push(element("p", { className: "label", textContent: answer.label }));
    }
    const text = inLanguage(element("div", { className: "text" }), answer);
    text.append(...answer.pieces.map((piece) => shownPiece(piece, answer)));
    shown.push(text, ...answer.quotations.map(shownQuotation));
    for (const remark of answer.remarks) {
      shown.push(element("p", { className: "remark", textContent: remark }));
    }
    if (answer.done && answer.quotations.length && navigator.clipboard) shown.push(copyButton(answer));
    return shown;
  }

  function shownEvidence(answer, isOpen) {
    const count = `${answer.heading} (${answer.passages.length})`;
    const made = element("details", { open: isOpen },
      element("summary", { textContent: count }));
    made.firstChild.dataset.key = "evidence";
    if (answer.searched) {
      made.append(element("p", { className: "remark", textContent: answer.searched }));
    }
    made.append(element("ol", {}, ...answer.passages.map(shownPassage)));
    return made;
  }

  function copyButton(answer) {
    const button = element("button", { type: "button", textContent: texts.embed_copy });
    button.className = "copy";
    button.dataset.key = "copy";
    button.addEventListener("click", async () => {
      const sources = answer.quotations.map((item) => {
        const address = new URL(`${page.name}/source/${item.source}`, location.href);
        return `[${item.number}] ${item.title}: ${address}`;
      });
      try {
        await navigator.clipboard.writeText([answer.text, ...sources].join("\n"));
        say(texts.panel_copied);
      } catch {
        say(texts.panel_not_copied);
      }
    });
    return button;
  }

  function say(text) {
    byId("told").textContent = text;
  }

  // Turns

  class Turn {
    constructor(words) {
      this.question = words;
      this.answer = null;
      this.reply = element("div", { className: "reply" });
      this.evidence = element("div", { className: "evidence" });
      const you = element("span", { className: "hidden", textContent: `${texts.embed_you} ` });
      this.top = element("p", { className: "question", dir: "auto" }, you, words);
      turns.append(element("section", { className: "turn" }, this.top, this.reply, this.evidence));
      this.top.scrollIntoView({ block: "start" });
    }

    // Only what changed is made anew, and whoever stands on a mark stays on it.
    show(answer) {
      const at = document.activeElement?.dataset.key;
      const isInside = this.reply.contains(document.activeElement)
        || this.evidence.contains(document.activeElement);
      const before = this.answer;
      this.answer = answer;
      this.reply.replaceChildren(...shownAnswer(answer));
      const found = (one) => one && JSON.stringify([one.heading, one.searched, one.passages]);
      if (answer.passages.length && found(answer) !== found(before)) {
        const isOpen = this.evidence.querySelector("details")?.open ?? false;
        this.evidence.replaceChildren(shownEvidence(answer, isOpen));
      }
      if (at && isInside) this.find(at)?.focus({ preventScroll: true });
    }

    find(key) {
      return [...this.reply.querySelectorAll("[data-key]"),
        ...this.evidence.querySelectorAll("[data-key]")]
        .find((part) => part.dataset.key === key);
    }

    // Nothing more comes: what stands here is no checked answer, and none is on its way.
    leave(wasStopped) {
      if (!this.answer || this.answer.done) return;
      this.reply.querySelector(".progress")?.remove();
      if (this.answer.kind !== "evidence" && !wasStopped) this.add(texts.embed_unchecked, "remark");
    }

    add(text, className) {
      this.reply.append(element("p", { className, textContent: text }));
    }
  }

  // Asking

  async function* eventsOf(response) {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let held = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      held += value;
      const events = held.split(/\r?\n\r?\n/);
      held = events.pop();
      for (const event of events) {
        const data = event.split(/\r?\n/).filter((line) => line.startsWith("data:"));
        if (data.length) yield JSON.parse(data.map((line) => line.slice(5)).join("\n"));
      }
    }
  }

  // The page around knows whether its token is still fresh, so it is asked each time; where it says
  // nothing, the server judges the last one.
  function freshToken() {
    if (!page.signedIn || !host) return Promise.resolve(token);
    return new Promise((resolve) => {
      const waiting = setTimeout(() => resolve(token), MOST_MS_FOR_A_TOKEN);
      takeToken = () => {
        clearTimeout(waiting);
        resolve(token);
      };
      tell("token");
    });
  }

  async function answered(turn, signal) {
    const headers = { "Content-Type": "application/json", Accept: "text/event-stream" };
    const shown = await freshToken();
    if (shown) headers.Authorization = `Bearer ${shown}`;
    const response = await fetch(`${page.name}/ask`, {
      method: "POST",
      headers,
      body: JSON.stringify({ question: turn.question, history: history.slice(-MOST_TURNS) }),
      credentials: "omit",
      signal,
    });
    if (!response.ok) {
      const told = await response.json().catch(() => ({}));
      turn.add(told.error || texts.chat_failed, "error");
      return;
    }
    for await (const event of eventsOf(response)) {
      if (event.error) turn.add(event.error, "error");
      else turn.show(event);
    }
    if (turn.answer?.done) remember(turn);
    else if (!turn.reply.querySelector(".error")) turn.add(texts.embed_unreachable, "error");
  }

  // Only a whole answer is one to follow up on.
  function remember(turn) {
    history.push({ role: "user", content: turn.question.slice(0, LONGEST_TURN) },
      { role: "assistant", content: turn.answer.text.slice(0, LONGEST_TURN) });
  }

  function setRunning(controller) {
    running = controller;
    const hadFocus = [byId("ask"), byId("stop")].includes(document.activeElement);
    byId("ask").hidden = running !== null;
    byId("stop").hidden = running === null;
    turns.setAttribute("aria-busy", String(running !== null));
    byId("new").hidden = turns.childElementCount === 0;
    if (hadFocus) question.focus();
  }

  async function ask(words) {
    say("");
    byId("greeting").hidden = true;
    const turn = new Turn(words);
    const controller = new AbortController();
    setRunning(controller);
    try {
      await answered(turn, controller.signal);
    } catch {
      const text = controller.signal.aborted ? texts.chat_stopped : texts.embed_unreachable;
      turn.add(text, controller.signal.aborted ? "remark" : "error");
    } finally {
      turn.leave(controller.signal.aborted);
      if (running === controller) setRunning(null);
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const words = question.value.trim();
    if (!words || running) return;
    question.value = "";
    ask(words);
  });

  question.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });

  byId("stop").addEventListener("click", () => running?.abort());

  byId("new").addEventListener("click", () => {
    running?.abort();
    history = [];
    turns.replaceChildren();
    byId("greeting").hidden = false;
    setRunning(null);
    question.focus();
  });

  // Sources open over the conversation, or beside it, and give focus back to where they were opened.

  const isWide = matchMedia("(min-width: 900px)"); // There is room for both, side by side.
  let opener = null;

  function makePanel() {
    const title = element("h2", { id: "source-title", tabIndex: -1, dir: "auto" });
    const tab = element("a", { target: "_blank", rel: "noopener", textContent: texts.panel_tab });
    const close = element("button", { type: "button", className: "close", textContent: "×" });
    close.setAttribute("aria-label", texts.panel_close);
    close.addEventListener("click", closeSource);
    const frame = element("iframe", { title: texts.panel_source });
    frame.addEventListener("load", () => {
      frame.contentDocument?.addEventListener("keydown", onEscape);
    });
    const panel = element("aside", { id: "source", hidden: true },
      element("header", {}, title, tab, close), frame);
    panel.setAttribute("aria-labelledby", title.id);
    document.body.append(panel);
    return panel;
  }

  // In the place of what was there: "back" is to leave the page around, not a source.
  function show(address) {
    byId("source").querySelector("iframe").contentWindow.location.replace(address);
  }

  function openSource(link) {
    const panel = byId("source") || makePanel();
    const turn = link.closest(".turn");
    opener = () => (link.isConnected ? link : [...turn.querySelectorAll("[data-key]")]
      .find((part) => part.dataset.key === link.dataset.key));
    panel.querySelector("h2").textContent = link.dataset.title;
    panel.querySelector("a").href = link.href;
    panel.hidden = false;
    show(link.href);
    document.body.classList.add("with-source");
    byId("page").inert = !isWide.matches;
    panel.querySelector("h2").focus();
  }

  function closeSource() {
    const panel = byId("source");
    if (!panel || panel.hidden) return false;
    panel.hidden = true;
    show("about:blank");
    document.body.classList.remove("with-source");
    byId("page").inert = false;
    (opener?.() || question).focus();
    return true;
  }

  conversation.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-key]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openSource(link);
  });

  // The page around: it says "open", perhaps with a question, and "token" with a token of whoever is
  // signed in there; this one says "ready", "close", and "token" where it needs a fresh one.
  // Only pages that may frame this one are listened to, and only the one around it.

  const PROTOCOL = 1;
  const welcome = [location.origin, ...page.hosts];
  let host = "";

  function tell(type) {
    if (host) window.parent.postMessage({ bronwijzer: PROTOCOL, type }, host);
  }

  window.addEventListener("message", (event) => {
    if (window.parent === window || event.source !== window.parent) return;
    if (!welcome.includes(event.origin) || event.data?.bronwijzer !== PROTOCOL) return;
    if (event.data.type === "token" && typeof event.data.token === "string") {
      host = event.origin;
      token = event.data.token;
      takeToken();
    }
    if (event.data.type !== "open") return;
    host = event.origin;
    byId("close").hidden = false;
    if (typeof event.data.question === "string" && event.data.question) {
      question.value = event.data.question.slice(0, 2000);
    }
    if (document.body.classList.contains("with-source")) byId("source").querySelector("h2").focus();
    else question.focus();
    tell("ready");
  });

  byId("close").addEventListener("click", () => tell("close"));

  function onEscape(event) {
    if (event.key === "Escape" && !event.isComposing && !closeSource()) tell("close");
  }

  document.addEventListener("keydown", onEscape);

  // Not sooner: a question sent while nobody listened would be lost.
  question.disabled = byId("ask").disabled = false;
})();
