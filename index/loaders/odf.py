"""The names of OpenDocument's markup.

Knows namespaces; nothing of what an element means.
"""

from lxml import etree

_NAMESPACES = {
    prefix: f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"
    for prefix, name in {
        "office": "office",
        "text": "text",
        "table": "table",
        "draw": "drawing",
        "style": "style",
        "presentation": "presentation",
        "svg": "svg-compatible",
        "form": "form",
    }.items()
}


def odf(path: str) -> str:
    """Write the path or name "text:p/text:span" with namespaces in place of prefixes."""
    names = (name.split(":") for name in path.split("/"))
    return "/".join(f"{{{_NAMESPACES[prefix]}}}{name}" for prefix, name in names)


def text_of(element: etree._Element) -> str:
    """Return all text below an element."""
    return "".join(map(str, element.itertext()))


def count_of(element: etree._Element, name: str) -> int:
    """Return an attribute that counts from 1, such as "text:level"; 1 where there is none."""
    text = element.get(odf(name), "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 10 else 1
