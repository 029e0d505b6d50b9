"""The names in a sentence, and which of them a text does not have.

Knows texts in any script; nothing of sources, similarity or verdicts.
"""

import unicodedata
from collections.abc import Iterator

import regex

_NOUNS_CAPITALISED = frozenset({"de", "lb"})
"""Languages in which a capital letter does not tell a name."""

_GERMAN_STARTS = frozenset(
    "die der das den dem des ein eine einen einem einer eines diese dieser dieses diesen diesem "
    "jede jeder jedes alle viele einige keine kein mehrere beide solche welche seine ihre unsere "
    "nach seit vor mit bei für durch ohne gegen zwischen unter über auf aus von zur zum "
    "laut".split()
)
"""Words that begin a sentence before a noun; a capital on both is then no name."""

_CASED = r"[\p{Lu}\p{Ll}\p{Lt}\p{M}\p{N}]"
_WORD = regex.compile(rf"{_CASED}+(?:-{_CASED}+)*")
_SENTENCE_START = regex.compile(r"(?:^|[.!?:;…])[\s\"'“”„«»‘’(\[*_]*$")
_SCRIPTS = [regex.compile(rf"\p{{{name}}}") for name in ("Latin", "Cyrillic", "Greek", "Armenian")]
_LONGEST_SAMPLE = 400

_SHORTEST_START = 4
"""In letters: what begins a sentence and is shorter is an article, even before a name."""

_STEM = 4
"""In letters: as many of a name must be found, all but its last two if it is longer."""


def missing_names(claim: str, language: str, text: str) -> float:
    """Give the share (0 to 1) of a claim's names that a text, `folded`, does not have.

    Names in a script that the text is not in are left out: it would spell them otherwise.
    """
    names = [name for name in names_in(claim, language) if _same_script(name, text)]
    return sum(not _is_there(name, text) for name in names) / len(names) if names else 0.0


def names_in(claim: str, language: str) -> Iterator[str]:
    """Find the words that name somebody or something, by their capital letters.

    A word with several capitals is one. At the start of a sentence, and anywhere in German, a
    capital tells nothing by itself, only beside another. A script without case has no names
    that could be told, but for those in another; neither has a sentence all in capitals.
    """
    if not regex.search(r"[\p{Ll}\p{Lo}]", claim):
        return
    words = list(_WORD.finditer(claim))
    for place, word in enumerate(words):
        text = word.group()
        if len(regex.findall(r"\p{Lu}", text)) > 1:
            yield text
        elif _is_capitalised(text):
            after = _adjoin(claim, words[place : place + 2])
            before = place > 0 and _adjoin(claim, words[place - 1 : place + 1])
            if _SENTENCE_START.search(claim[: word.start()]):
                told = after and len(text) >= _SHORTEST_START
            else:
                told = language not in _NOUNS_CAPITALISED or before or after
            if told:
                yield text


def folded(text: str) -> str:
    """Fold case, accents and white space away."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(plain.split())


def _is_capitalised(word: str) -> bool:
    return regex.match(r"\p{Lu}\P{Lu}", word) is not None


def _adjoin(claim: str, words: list[regex.Match[str]]) -> bool:
    """Say whether two words with capitals stand beside each other."""
    if len(words) < 2:
        return False
    if words[0].group().casefold() in _GERMAN_STARTS:
        return False
    capitals = all(regex.match(r"\p{Lu}", word.group()) for word in words)
    return capitals and claim[words[0].end() : words[1].start()] == " "


def _same_script(name: str, text: str) -> bool:
    letters = regex.findall(r"\p{L}", text[:_LONGEST_SAMPLE])
    script = next((script for script in _SCRIPTS if script.match(name)), None)
    if script is None:
        return False
    return 2 * sum(script.match(letter) is not None for letter in letters) > len(letters)


def _is_there(name: str, text: str) -> bool:
    stem = folded(name)
    return stem[: max(_STEM, len(stem) - 2)] in text
