"""What is left out of a text before offsets into it are fixed, and which characters stand for it.

Knows characters and lines; nothing of file formats, words or paragraphs that must be joined.
"""

import regex

_LINE_END = regex.compile("\r\n?|[\v\x85\u2028]")
_PARAGRAPH_END = regex.compile("[\f\u2029]")

# Control characters but \t and \n; the soft hyphen; byte order marks, also of the wrong order;
# U+FFFF, which C programs write where they mean "no character".
_INVISIBLE = regex.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\ufeff\ufffe\uffff]")

_SURROGATE = regex.compile("[\ud800-\udfff]")
_BLANK_LINES = regex.compile("\n{3,}")


def clean(text: str) -> str:
    r"""Return the text with "\n" line ends and without what nobody can see.

    Runs of blank lines become one; lines lose the blanks at their end, the text those lines
    that are blank at either end. Every other character stays as it is. Cleaning clean text
    changes nothing.
    """
    if text.isprintable():  # most text that is one line, such as a cell: all that follows is costly
        return text.rstrip()
    text = _PARAGRAPH_END.sub("\n\n", _LINE_END.sub("\n", text))
    text = _without_surrogates(_INVISIBLE.sub("", text))
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", lines).strip("\n")


def one_line(text: str) -> str:
    """Return the cleaned text with every run of white space turned into one blank."""
    return " ".join(clean(text).split())


def _without_surrogates(text: str) -> str:
    """Join the halves of a character that came apart; U+FFFD stands for a half left alone."""
    if not _SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
