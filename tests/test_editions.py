"""A loader that makes something else of the same file has another edition."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import pytest

from index.loaders import EDITIONS, LOADERS, load

SAMPLES = Path(__file__).parent.parent / "seeds" / "documents"
RECORDED = json.loads((Path(__file__).parent / "editions.json").read_text(encoding="utf-8"))
"""By loader: its edition, and a digest of what it makes of the samples."""


def output(loader):
    """Digest all documents that a loader makes of the samples."""
    files = sorted(file for file in SAMPLES.iterdir() if LOADERS.get(file.suffix) is loader)
    assert files, f"there is no sample of {loader.__name__} in seeds/documents"
    documents = json.dumps([asdict(load(file)) for file in files], ensure_ascii=False)
    return hashlib.sha256(documents.encode()).hexdigest()[:16]


def test_every_loader_has_an_edition():
    assert set(EDITIONS) == set(LOADERS.values())
    assert set(RECORDED) == {loader.__name__ for loader in EDITIONS}


@pytest.mark.parametrize("loader", EDITIONS, ids=lambda loader: loader.__name__)
def test_another_output_is_another_edition(loader):
    found = [EDITIONS[loader], output(loader)]
    assert found == RECORDED[loader.__name__], (
        f"{loader.__name__} makes something else of the samples, or has another edition. Raise its "
        "number in EDITIONS unless that was done since the last release, and write what was found "
        "to tests/editions.json."
    )
