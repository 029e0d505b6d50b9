"""Finds the marks in what a model writes, as it writes, and keeps only those that name a source.

Knows text and numbers; nothing of models, passages or pages.
"""

from collections.abc import Callable

import regex

Resolve = Callable[[int, str], int | None]
"""Gives a source's number and the text since the last sentence end its number to show, or None."""

_OPENING = {"[": "]", "【": "】", "［": "］"}
_LONGEST_MARK = 40
"""In characters: what opens a bracket and goes on for longer is no mark."""

SHOWN_MARK = regex.compile(r"\[(\d{1,3})\]")
"""A mark as answers have it; more digits are a number in brackets."""

# "Source" and the like, in the languages of the phrase book; any other word is the text's own.
_SOURCE = (
    "sources?|documents?|docs?|passages?|excerpts?|references?|refs?|citations?"
    "|bron(?:nen)?|documenten|dokument(?:e|en|y|er|um)?|dok|quellen?|fontes?|fonti|fuentes?"
    "|documentos?|document[oi]|surs[aăe]|źródł[oa]|zdroje?|kilde[nr]?|källa|källor|lähde|lähteet"
    "|πηγή|πηγές|έγγραφο|kaynak|belge|источники?|документы?|джерел[оа]|документи?|(?:ال)?مصدر"
    "|(?:ال)?مصادر|מקור|מקורות|स्रोत|แหล่งที่มา|แหล่ง|nguồn|来源|來源|文档|文件|资料|資料|出典|ソース|文書|출처|문서"
)
_AND = "and|en|und|et|y|e|și|i|a|og|och|ja|και|ve|и|і|та|و|ו|और|และ|và|和|与|與|及|と|및|와|과"
_PLACE = (
    "pages?|pp?|lines?|pagina|blz|bladzijden?|regels?|seiten?|zeilen?|página|pág|strana|str|sid[ae]"
    "|sivu|σελ|sayfa|стр|с"
)
_NAMED = rf"(?:(?:{_SOURCE})\.?\s*(?:(?:no|nr)\.?\s*|[#№:]\s*)?)"
_TO = r"(?:\s*(?:[-–—~～]|[至到])\s*|\s+(?:t/m|tot|to|bis|à|do|до)\s+)"
_NUMBERS = rf"\d{{1,3}}(?:{_TO}\d{{1,3}})?"
_MARK = regex.compile(
    rf"(?:\^|{_NAMED})?(?P<numbers>{_NUMBERS}(?:(?:\s*[,;，、؛،&+/]\s*(?:(?:{_AND})\s+)?"
    rf"|\s+(?:{_AND})\s+|(?:[和与與及と]|및))\s*{_NAMED}?{_NUMBERS})*)"
    rf"(?:\s*†.*|\s*[,;:]?\s*(?:{_PLACE})\.?\s*\d{{1,4}}(?:\s*[-–]\s*\d{{1,4}})?)?",
    regex.IGNORECASE,
)
_RANGE = regex.compile(rf"(\d+)(?:{_TO}(\d+))?", regex.IGNORECASE)
_SENTENCE_END = regex.compile(r"[.!?。！？؟।]+[\s\"'”’)\]]*(?=\s|$)|\n")
_MARKS_BEHIND = regex.compile(r"(?:\s*\[\d{1,3}\])* *\Z")
_LIKE_MARK = regex.compile(r"\[\d{1,3}\Z")
_OPENING_BRACKETS = "([{（［【"

_LONGEST_SENTENCE = 2000
"""In characters: of a longer one, a mark is tied to its end."""

_LONGEST_RUN = 60
"""In characters, of marks that stand side by side: each source is shown once in them."""


