"""A small part of the hostile files of the benchmark: each ends in text, or in an error's cause."""

from pathlib import Path

import pytest

from benchmarks.hostile_files import crafted, damaged, docx, many_pages
from benchmarks.ingest_fuzz import ending_of, endings
from index.errors import UnreadableFile
from index.loaders import LOADERS
from index.parser_pool import outcomes
from index.reading import ParserLimits, Reading
from index.types import Document, Parsed
from tests.fakes import DETECTOR

SEEDS = sorted((Path(__file__).parent.parent / "seeds" / "documents").iterdir())


def reading(**limits):
    known = {"seconds": 30.0, "most_memory": 600_000_000, "at_once": 1, **limits}
    return Reading(LOADERS, DETECTOR, 10**9, ParserLimits(**known))


def test_damaged_and_hostile_files_end_in_text_or_in_a_cause(tmp_path):
    files = [*damaged(SEEDS, 1, seed=1), *crafted(100_000), many_pages(30)]
    ended = list(endings(files, reading(), tmp_path))
    assert len(ended) == len(files) > 100
    assert [item for item in ended if item.end not in ("text", "error")] == []
    assert {item.end for item in ended} == {"text", "error"}
    pages = ended[-1]
    assert (pages.kind, pages.end) == ("pdf of many pages", "text")


def test_no_file_is_read_that_another_one_names(tmp_path):
    for number, file in enumerate(crafted(10_000)):
        if file.kind == "external entity":
            (tmp_path / f"{number}{file.suffix}").write_bytes(file.content)
    found = dict(outcomes(reading(), sorted(tmp_path.iterdir())))
    assert len(found) == 3
    assert not any(
        "root:" in getattr(outcome, "document", Document("", "")).text for outcome in found.values()
    )


def test_a_file_that_takes_too_much_memory_names_that_and_not_damage(tmp_path):
    bomb = tmp_path / "a.docx"
    text = b"<w:p><w:r><w:t>" + b"a b. " * 15_000_000 + b"</w:t></w:r></w:p>"
    bomb.write_bytes(docx(text))
    ((_, outcome),) = outcomes(reading(most_memory=150_000_000), [bomb])
    assert ending_of(outcome)[0] == "limit" and "parser_memory_mb" in str(outcome)


@pytest.mark.parametrize(
    ("outcome", "end"),
    [
        (UnreadableFile("The reader crashed (SIGSEGV); the file may be damaged"), "crash"),
        (UnreadableFile("The reader failed (KeyError: 1); the file may be damaged"), "failure"),
        (UnreadableFile("It took longer than 3 seconds: the setting parser_seconds"), "limit"),
        (UnreadableFile("The PDF needs a password"), "error"),
        (UnreadableFile(""), "no cause"),
        (Parsed(Document("t", " "), (), "nl", "p"), "no cause"),
    ],
)
def test_each_ending_is_told_apart(outcome, end):
    assert ending_of(outcome)[0] == end
