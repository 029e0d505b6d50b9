"""Takes links, images and HTML out of what a model writes, as it writes, but for known addresses.

Knows text alone; nothing of sources, marks or pages. Whoever shows the text as Markdown or HTML, or
makes links of the addresses in it, then offers no link that no document offers.
"""

from collections.abc import Callable, Iterable

import regex

Holds = Callable[[str], bool]
"""Says whether a source holds an address."""

_GONE = "…"
"""Stands where an address was."""

_LONGEST_HELD = 600
"""In characters: a bracket that is open for longer is broken, and let out."""

# They hide an address from a pattern and from a reader, not from a browser. Joiners, and marks of
# direction, are at home between letters of scripts that need them.
_INVISIBLE = regex.compile(
    r"[\u00ad\u180e\u200b\u2060-\u2064\ufeff\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]"
    r"|(?<=[!-~])[\u200c-\u200f]+|[\u200c-\u200f]+(?=[!-~])"
)
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    ord(wide): ord(narrow) for wide, narrow in zip("【】〔〕〈〉", "[][]<>", strict=True)
}

_TEXT = r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]"
_INSIDE = r"(?:[^()]|\((?:[^()]|\([^()]*\))*\))*"
_TARGET = rf"\(({_INSIDE})\)"
_COLON = r"(?:\\?:|\[:\]|\(:\)|&colon;|&\#0*58;|&\#x0*3a;)"
_DOT = r"(?:\.|\[\.\]|\(\.\))"
_LABEL = r"[\p{Latin}\p{Cyrillic}\p{Greek}\p{Nd}_-]{1,63}"
_HOST = rf"{_LABEL}(?:{_DOT}{_LABEL})*{_DOT}[a-z][a-z0-9-]{{1,62}}"
# ASCII but for blanks, quotes and what encloses an address.
_REST = r"[!\#-;=?-\]_a-z|~]*"

_IMAGE = regex.compile(rf"!{_TEXT}{_TARGET}")
_LINK = regex.compile(rf"{_TEXT}{_TARGET}")
_TAG = regex.compile(r"<[/!?]?\p{L}[^<>]*>|<!--[^<>]*>")
_ADDRESS = regex.compile(
    rf"""\p{{L}}[\w+.-]{{0,30}}{_COLON}[/\\]{{1,3}}[\w\[]{_REST}          # any scheme and host
    | (?:javascript|vbscript|mailto|blob|view-source){_COLON}(?=\S){_REST}
    | data{_COLON}(?:[a-z]+/[a-z]|[^\s,]*,){_REST}
    | (?<![\w/:.\\])(?://|\\\\){_HOST}{_REST}
    | (?<!\w)www{_DOT}{_REST}
    | [\w.+-]{{1,64}}@{_HOST}
    | (?<![\w@/.-])(?:{_HOST}|\d+(?:\.\d+){{3}})(?::\d+)?[/?]{_REST}""",
    regex.VERBOSE | regex.IGNORECASE,
)
_NAMED_HOST = regex.compile(_HOST, regex.IGNORECASE)
_OTHER_SCHEME = regex.compile(r"^\p{L}[\w+.-]*:(?!\d)")
_SCHEME = regex.compile(r"^(?:https?://|mailto:)")

_UNCLOSED = (
    r"(?:\[(?:[^\[\]]|\[[^\[\]]*\])*(?:\[[^\[\]]*)?\Z"
    rf"|{_TEXT}\({_INSIDE}(?:\([^()]*)?\Z"
    r"|<[/!?]?\p{L}[^<>]*\Z)"
)
_WHOLE = rf"(?:{_TEXT}(?>{_TARGET})?|<[/!?]?\p{{L}}[^<>]*>|\S)"
_OPEN = regex.compile(rf"(?=[!-~])(?>(?!{_UNCLOSED}){_WHOLE})*+{_UNCLOSED}?\Z")
"""The last word, with the brackets in it, whatever blanks these hold."""

_TARGET_BEGINS = regex.compile(r"\](?=\()|^ {0,3}\[[^\]\n]+\](?=:)", regex.MULTILINE)
_BRACKETS = regex.compile(r"[!\[<！［【〔＜〈]")
_TAG_LEFT_OPEN = regex.compile(r"<(?:[/!?]?\p{L}[^<>]*|[/!?])?\Z")
_TAG_BEGINS = regex.compile(r"<(?=[/!?]|\p{L})")


