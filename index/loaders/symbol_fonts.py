"""Fonts whose letters are drawn as signs, such as the ticked boxes of Wingdings.

Knows which sign stands for which code; nothing of documents.
"""

from unicodedata import category

_PRIVATE = 0xF000
"""Where Word puts the codes of such a font, which are one byte each."""

_SIGNS = {
    "wingdings": {
        **dict(zip(b"nopqrx", "■□□❑❒☒", strict=True)),
        **{0x9F: "•", 0xA7: "▪", 0xA8: "☐", 0xD8: "➢", 0xDF: "←", 0xE0: "→", 0xF0: "⇨"},
        **{0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑"},
    },
    "wingdings 2": {**dict(zip(b"OPQRST", "✗✓☒☑☒☒", strict=True)), 0xA3: "☐"},
    "symbol": {
        **dict(zip(b"abgdepmsDSW", "αβγδεπμσΔΣΩ", strict=True)),
        **{0xA3: "≤", 0xAE: "→", 0xB0: "°", 0xB1: "±", 0xB3: "≥", 0xB4: "×", 0xB7: "•"},
    },
}


def sign(font: str, code: str) -> str:
    """Return what a font draws for a code in hexadecimal; "\ufffd" where that is not known."""
    try:
        number = int(code, 16)
    except ValueError:
        return "\ufffd"
    signs = _SIGNS.get(font.strip().lower())
    if signs is not None:
        return signs.get(number & 0xFF, "\ufffd")
    is_drawn = 0 <= number < _PRIVATE and category(chr(number)) not in ("Cc", "Cn", "Co", "Cs")
    return chr(number) if is_drawn else "\ufffd"
