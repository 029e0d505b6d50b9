"""The embed page and the page that shows how it looks on another: their HTML and their policies.

Knows HTML and headers; nothing of answers. All values are escaped; the page's script writes what
comes later as text.
"""

import hashlib
import json
from dataclasses import replace
from html import escape
from importlib.resources import files

from fastapi.responses import HTMLResponse

from assistant.embeds import Embed
from assistant.plain_page import PlainPage, heading, link, plain_page
from assistant.wording import Wording

_STATIC = files("assistant").joinpath("static")
_TEXTS = (
    "ask", "chat_conversation", "chat_failed", "chat_new", "chat_question", "chat_stop",
    "chat_stopped", "embed_close", "embed_unchecked", "embed_unreachable", "embed_you",
    "panel_close", "panel_copied", "panel_not_copied", "panel_source", "panel_tab", "embed_copy",
)  # fmt: skip
"""What the page's script says."""

_BUTTON_TEXTS = ("embed_open", "embed_close", "embed_title")
"""What the button on the other page says."""

_DEMO_STYLE = """
pre { padding: .75rem 1rem; border: 1px solid var(--line); border-radius: 6px; overflow-x: auto;
  white-space: pre-wrap; }
"""


def embed_page(name: str, embed: Embed, title: str, wording: Wording, note: str) -> HTMLResponse:
    """Write the page of an embed; `note` stands below the question."""
    say = {key: wording(key) for key in _TEXTS}
    data = {
        "name": name,
        "hosts": embed.hosts,
        "signedIn": embed.signed_in,
        "colour": embed.colour,
        "ink": embed.ink,
        "texts": say,
    }
    greeting = embed.greeting or wording("chat_welcome")
    close = escape(say["embed_close"])
    html = f"""<!doctype html>
<html lang="{escape(wording.language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="stylesheet" href="../{_address("embed.css")}">
<script src="../{_address("embed.js")}" data-page="{escape(json.dumps(data))}" defer></script>
</head>
<body>
<div id="page">
<header>
<h1 dir="auto">{escape(title)}</h1>
<button type="button" id="new" hidden>{escape(say["chat_new"])}</button>
<button type="button" id="close" class="close" aria-label="{close}" hidden>×</button>
</header>
<main id="conversation" tabindex="0" aria-label="{escape(say["chat_conversation"])}">
<p id="greeting" dir="auto">{escape(greeting)}</p>
<div id="turns" role="log"></div>
</main>
<form id="form">
<label for="question">{escape(say["chat_question"])}</label>
<div class="line">
<textarea id="question" rows="1" dir="auto" autocomplete="off" required disabled></textarea>
<button type="submit" id="ask" disabled>{escape(say["ask"])}</button>
<button type="button" id="stop" hidden>{escape(say["chat_stop"])}</button>
</div>
<p class="note">{escape(note)}</p>
<p id="told" role="status"></p>
</form>
</div>
<noscript>{escape(wording("embed_script"))}</noscript>
</body>
</html>"""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {embed.ancestors}"
    )
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-cache",
        "Vary": "Accept-Language",
    }
    return HTMLResponse(html, headers=headers)


def missing_page(wording: Wording) -> HTMLResponse:
    """Say that there is no such embed; no page may frame that."""
    text = wording("embed_unknown")
    body = f"<h1>{escape(text)}</h1>"
    return plain_page(text, wording.language, body).response(404, "'none'")


def widget_script(languages: dict[str, Wording]) -> str:
    """Write the script for other pages, with what its button says."""
    texts = {code: {key: w(key) for key in _BUTTON_TEXTS} for code, w in languages.items()}
    script = _STATIC.joinpath("widget.js").read_text("utf-8")
    return script.replace("{/* texts */}", json.dumps(texts, ensure_ascii=False), 1)


def demo_page(name: str, embed: Embed, state: str, address: str, wording: Wording) -> PlainPage:
    """Show the widget of an embed on a page of this server; `address` is the server's own.

    `state` says how many documents it answers from.
    """
    settings = f'data-embed="{name}" data-colour="{embed.colour}"'
    snippet = f'<script src="{address}widget.js" {settings} defer></script>'
    frame = f'<iframe src="{address}embed/{name}" title="{wording("embed_title")}"></iframe>'
    hosts = ", ".join(embed.hosts) or wording("embed_demo_own")
    body = (
        heading(wording("embed_demo"), (name, state))
        + f"<main><p>{escape(wording('embed_demo_intro'))}</p><pre>{escape(snippet)}</pre>"
        + f"<p>{escape(wording('embed_demo_frame'))}</p><pre>{escape(frame)}</pre>"
        + f"<p>{escape(wording('embed_demo_hosts', hosts=hosts))}</p></main>"
        # A name and a colour have been checked to need no escaping.
        + f'<script src="widget.js" {settings} defer></script>'
    )
    page = plain_page(wording("embed_demo"), wording.language, body, _DEMO_STYLE)
    return replace(page, policy=f"{page.policy}; script-src 'self'; frame-src 'self'")


def demo_list(names: list[str], wording: Wording) -> PlainPage:
    """List the embeds that can be looked at."""
    title = wording("embed_demo")
    items = "".join(f"<li>{link(f'demo?embed={name}', name)}</li>" for name in names)
    none = f"<p>{escape(wording('embed_demo_none'))}</p>"
    body = f"<main><h1>{escape(title)}</h1>{f'<ul>{items}</ul>' if names else none}</main>"
    return plain_page(title, wording.language, body)


def _address(name: str) -> str:
    """Address a file of the page; a browser that has kept an older one asks anew."""
    version = hashlib.sha256(_STATIC.joinpath(name).read_bytes()).hexdigest()[:12]
    return f"browser/{name}?{version}"
