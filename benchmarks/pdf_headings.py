"""How many headings that the outlines of PDFs name are found by how their lines look.

    python -m benchmarks.pdf_headings FILE...

Each file is read with its outline and without. What an outline names, and a page says, counts as a
heading; what looks like one besides may be one that the outline leaves out, and is printed.
"""

import argparse
from pathlib import Path

from index.loaders.outline_headings import outlined
from index.loaders.page_blocks import Headings, Run, text_of
from index.loaders.pdf import opened
from index.loaders.pdf_outline import outline_of
from index.loaders.pdf_page import lines_of
from index.loaders.printed_tables import without_tables
from index.loaders.reading_order import in_reading_order
from index.loaders.running_heads import without_repeats
from index.loaders.typographic_headings import set_off


def texts(headings: Headings, runs: list[list[Run]]) -> set[str]:
    """Write headings as their page and their words."""
    found = set()
    for place, heading in headings.items():
        run = runs[place.page][place.block]
        if heading.count and isinstance(run, list):
            lines = run[place.line : place.line + heading.count]
            found.add(f"p. {place.page + 1}: {text_of(lines)}")
    return found


def main() -> None:
    """Read and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="+", type=Path)
    for path in parser.parse_args().files:
        with opened(path.read_bytes()) as pdf:
            pages = [lines_of(page) for page in pdf]
            outline = outline_of(pdf, {n for n, page in enumerate(pdf) if page.get_rotation()})
        runs = [list(without_tables(in_reading_order(lines))) for lines in without_repeats(pages)]
        named = texts(outlined(runs, outline) or {}, runs)
        found = texts(set_off(runs), runs)
        print(f"{path.name}: {len(named & found)} of {len(named)}, besides {len(found - named)}")
        for text in sorted(named - found):
            print(f"  missed  {text}")
        for text in sorted(found - named):
            print(f"  besides {text}")


if __name__ == "__main__":
    main()
