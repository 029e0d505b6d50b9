"""The names and values of Word's markup.

Knows namespaces and attributes; nothing of what an element means.
"""

from lxml import etree

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"
COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"


def w(path: str) -> str:
    """Write the element path "a/b" with Word's namespace."""
    return "/".join(f"{{{WORD}}}{name}" for name in path.split("/"))


_VALUE = w("val")


def value_of(element: etree._Element | None, path: str) -> str | None:
    """Return the value of an element below another: "" if it states none, None if there is none."""
    found = None if element is None else element.find(w(path))
    return None if found is None else found.get(_VALUE, "")


def number_of(element: etree._Element | None, path: str) -> int | None:
    """Return the value of an element below another as a number, None if it is not one."""
    value = value_of(element, path) or ""
    return int(value) if value.isdecimal() and len(value) < 10 else None


def is_on(element: etree._Element | None, path: str) -> bool:
    """Say whether a switch below an element is there and not turned off."""
    return value_of(element, path) not in (None, "0", "false", "off")
