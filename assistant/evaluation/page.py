"""A report as one HTML file that works offline: charts, tables, and every question.

Knows how files, data and hashes become a page that runs its own script and nothing else; nothing
of what the metrics mean (`static/metrics.js` does) or of how a report comes about. All text is
untrusted: it is escaped here and only ever set as text by the script.
"""

import base64
import hashlib
import json
import math
import re
from collections.abc import Mapping
from html import escape
from importlib import resources
from typing import Any

_SCRIPTS = tuple(
    "elements metrics charts outcomes comparison figures passages row questions start".split()
)
"""In this order: each uses what stands before it, and the last one begins."""

_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")

_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")
"""What could end the script element or begin markup, and half characters no file can hold."""


def report_page(report: Mapping[str, Any]) -> str:
    """Write the report, as the JSON form has it, as one self-contained page."""
    style = _static("report.css")
    script = "\n".join(_static(f"{name}.js") for name in _SCRIPTS)
    parts = {
        "policy": _policy(script, style),
        "name": _text(report.get("name", "")),
        "style": style,
        "figures": _plain_table(report.get("overall") or {}),
        "report": _data(report),
        "script": script,
    }
    # One pass, so that no text of the report is taken for a placeholder.
    return _PLACEHOLDER.sub(lambda found: parts[found[1]], _static("report.html"))


def _static(name: str) -> str:
    return (resources.files(__package__) / "static" / name).read_text(encoding="utf-8")


def _policy(script: str, style: str) -> str:
    """Allow this script and this style, by their hashes, and not a single request."""
    return (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _data(report: Mapping[str, Any]) -> str:
    """Write JSON that is inert inside a script element."""
    text = json.dumps(_plain(report), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _plain(value: object) -> object:
    """Keep what JSON has; a number that JSON lacks becomes null, anything else its text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else str(value)


def _text(value: object) -> str:
    """Escape for HTML; half characters become question marks."""
    return escape(str(value).encode("utf-8", "replace").decode("utf-8"))


def _plain_table(overall: Mapping[str, Any]) -> str:
    """Write the overall metrics for a browser that runs no script."""
    rows = "".join(
        f'<tr><th scope="row">{_text(metric)}</th>'
        + "".join(f"<td>{_figure(estimate.get(key))}</td>" for key in ("value", "low", "high", "n"))
        + "</tr>"
        for metric, estimate in overall.items()
    )
    heads = "".join(
        f'<th scope="col">{head}</th>' for head in ("metric", "value", "low", "high", "n")
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _figure(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else _text("–" if value is None else value)
