"""A sync that is killed without warning, at any moment, is finished by the next one."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes import WordEmbedder, open_corpus

CHILD = """
import sys
from pathlib import Path
from tests.fakes import WordEmbedder, open_corpus
with open_corpus(Path(sys.argv[1]), WordEmbedder(pause=0.005)) as corpus:
    for report in corpus.sync([Path(sys.argv[2])]):
        print(report.stage, flush=True)
"""


def kill_after(reports, data, texts):
    """Start a sync in a process of its own and kill it after so many reports of progress."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(data), str(texts)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent,
    )
    for _ in range(reports):
        if not child.stdout.readline():
            break
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()


@pytest.mark.parametrize("reports", [2, 41, 60, 82, 86, 100])
def test_a_killed_sync_is_finished_by_the_next(tmp_path, reports):
    data, texts = tmp_path / "data", tmp_path / "texts"
    texts.mkdir()
    for number in range(40):
        text = " ".join(f"Zin {n} van document {number} over dier {number * n}." for n in range(40))
        (texts / f"{number}.txt").write_text(text, encoding="utf-8")
    kill_after(reports, data, texts)
    (texts / "3.txt").write_text("Nu staat hier iets over olifanten.", encoding="utf-8")
    (texts / "4.txt").unlink()
    kill_after(reports, data, texts)
    with open_corpus(data, WordEmbedder()) as corpus:
        *_, report = corpus.sync([texts])
        stores = corpus._stores
        ready = stores.generation.ready_ids()
        assert len(corpus.documents()) == 39
        assert stores.vectors.ids() == stores.terms.ids() == ready
        assert stores.generation.passage_ids(d.id for d in corpus.documents()) == sorted(ready)
        assert corpus.probe(10_000) == (len(ready), len(ready))
        texts_found = [item.stored.passage.text for item in stores.generation.ready(ready)]
        assert len(set(texts_found)) == len(texts_found)
        assert corpus.search("olifanten")[0].stored.title == "3"
        totals = stores.generation.languages().values()
        assert sum(entry.passages for entry in totals) == len(ready)
