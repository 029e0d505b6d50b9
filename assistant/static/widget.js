// Puts a button on a page that opens the assistant in a frame. It keeps nothing, asks for nothing
// before the button is pressed, and shares no style with the page.
//   <script src="https://HOST/widget.js" data-embed="NAME" defer></script>
// Also: data-position="left", data-label, data-title, data-colour, data-language; and for an embed
// whose readers are signed in, data-token, or data-token-function with the name of a function of the
// page that gives a fresh one, or a promise of it. The page opens it
// by itself with: dispatchEvent(new CustomEvent("bronwijzer-open", { detail: { question: "…" } }))
(() => {
  "use strict";

  const catalogue = {/* texts */};
  const PROTOCOL = 1;
  const script = document.currentScript;
  const settings = script.dataset;
  const base = new URL("./", script.src);

  if (!/^[a-z0-9-]{1,40}$/.test(settings.embed || "")) {
    console.error("widget.js needs data-embed: the name of an embed, such as data-embed=\"hr\".");
    return;
  }

  const tags = [settings.language, ...(navigator.languages || [])].filter(Boolean);
  const codes = tags.map((tag) => tag.split("-")[0].toLowerCase());
  const texts = catalogue[codes.find((code) => code in catalogue)] || catalogue.en;
  const title = settings.title || texts.embed_title;
  const isLeft = settings.position === "left";

  const STYLE = `
    :host { all: initial; }
    button, section { position: fixed; ${isLeft ? "left" : "right"}: 16px; z-index: 2147483000; }
    button { bottom: 16px; max-width: calc(100vw - 32px); min-height: 44px; padding: 10px 18px;
      border: 2px solid #fff; border-radius: 24px; background: var(--accent); color: var(--ink);
      font: 600 16px/1.3 system-ui, sans-serif; cursor: pointer; box-shadow: 0 2px 10px #0006; }
    button:focus-visible { outline: 3px solid #000; outline-offset: 1px;
      box-shadow: 0 0 0 6px #fff; }
    section { bottom: 76px; width: 400px; height: min(640px, calc(100vh - 96px));
      max-width: calc(100vw - 32px); overflow: hidden; border-radius: 12px; background: Canvas;
      color-scheme: light dark; box-shadow: 0 8px 40px #0007; }
    section[hidden], button[hidden] { display: none; }
    iframe { width: 100%; height: 100%; border: 0; display: block; }
    @media (prefers-reduced-motion: no-preference) {
      section { animation: rise .18s ease-out; }
      @keyframes rise { from { opacity: 0; transform: translateY(12px); } }
    }
    @media (max-width: 600px), (max-height: 420px) {
      section { inset: 0; width: 100%; max-width: none; height: 100%; height: 100dvh;
        border-radius: 0; }
      section.ready:not([hidden]) + button { display: none; }
    }
    @media print { button, section { display: none; } }`;

  function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  // How light a colour is, 0 to 1 (WCAG's relative luminance).
  function luminance(colour) {
    const digits = colour.slice(1).replace(/^(.)(.)(.)$/, "$1$1$2$2$3$3");
    const [red, green, blue] = [0, 2, 4].map((place) => {
      const share = parseInt(digits.slice(place, place + 2), 16) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }

  const holder = element("div", {});
  const button = element("button", { type: "button" });
  const panel = element("section", { hidden: true, id: "panel" });
  let frame = null;
  let prefill = "";
  let isLoaded = false;

  function label() {
    button.textContent = panel.hidden ? settings.label || texts.embed_open : texts.embed_close;
    button.setAttribute("aria-expanded", String(!panel.hidden));
  }

  function makeFrame() {
    frame = element("iframe", { title, src: new URL(`embed/${settings.embed}`, base).href });
    frame.allow = "clipboard-write";
    frame.addEventListener("load", () => {
      isLoaded = true;
      tellOpen();
    });
    panel.append(frame);
  }

  // To the assistant alone: were another page in the frame, the browser would not deliver it.
  function tellOpen() {
    if (panel.hidden || !isLoaded) return;
    const message = { bronwijzer: PROTOCOL, type: "open", question: prefill };
    frame.contentWindow.postMessage(message, base.origin);
    prefill = "";
  }

  async function tellToken() {
    const fresh = window[settings.tokenFunction];
    try {
      const token = typeof fresh === "function" ? await fresh() : settings.token;
      const message = { bronwijzer: PROTOCOL, type: "token", token: String(token || "") };
      frame.contentWindow.postMessage(message, base.origin);
    } catch (error) {
      console.error("widget.js got no token from the page:", error);
    }
  }

  function open(question) {
    prefill = typeof question === "string" ? question : "";
    panel.hidden = false;
    label();
    if (!frame) makeFrame();
    frame.focus();
    tellOpen();
  }

  function close() {
    if (panel.hidden) return;
    panel.hidden = true;
    label();
    button.focus();
  }

  window.addEventListener("message", (event) => {
    if (!frame || event.origin !== base.origin || event.source !== frame.contentWindow) return;
    if (event.data?.bronwijzer !== PROTOCOL) return;
    if (event.data.type === "ready") panel.classList.add("ready");
    if (event.data.type === "close") close();
    if (event.data.type === "token") tellToken();
  });

  window.addEventListener("bronwijzer-open", (event) => open(event.detail?.question));
  button.addEventListener("click", () => (panel.hidden ? open("") : close()));
  button.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });

  function begin() {
    const root = holder.attachShadow({ mode: "open" });
    // A sheet that is made here needs no consent of the page's own policy.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const isColour = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(settings.colour || "");
    const colour = isColour ? settings.colour : "#1d4ed8";
    button.style.setProperty("--accent", colour);
    button.style.setProperty("--ink", luminance(colour) > 0.179 ? "#000" : "#fff");
    button.setAttribute("aria-controls", panel.id);
    panel.setAttribute("aria-label", title);
    label();
    root.append(panel, button);
    document.body.append(holder);
  }

  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
})();
