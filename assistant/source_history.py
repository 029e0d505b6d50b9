"""The section of a document's page that says how its text was made.

Knows words and HTML; nothing of where documents are kept. All text is escaped.
"""

from collections.abc import Iterable
from html import escape

from assistant.languages import moment
from assistant.provenance import indexed_at
from assistant.wording import Wording
from index.types import DocumentInfo

HISTORY_STYLE = """
.history { border-top: 1px solid var(--line); color: var(--faint); font-size: .9rem;
  margin-top: 2rem; padding-top: .75rem; }
.history h2 { font-size: 1rem; margin: 0 0 .25rem; }
.history dt { font-weight: 600; }
.history dd { margin: 0 0 .4rem; }
"""


def history_section(info: DocumentInfo, wording: Wording) -> str:
    """Write the section at the end of a document's page."""
    indexed = indexed_at(info)
    at = moment(indexed.astimezone(), wording.language)
    time = f'<time datetime="{indexed.isoformat(timespec="seconds")}">{escape(at)}</time>'
    parser = escape(info.parser or wording("source_parser_unknown"))
    facts = [
        (wording("source_indexed"), time),
        (wording("source_parser"), f"<bdi>{parser}</bdi>"),
        (wording("source_passages"), str(info.passages)),
        (wording("source_warnings"), _warnings(info.warnings, wording)),
    ]
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in facts)
    title = escape(wording("source_history"))
    return (
        '<section class="history" aria-labelledby="history">'
        f'<h2 id="history">{title}</h2><dl>{listed}</dl></section>'
    )


def _warnings(warnings: Iterable[str], wording: Wording) -> str:
    # Parsers speak English.
    told = "<br>".join(f'<span lang="en">{escape(warning)}</span>' for warning in warnings)
    return told or escape(wording("source_no_warnings"))