class LinkFilter:
    """Lets a stream of text through without links, images and tags; `text` grows.

    Of a link its text stays, and the address where a source holds it; images and tags go whole.
    Marks "[n]" stay. What may yet become any of these is held back. `links` and `markup` count
    what went: addresses, and images and tags.
    """

    def __init__(self, holds: Holds) -> None:
        self._holds = holds
        self._held = ""
        self.text = ""
        self.links = 0
        self.markup = 0

    def feed(self, piece: str) -> None:
        """Take in a piece of the stream."""
        goes_on = bool(self._held) and not regex.search(r"\s", piece)
        self._held += piece
        # What is held is one word; without a blank, the piece belongs to it.
        while not goes_on and (end := self._settled()) > 0:
            self._release(end)
        self._break_up()

    def finish(self) -> None:
        """Let out what is still held back."""
        self._release(len(self._held))

    def _settled(self) -> int:
        narrow = _narrow(self._held)
        open_end = _OPEN.search(narrow)
        end = open_end.start() if open_end else len(self._held)
        # A bracket that is still open may lie inside of a tag.
        tag = _TAG_LEFT_OPEN.search(narrow, endpos=end)
        return tag.start() if tag else end

    def _release(self, end: int) -> None:
        self.text += self._cleaned(self._held[:end])
        self._held = self._held[end:]

    def _break_up(self) -> None:
        while len(self._held) > _LONGEST_HELD and _BRACKETS.match(self._held):
            self.text += f"{self._held[0]} "
            self._held = self._held[1:]
            self._release(self._settled())

    def _cleaned(self, text: str) -> str:
        """Clean until nothing changes: what stood apart may become an address when tags go."""
        before = None
        while before != text:
            before = text
            text = _INVISIBLE.sub("", text)
            text = _replaced(_IMAGE, text, self._drop)
            text = _replaced(_TAG, text, self._untagged)
            text = _replaced(_LINK, text, self._unlinked)
            text = _replaced(_ADDRESS, text, self._addressed)
        return inert(text)

    def _drop(self, whole: str, *_: str) -> str:
        self.markup += 1
        return "".join(regex.findall(r"\[\d+\]", whole))

    def _untagged(self, whole: str) -> str:
        inside = whole[1:-1]
        return inside if _ADDRESS.fullmatch(_narrow(inside)) else self._drop(whole)

    def _unlinked(self, whole: str, text: str, target: str) -> str:
        if " " in target and not regex.search(r"[/:\\<&%#.]", _narrow(target)):
            return f"[{text}] ({target})"
        address = (target.split() or [""])[0].strip("<>")
        shown = f"[{text}]" if text.isdigit() else text
        if self._holds(address):
            return shown if address in text else f"{shown} ({address})"
        self.links += 1
        return shown

    def _addressed(self, whole: str) -> str:
        address = _trimmed(whole)
        if self._holds(address):
            return whole
        self.links += 1
        return _GONE + whole[len(address) :]


def inert(text: str) -> str:
    """Part what would begin a link's target or a tag, so that no Markdown or HTML comes of it."""
    text = _TARGET_BEGINS.sub(lambda match: f"{match[0]} ", text)
    return str(_TAG_BEGINS.sub("< ", text))


def addresses(texts: Iterable[str]) -> Holds:
    """Remember the addresses in some texts, to tell whether one of them is the same.

    Only addresses of pages and of mail are: no document may offer a script.
    """
    known = set()
    for text in texts:
        narrow = _narrow(_INVISIBLE.sub("", text))
        found = _ADDRESS.findall(narrow) + _NAMED_HOST.findall(_ADDRESS.sub(" ", narrow))
        known |= {_plain(_trimmed(address)) for address in found}
    known = {address for address in known if not _OTHER_SCHEME.match(address)}
    return lambda address: _plain(_narrow(address)) in known


def _plain(address: str) -> str:
    """Leave out what makes no difference to where an address leads."""
    return str(_SCHEME.sub("", address.casefold())).rstrip("/")


def _trimmed(address: str) -> str:
    """Leave out what ends the sentence or closes the bracket around an address."""
    while address and (
        address[-1] in ".,;:!?'*_|~\\"
        or (address[-1] == ")" and address.count(")") > address.count("("))
        or (address[-1] == "]" and address.count("]") > address.count("["))
    ):
        address = address[:-1]
    return address


def _narrow(text: str) -> str:
    """Give full-width characters their ASCII form, one for one."""
    return text.translate(_NARROW)


def _replaced(pattern: regex.Pattern[str], text: str, replacement: Callable[..., str]) -> str:
    """Replace matches in the narrow form of a text by what is made of the text there."""
    pieces, position = [], 0
    for match in pattern.finditer(_narrow(text)):
        groups = [text[start:end] for start, end in match.regs]
        pieces += [text[position : match.start()], replacement(*groups)]
        position = match.end()
    return "".join([*pieces, text[position:]])
