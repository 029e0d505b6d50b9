"""Text in shapes, tables, charts and diagrams, as Word, Excel and PowerPoint share them.

Knows the drawing markup of Office; nothing of slides, sheets or documents.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from index.loaders.tables import Cell, Grid

DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
DIAGRAM = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
_MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"

_MOST_VALUES = 20_000
"""Of a chart: what has more is a curve, whose points no reader would look up."""

_WIDEST_SPAN = 500
_HIGHEST_SPAN = 65_536
_DEEPEST = 8


def a(path: str) -> str:
    """Write the element path "a/b" with the namespace of drawings."""
    return "/".join(f"{{{DRAWING}}}{name}" for name in path.split("/"))


def c(path: str) -> str:
    """Write the element path "a/b" with the namespace of charts."""
    return "/".join(f"{{{_CHART}}}{name}" for name in path.split("/"))


_TEXT = frozenset({a("t"), f"{{{_MATH}}}t"})


@dataclass(frozen=True, slots=True)
class ShapeParagraph:
    """A paragraph of a shape; `bullet` is "", "•" or "1." where it has one of its own."""

    text: str
    level: int
    bullet: str


def shape_paragraphs(body: etree._Element) -> Iterator[ShapeParagraph]:
    """Read the paragraphs of a shape; bullets that a master slide adds are not among them."""
    number = 0
    for paragraph in body.iter(a("p")):
        properties = paragraph.find(a("pPr"))
        level, bullet = 0, ""
        if properties is not None:
            level = _whole(properties.get("lvl"), 0, _DEEPEST)
            if properties.find(a("buAutoNum")) is not None:
                number += 1
                bullet = f"{number}."
            elif properties.find(a("buChar")) is not None:
                bullet = "•"
        if not bullet.endswith("."):
            number = 0
        text = paragraph_text(paragraph)
        if text.strip():
            yield ShapeParagraph(text, level, bullet)


def paragraph_text(paragraph: etree._Element) -> str:
    """Join the text of a paragraph's runs."""
    parts = []
    for element in paragraph.iter():
        if element.tag in _TEXT:
            parts.append(element.text or "")
        elif element.tag == a("br"):
            parts.append("\n")
        elif element.tag == a("tab"):
            parts.append("\t")
    return "".join(parts)


def table_grid(table: etree._Element) -> Grid:
    """Read a table of a slide."""
    grid = Grid()
    properties = table.find(a("tblPr"))
    names = properties is not None and properties.get("firstRow") in ("1", "true")
    for row in table.iterfind(a("tr")):
        grid.begin_row()
        for cell in row.iterfind(a("tc")):
            if "1" in (cell.get("hMerge"), cell.get("vMerge")):
                continue
            text = " ".join(each.text for each in shape_paragraphs(cell))
            columns = _whole(cell.get("gridSpan"), 1, _WIDEST_SPAN)
            rows = _whole(cell.get("rowSpan"), 1, _HIGHEST_SPAN)
            grid.add(Cell(text, is_name=names and len(grid.rows) == 1), columns, rows)
    return grid


def diagram_texts(data: etree._Element) -> Iterator[str]:
    """Read what the shapes of a diagram say, in the order of its data."""
    for point in data.iter(f"{{{DIAGRAM}}}pt"):
        text = " ".join(each.text for each in shape_paragraphs(point))
        if text.strip():
            yield text


def chart_title(chart: etree._Element) -> str:
    """Return the title of a chart, or an empty string."""
    title = chart.find(c("chart/title"))
    if title is None:
        return ""
    return " ".join(paragraph_text(paragraph) for paragraph in title.iter(a("p"))).strip()


def chart_grid(chart: etree._Element) -> Grid:
    """Make a table of a chart's values: a row for each category, a column for each series.

    It is empty where a chart stores no values, or more than anybody would look up.
    """
    series = list(chart.iter(c("ser")))
    names = [" ".join(_values(each.find(c("tx"))).values()) for each in series]
    points = [_values(_first(each, "val", "yVal")) for each in series]
    categories = next(
        (found for each in series if (found := _values(_first(each, "cat", "xVal")))), {}
    )
    grid = Grid()
    places = sorted({place for values in points for place in values} | categories.keys())
    if not places or len(places) * len(series) > _MOST_VALUES:
        return grid
    grid.begin_row()
    for name in ("", *names):
        grid.add(Cell(name, is_name=True))
    for place in places:
        grid.begin_row()
        grid.add(Cell(categories.get(place, "")))
        for values in points:
            grid.add(Cell(values.get(place, "")))
    return grid


def _first(element: etree._Element, *names: str) -> etree._Element | None:
    found = (element.find(c(name)) for name in names)
    return next((each for each in found if each is not None), None)


def _values(element: etree._Element | None) -> dict[int, str]:
    """Read the stored values of a part of a chart by their place."""
    if element is None:
        return {}
    direct = element.find(c("v"))
    if direct is not None:
        return {0: direct.text or ""}
    return {
        _whole(point.get("idx"), 0, _MOST_VALUES): " ".join(
            v.text or "" for v in point.iter(c("v"))
        )
        for point in element.iter(c("pt"))
    }


def _whole(text: str | None, otherwise: int, most: int) -> int:
    return min(int(text), most) if text and text.isdecimal() and len(text) < 10 else otherwise
