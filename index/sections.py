"""Sections as the text that the catalog's database keeps of them.

Knows JSON; nothing of tables.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict

from index.types import Section


def write_sections(sections: Iterable[Section]) -> str:
    """Write sections as JSON."""
    return json.dumps([asdict(section) for section in sections], ensure_ascii=False)


def read_sections(data: str) -> tuple[Section, ...]:
    """Read what `write_sections` wrote."""
    return tuple(Section(**section) for section in json.loads(data))