class MarkParser:
    """Turns a stream with marks as models write them into one with "[n]" alone.

    Understands [1], [1, 2], [1 and 2], [1-3], [1 to 3], [[1]], 【1】, ［1］, [Source 1],
    [Source 1, page 3] and [1†L5], in code too, since a number in brackets is read as a mark
    wherever it is shown.
    Other brackets stay as they are. Holds back what may yet become a mark; drops numbers that
    `resolve` does not know, and counts them. A mark before its sentence is put behind it, where it
    can be known what it is to bear out. There are `sources` sources, numbered from 1.
    """

    def __init__(self, resolve: Resolve, sources: int) -> None:
        self._resolve = resolve
        self._sources = sources
        self._held = ""
        self._early: list[int] = []
        self._sentence = 0
        self.text = ""
        self.dropped = 0

    def feed(self, piece: str) -> None:
        """Take in a piece of the stream; `text` grows by what is certain."""
        for character in piece:
            self._take(character)

    def finish(self) -> None:
        """Let out what is still held back: a stream that ended inside a bracket."""
        while self._held:
            self._let_out()
        self._place_early()

    def _take(self, character: str) -> None:
        if self._held:
            self._held += character
            self._try_mark()
        elif character in _OPENING:
            self._held = character
        else:
            if character == "\n":
                self._place_early()
            if character == "]" and _LIKE_MARK.search(self.text[-_LONGEST_MARK:]):
                # What stood between them was dropped: "[1[9]]" makes no mark.
                self.text += " "
            self.text += character

    def _try_mark(self) -> None:
        opening = self._held[0]
        depth = 2 if self._held.startswith(opening * 2) else 1
        if self._held.endswith(_OPENING[opening] * depth) and len(self._held) > 2 * depth:
            self._close(self._held[depth:-depth].strip())
        elif self._ends_otherwise(opening, depth):
            self._let_out()

    def _ends_otherwise(self, opening: str, depth: int) -> bool:
        closed_once = depth == 2 and self._held.endswith(_OPENING[opening])
        too_long = len(self._held) > _LONGEST_MARK or self._held.endswith("\n")
        nested = len(self._held) > 2 and self._held[-1] in _OPENING
        return too_long or nested or (closed_once and len(self._held) > _LONGEST_MARK)

    def _close(self, inside: str) -> None:
        match = _MARK.fullmatch(inside)
        numbers = self._numbers(match["numbers"]) if match else []
        if not numbers:
            self._let_out()
            return
        self._held = ""
        if self._claim():
            self._place_early()
            self._show(numbers)
        else:
            self._early += numbers

    def _numbers(self, listed: str) -> list[int]:
        """Read numbers and ranges; none where a range names no source, such as hours."""
        numbers: list[int] = []
        for first, last in _RANGE.findall(listed):
            if not last:
                numbers.append(int(first))
            elif not 1 <= int(first) <= min(int(last), self._sources):
                return []
            else:
                # The one that is too many is counted as a mark that names no source.
                numbers += range(int(first), min(int(last), self._sources + 1) + 1)
        return numbers

    def _place_early(self) -> None:
        """Put marks that came before their sentence behind it."""
        numbers, self._early = self._early, []
        if numbers:
            self._show(numbers)

    def _show(self, numbers: list[int]) -> None:
        claim = self._claim()
        for number in numbers:
            shown = self._resolve(number, claim)
            if shown is None:
                self.dropped += 1
            elif not self._just_shown(shown):
                gap = " " if self.text and not self.text[-1].isspace() else ""
                gap = "" if self.text.endswith(("]", *_OPENING_BRACKETS)) else gap
                self.text += f"{gap}[{shown}]"

    def _claim(self) -> str:
        """The sentence that a mark at the end of the text belongs to."""
        self._sentence = max(self._sentence, len(self.text) - _LONGEST_SENTENCE)
        text = self.text[self._sentence :]
        text = text[: _MARKS_BEHIND.search(text).start()]  # type: ignore[union-attr]
        ends = [match.end() for match in _SENTENCE_END.finditer(text)]
        closed = [end for end in ends if end < len(text) or text.endswith("\n")]
        if closed:
            # No later mark belongs to what stands before it.
            self._sentence += closed[-1]
        return without_marks(text[closed[-1] if closed else 0 :]).strip()

    def _just_shown(self, number: int) -> bool:
        tail = regex.search(r"(?:\[\d{1,3}\])+\Z", self.text[-_LONGEST_RUN:])
        return tail is not None and f"[{number}]" in tail.group()

    def _let_out(self) -> None:
        """Give up on a mark at the first bracket held; there may be one behind it."""
        held, self._held = self._held, ""
        self.text += held[:1]
        for character in held[1:]:
            self._take(character)


def without_marks(text: str) -> str:
    """Take the marks "[n]" out of a text, with the blanks before them."""
    cleaned: str = regex.sub(rf"\s*{SHOWN_MARK.pattern}", "", text)
    return cleaned


def marks(text: str) -> tuple[int, ...]:
    """List the numbers of the marks "[n]" in a text, each once, in order of appearance."""
    return tuple(dict.fromkeys(int(number) for number in SHOWN_MARK.findall(text)))
