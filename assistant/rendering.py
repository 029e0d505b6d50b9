"""Answers and evidence as Markdown, for pages.

Knows how an answer is shown; nothing of Gradio or of how it comes about. Text of documents, file
names and models is escaped, so it shows as text and never as markup.
"""

from collections.abc import Sequence
from html import escape

import regex

from assistant.citations import SHOWN_MARK
from assistant.evidence import excerpt_span
from assistant.languages import language_name
from assistant.quotations import quotations_in
from assistant.remarks import doubt, progress, remarks
from assistant.sanitation import one_line
from assistant.source_links import source_link
from assistant.types import Answer, Citation, Claim, Evidence, Kind
from assistant.verbatim import locate
from assistant.wording import Wording
from index.language import direction_of
from index.types import Span

_MARKUP = regex.compile(r"([\\`*_{}\[\]()#+\-.!|~$^=:>\"'])")
_INDENTATION = regex.compile(r"(?<=[\r\n])[ \t]+")
_CONTEXT_CHARACTERS = 320
_LONGEST_NAME = 120
"""In characters, of a title or of a place in a document."""

_FIRST_QUOTATIONS = 2
"""What stands in the place of an answer until a model writes it."""


def escaped(text: str) -> str:
    """Write any text as Markdown that shows just that text.

    Lines lose the blanks before them, which would make code of them, with these escapes in it.
    """
    html = _INDENTATION.sub("", text).replace("&", "&amp;").replace("<", "&lt;")
    return str(_MARKUP.sub(r"\\\1", html))


def show_answer(answer: Answer, wording: Wording, advice: str = "") -> str:
    """Write an answer; its marks are links to the cited sentences, which follow as they stand.

    `advice` tells in plain text what to do after a refusal.
    """
    if answer.kind is Kind.EVIDENCE:
        return _first_quotations(answer, wording)
    if answer.kind is Kind.QUOTED:
        text = escaped(answer.text.split("\n", 1)[0])
    else:
        text = _text(answer, wording)
    parts = [_label(answer, wording), _in_language(text, answer.language)]
    parts += [_quotation(citation, wording) for citation in answer.citations]
    # Counts change while an answer grows.
    below = (*(remarks(answer, wording) if answer.done else ()), *advice.splitlines())
    parts += [f"*{escaped(line)}*" for line in below if line]
    return "\n\n".join(part for part in parts if part)


def show_evidence(answer: Answer, wording: Wording) -> str:
    """Write the passages that were found, each around its key sentence."""
    heading = "evidence_nearest" if answer.refused else "evidence_found"
    parts = [f"## {escaped(wording(heading))}"]
    if answer.searched:
        searched = escaped(wording("evidence_searched", question=_line(answer.searched)))
        parts.append(f"*{searched}*")
    for item in answer.evidence:
        parts.append(_place(item, wording))
        if item.copies:
            parts.append(f"*{escaped(_copies(item, wording))}*")
        parts.append(_in_language(_context(item), item.language))
    return "\n\n".join(parts)


def source_path(citation: Citation) -> str:
    """Address the cited sentence in its document."""
    return source_link(citation, Span(citation.start, citation.end))


def _first_quotations(answer: Answer, wording: Wording) -> str:
    parts = [f"*{escaped(progress(answer, wording))}*"]
    for item in answer.evidence[:_FIRST_QUOTATIONS]:
        quote = _in_language(_block(f"“{item.quote}”"), item.language)
        parts.append(f"{quote}\n\n{_place(item, wording)}")
    return "\n\n".join(parts)


def _label(answer: Answer, wording: Wording) -> str:
    """Name the language of a reply whose quotations are in another."""
    if all(citation.language == answer.language for citation in answer.citations):
        return ""
    name = language_name(answer.language, wording.language)
    return f'<span class="label">{escaped(wording("answer_language", language=name))}</span>'


def _text(answer: Answer, wording: Wording) -> str:
    """The text with linked marks; sentences in doubt look different and say why."""
    pieces, position = [], 0
    for claim in answer.claims:
        pieces.append(_linked(answer, Span(position, claim.start)))
        pieces.append(_claim(answer, claim, wording))
        position = claim.end
    pieces.append(_linked(answer, Span(position, len(answer.text))))
    return "".join(pieces)


def _claim(answer: Answer, claim: Claim, wording: Wording) -> str:
    text = _linked(answer, Span(claim.start, claim.end))
    why = doubt(claim.support, wording)
    if not why:
        return text
    sentence = f'<span class="doubt {claim.support.value}">{text}</span>'
    return f'{sentence} <em class="why">({escaped(why)})</em>'


def _linked(answer: Answer, span: Span) -> str:
    by_number = {citation.number: citation for citation in answer.citations}
    pieces = SHOWN_MARK.split(answer.text[span.start : span.end])
    shown = []
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            shown.append(_with_quotations(piece, answer.citations))
        elif (citation := by_number.get(int(piece))) is not None:
            shown.append(_mark(citation))
        else:
            shown.append(escaped(f"[{piece}]"))
    return "".join(shown)


def _mark(citation: Citation) -> str:
    """Link a mark to its sentence, which its title quotes for whoever points at it."""
    quote = f'"{escaped(_line(citation.quote))}"'
    return f"[\\[{citation.number}\\]]({source_path(citation)} {quote})"


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


def _quotation(citation: Citation, wording: Wording) -> str:
    quote = _in_language(_block(f"“{citation.quote}”"), citation.language)
    name = language_name(citation.language, wording.language)
    link = f"[\\[{citation.number}\\] {_name(citation.title)}]({source_path(citation)})"
    return f"{quote}\n\n{_beside(link, citation.locator, name)}"


def _in_language(markdown: str, language: str) -> str:
    """Say in which language Markdown is, and which way it is written."""
    code, direction = escape(language), direction_of(language)
    return f'<div lang="{code}" dir="{direction}">\n\n{markdown}\n\n</div>' if markdown else ""


def _place(item: Evidence, wording: Wording) -> str:
    name = language_name(item.language, wording.language)
    head = f"**[{_name(item.title)}]({source_link(item, item.key)})**"
    return _beside(head, item.locator, name)


def _copies(item: Evidence, wording: Wording) -> str:
    """Name other files that say the same, and count those that are not named."""
    names = ", ".join(one_line(name, _LONGEST_NAME) for name in item.also_at)
    more = item.copies - len(item.also_at)
    if more:
        return wording.count("evidence_also_at", more, names=names)
    return wording("source_also_at", names=names)


def _beside(link: str, *places: str) -> str:
    return " · ".join((link, *(_name(place) for place in places if place)))


def _name(text: str) -> str:
    """Write a title or a place on one line; nothing in it turns what stands beside it around."""
    return escaped(one_line(text, _LONGEST_NAME))


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
    return "\n".join(f"> {escaped(line.strip())}" for line in text.splitlines())
