"""The process of the fast engine: how it starts, fails, is killed, and ends with its owner."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from index.embedding import BundledEmbedder
from index.embedding_process import EmbeddingProcess, EngineUnavailable
from index.errors import EmbedderUnavailable
from index.types import Passage, Span
from tests.fakes import open_corpus

ROOT = Path(__file__).parent.parent
OWNER = """
import signal
import sys
from pathlib import Path
from index.embedding import BundledEmbedder
from tests.fakes import open_corpus
# A shell's background jobs ignore Ctrl-C, and what they start inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)
if __name__ == "__main__":
    with open_corpus(Path(sys.argv[1]), BundledEmbedder()) as corpus:
        for report in corpus.sync([Path(sys.argv[2])]):
            print(report.embedded, flush=True)
"""


def passages(count):
    texts = [f"Zaal {number} is open." for number in range(count)]
    return [Passage(0, len(text), text, (Span(0, len(text)),)) for text in texts]


def write_texts(folder, count=200):
    folder.mkdir()
    for number in range(count):
        text = f"Zaal {number} is open. Er staan {number * 7} stoelen in zaal {number}."
        (folder / f"{number}.txt").write_text(text, encoding="utf-8")
    return folder


def children():
    """Number the embedding processes that this process has started."""
    lists = [(task / "children").read_text() for task in Path("/proc/self/task").iterdir()]
    numbers = [int(number) for numbers in lists for number in numbers.split()]
    return [n for n in numbers if b"embedding_process" in Path(f"/proc/{n}/cmdline").read_bytes()]


def test_lists_come_back_in_order_and_the_process_ends():
    with EmbeddingProcess(1) as process:
        lists = [[f"zaal {a} {b}" for b in range(3 + a)] for a in range(5)]
        results = list(process.embed(lists))
        alone = [next(process.embed([texts])) for texts in lists]
    assert [len(rows) for rows in results] == [3, 4, 5, 6, 7]
    for some, others in zip(results, alone, strict=True):
        assert np.allclose(some, others, atol=0.01)
    assert children() == []


def test_whoever_asks_meanwhile_goes_first():
    with EmbeddingProcess(1) as process:
        next(process.embed([["zaal"]]))
        (child,) = children()
        assert os.getpriority(os.PRIO_PROCESS, child) > os.getpriority(os.PRIO_PROCESS, 0)


def test_an_engine_that_does_not_start_says_why():
    with pytest.raises(EngineUnavailable, match="nonsense"):
        EmbeddingProcess(1, "nonsense").start()
    assert children() == []


def test_without_the_engine_the_vectors_are_the_same_and_the_reason_is_told():
    embedder = BundledEmbedder(precision="nonsense")
    made = list(chain.from_iterable(embedder.embed_passages(passages(20))))
    assert len(made) == 20
    assert "nonsense" in embedder.hindrance


def test_an_engine_with_other_vectors_is_not_used(monkeypatch):
    monkeypatch.setattr("index.embedding._LEAST_AGREEMENT", 1.1)
    embedder = BundledEmbedder()
    assert len(list(chain.from_iterable(embedder.embed_passages(passages(12))))) == 12
    assert "differ" in embedder.hindrance


def test_a_sync_without_the_engine_notes_it(tmp_path):
    with open_corpus(tmp_path / "data", BundledEmbedder(precision="nonsense")) as corpus:
        *_, report = corpus.sync([write_texts(tmp_path / "texts", 15)])
    assert any("without the fast engine" in note for note in report.notes)


def test_a_killed_process_is_told_and_nothing_is_lost(tmp_path):
    texts = write_texts(tmp_path / "texts")
    with open_corpus(tmp_path / "data", BundledEmbedder()) as corpus:
        steps = corpus.sync([texts])
        before = next(report.embedded for report in steps if report.embedded)
        (child,) = children()
        os.kill(child, signal.SIGKILL)
        with pytest.raises(EmbedderUnavailable, match=r"-9.*sync.*fast_embedding"):
            for report in steps:
                before = report.embedded
        assert children() == []
        *_, report = corpus.sync()
        assert report.embedded == 200 - before > 0
        assert len(corpus.documents()) == 200
        assert corpus.probe(1000) == (200, 200)


def test_an_abandoned_sync_ends_the_process(tmp_path):
    texts = write_texts(tmp_path / "texts")
    with open_corpus(tmp_path / "data", BundledEmbedder()) as corpus:
        with closing(corpus.sync([texts])) as steps:
            while not next(steps).embedded:
                pass
            assert len(children()) == 1
        assert children() == []
        assert not corpus.syncing


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_ctrl_c_and_the_death_of_the_owner_end_both(tmp_path, sent):
    script = tmp_path / "owner.py"
    script.write_text(OWNER, encoding="utf-8")
    owner = subprocess.Popen(
        [sys.executable, script, tmp_path / "data", write_texts(tmp_path / "texts")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    while owner.stdout.readline() in ("0\n",):
        pass
    group = owner.pid
    if sent == signal.SIGINT:
        os.killpg(group, sent)
    else:
        owner.send_signal(sent)
    owner.communicate(timeout=60)
    assert owner.returncode != 0
    assert ended(group)


def test_a_script_without_a_guard_runs_once(tmp_path):
    script = tmp_path / "unguarded.py"
    script.write_text(OWNER.replace('if __name__ == "__main__":', "if print('once') is None:"))
    ran = subprocess.run(
        [sys.executable, script, tmp_path / "data", write_texts(tmp_path / "texts", 20)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("once") == 1 and ran.stdout.endswith("20\n")


def test_a_process_that_cannot_be_started_says_why(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    embedder = BundledEmbedder()
    assert len(list(chain.from_iterable(embedder.embed_passages(passages(12))))) == 12
    assert "no-python" in embedder.hindrance


def ended(group, seconds=20):
    """Wait until no process of a group is left."""
    for _ in range(int(seconds * 10)):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False
