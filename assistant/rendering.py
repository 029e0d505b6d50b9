"""Answers, evidence and states as Markdown, for pages.

Knows how an answer is shown; nothing of Gradio or of how it comes about. Text of documents, file
names and models is escaped, so it shows as text and never as markup.
"""

from collections.abc import Sequence
from html import escape
from urllib.parse import urlencode

import regex

from assistant.evidence import excerpt_span
from assistant.model_supply import ModelState, ModelStatus
from assistant.quotations import quotations_in
from assistant.remarks import doubt, remarks
from assistant.types import Answer, Citation, Claim, Evidence, Kind
from assistant.verbatim import locate
from assistant.wording import english
from index.language import direction_of, name_of
from index.types import Span

_MARKUP = regex.compile(r"([\\`*_{}\[\]()#+\-.!|~$^=:>\"'])")
_CONTEXT_CHARACTERS = 320


def escaped(text: str) -> str:
    """Write any text as Markdown that shows just that text."""
    html = text.replace("&", "&amp;").replace("<", "&lt;")
    return str(_MARKUP.sub(r"\\\1", html))


def show_answer(answer: Answer) -> str:
    """Write an answer; its marks are links to the cited sentences, which follow as they stand."""
    if answer.kind is Kind.EVIDENCE:
        return "…"
    if answer.kind is Kind.QUOTED:
        text = escaped(answer.text.split("\n", 1)[0])
    else:
        text = _text(answer)
    parts = [_in_language(text, answer.language), *map(_quotation, answer.citations)]
    parts += [f"*{escaped(remark)}*" for remark in remarks(answer, english())]
    return "\n\n".join(part for part in parts if part)


def show_evidence(answer: Answer) -> str:
    """Write the passages that were found, each around its key sentence."""
    parts = ["### Nearest passages" if answer.refused else "### Evidence"]
    if answer.searched:
        parts.append(f"Searched for: *{escaped(_line(answer.searched))}*")
    for item in answer.evidence:
        place = " · ".join(part for part in (item.locator, name_of(item.language)) if part)
        link = _link(item.document_id, item.key.start, item.key.end)
        head = f"**[{escaped(item.title)}]({link})** · {escaped(place)}"
        parts.append(f"{head}\n\n{_in_language(_context(item), item.language)}")
    return "\n\n".join(parts)


def show_status(status: ModelStatus, documents: int) -> str:
    """Write one line on what answers, where text goes, and how much there is to find."""
    name = escaped(status.name)
    match status.state:
        case ModelState.READY if status.host:
            model = f"**{name}** writes the answers; questions and passages go to **{status.host}**"
        case ModelState.READY:
            model = f"**{name}** writes the answers, on this machine"
        case ModelState.FETCHING:
            model = f"Answers are quotations while {name} is fetched: {status.share or 0:.0%}"
        case ModelState.STARTING:
            model = f"Answers are quotations while {name} starts"
        case ModelState.OFFERED:
            model = "Answers are quotations; for written ones run: `bronwijzer model pull`"
        case ModelState.FAILED:
            model = f"Answers are quotations. {escaped(status.detail)}"
        case _:
            model = "Answers are quotations; no language model is set"
    return f"{model} · {documents} {'document' if documents == 1 else 'documents'}"


def show_notice(notice: str) -> str:
    """Write what whoever looks after the documents should know; empty where there is nothing."""
    return f"⚠️ {escaped(notice)}" if notice else ""


def source_path(citation: Citation) -> str:
    """Address the cited sentence in its document."""
    return _link(citation.document_id, citation.start, citation.end)


def _text(answer: Answer) -> str:
    """The text with linked marks; sentences in doubt are in italics and say why."""
    pieces, position = [], 0
    for claim in answer.claims:
        pieces.append(_linked(answer, position, claim.start))
        pieces.append(_claim(answer, claim))
        position = claim.end
    pieces.append(_linked(answer, position, len(answer.text)))
    return "".join(pieces)


def _claim(answer: Answer, claim: Claim) -> str:
    text = _linked(answer, claim.start, claim.end)
    doubted = doubt(claim.support, english())
    return f"*{text}* ({doubted})" if doubted else text


def _linked(answer: Answer, start: int, end: int) -> str:
    by_number = {citation.number: citation for citation in answer.citations}
    pieces = regex.split(r"\[(\d+)\]", answer.text[start:end])
    shown = []
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            shown.append(_with_quotations(piece, answer.citations))
        elif (citation := by_number.get(int(piece))) is not None:
            shown.append(f"[\\[{piece}\\]]({source_path(citation)})")
        else:
            shown.append(escaped(f"[{piece}]"))
    return "".join(shown)


def _with_quotations(text: str, citations: Sequence[Citation]) -> str:
    """Write text; what it quotes is in another language, and may be written the other way."""
    shown, position = "", 0
    for span in quotations_in(text):
        words = text[span.start : span.end]
        sources = [c.language for c in citations if locate(words, c.quote) is not None]
        if sources:
            attributes = f'lang="{escape(sources[0])}" dir="{direction_of(sources[0])}"'
            shown += escaped(text[position : span.start])
            shown += f"<span {attributes}>{escaped(words)}</span>"
            position = span.end
    return shown + escaped(text[position:])


def _quotation(citation: Citation) -> str:
    quote = _in_language(_block(f"“{citation.quote}”"), citation.language)
    return f"{quote}\n\n{_source(citation)}"


def _in_language(markdown: str, language: str) -> str:
    """Say in which language Markdown is, and which way it is written."""
    code, direction = escape(language), direction_of(language)
    return f'<div lang="{code}" dir="{direction}">\n\n{markdown}\n\n</div>' if markdown else ""


def _source(citation: Citation) -> str:
    place = " · ".join(part for part in (citation.locator, name_of(citation.language)) if part)
    link = f"[\\[{citation.number}\\] {escaped(citation.title)}]({source_path(citation)})"
    return f"{link} · {escaped(place)}" if place else link


def _context(item: Evidence) -> str:
    """Quote a few sentences of a passage, the key sentence among them in bold."""
    shown = excerpt_span(item, _CONTEXT_CHARACTERS)
    before, after = Span(shown.start, item.key.start), Span(item.key.end, shown.end)
    lines = [_quoted(item.text_of(before)), f"> **{escaped(_line(item.quote))}**"]
    return "\n".join(line for line in (*lines, _quoted(item.text_of(after))) if line)


def _quoted(text: str) -> str:
    return f"> {escaped(_line(text))}" if text.strip() else ""


def _line(text: str) -> str:
    return " ".join(text.split())


def _block(text: str) -> str:
    return "\n".join(f"> {escaped(line)}" for line in text.splitlines())


def _link(document_id: int, start: int, end: int) -> str:
    return f"/source/{document_id}?{urlencode({'start': start, 'end': end})}#cited"
