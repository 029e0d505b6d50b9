"""Charts and diagrams, which documents and slides refer to and which lie in parts of their own.

Knows the references; what is drawn is the drawing reader's business.
"""

from collections.abc import Mapping

from lxml import etree

from index.loaders.cleaning import one_line
from index.loaders.drawing import DIAGRAM, c, chart_grid, chart_title, diagram_texts
from index.loaders.manuscript import Manuscript
from index.loaders.office_package import OfficePackage

_CHART = c("chart")
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_REFERENCES = {_CHART: f"{{{_RELATIONS}}}id", f"{{{DIAGRAM}}}relIds": f"{{{_RELATIONS}}}dm"}

DRAWN = frozenset(_REFERENCES)
"""The elements that refer to charts and diagrams."""


def write_drawn(
    reference: etree._Element,
    parts: Mapping[str, str],
    package: OfficePackage,
    manuscript: Manuscript,
) -> None:
    """Write what a reference draws; `parts` has the names of parts by the relation's number.

    Raises UnreadableFile.
    """
    drawn = package.part(parts.get(reference.get(_REFERENCES[str(reference.tag)], ""), ""))
    if drawn is None:
        return
    if reference.tag == _CHART:
        title = one_line(chart_title(drawn))
        manuscript.add(title)
        grid = chart_grid(drawn)
        manuscript.add_table(grid.rows)
        if not grid.rows:
            shown = title or "no title"
            manuscript.warn(f"A chart without values, or with too many to read: {shown}")
    else:
        for number, text in enumerate(diagram_texts(drawn)):
            manuscript.add(f"• {one_line(text)}", tight=number > 0)
