"""The command line as a person meets it: in processes of its own, with and without an owner."""

import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from rich.table import Table

from assistant import document_commands
from assistant.cli import main
from assistant.commands import console
from index.plans import SyncOptions, SyncPlan
from index.types import SyncReport
from tests.corpora import write_texts
from tests.scripted import openai_server


@pytest.fixture
def run(tmp_path):
    """Run a command in an empty working folder."""

    def run(*arguments, **environment):
        return subprocess.run(
            [sys.executable, "-m", "assistant", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=120,
            env=environment_of(tmp_path, **environment),
            cwd=tmp_path,
        )

    return run


def environment_of(folder, **values):
    project = str(Path(__file__).parent.parent)
    base = {"BRONWIJZER_MODEL": "none", "BRONWIJZER_DATA": str(folder / "data")}
    return {**os.environ, **base, "PYTHONPATH": project, **values}


@contextmanager
def serving(folder, port=0, **environment):
    """Run `serve` and wait until it says where it answers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "assistant", "serve", "--port", str(port)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment_of(folder, PYTHONUNBUFFERED="1", **environment),
        cwd=folder,
    )
    try:
        first = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+", first)
        assert address, first
        yield address.group()
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()


def test_the_way_of_a_newcomer(run, tmp_path):
    early = run("ask", "Who leads the works on the quay?")
    assert (early.returncode, "bronwijzer sync PATH" in early.stderr) == (1, True)
    texts = write_texts(tmp_path / "texts")
    (texts / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    synced = run("sync", texts)
    assert "Added 3" in synced.stdout
    assert "Passed over: 1 of type .jpg. 'bronwijzer list --skipped'" in synced.stdout
    assert f"of type .jpg: 1\n  {texts / 'photo.jpg'}" in run("list", "--skipped").stdout
    again = run("sync")
    assert "unchanged 3; 0 passages embedded" in again.stdout
    asked = run("ask", "Who leads the works on the quay?")
    assert "Projectleider Saskia Dorrestein leidt de werkzaamheden." in asked.stdout
    assert "kade.txt" in asked.stdout
    refused = run("ask", "What is the capital of Peru?")
    assert "The documents do not say." in refused.stdout
    checked = run("doctor")
    assert checked.returncode == 0, checked.stdout
    assert "3 of 3 passages find themselves" in checked.stdout
    agreed = run("check")
    assert (agreed.returncode, agreed.stdout.splitlines()) == (
        0,
        [
            "3 passages were looked for in Chroma and Tantivy.",
            "Catalog, Chroma and Tantivy agree.",
        ],
    )
    assert "Traceback" not in early.stderr + synced.stderr + asked.stderr + checked.stderr


def test_a_sync_that_is_to_print_json_is_refused(run, tmp_path):
    refused = run("sync", tmp_path, "--json")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--dry-run" in refused.stderr
    assert not (tmp_path / "data").exists()


def test_a_collection_is_made_asked_and_removed(run, tmp_path):
    texts = write_texts(tmp_path / "texts")
    (tmp_path / "personnel").mkdir()
    (tmp_path / "personnel" / "hr.txt").write_text("Quirinus Vandermolen leads personnel.", "utf-8")
    assert "Name a folder: 'bronwijzer sync PATH'" in run("sync").stdout
    run("sync", texts)
    slip = run("ask", "Who leads personnel?", "--collection", "hr")
    assert (slip.returncode, "there are: documents." in slip.stderr) == (1, True)
    assert "Added 1" in run("sync", "--collection", "hr", tmp_path / "personnel").stdout
    counts = json.loads(run("collections", "--json").stdout)["collections"]
    assert [(count["name"], count["documents"]) for count in counts] == [
        ("documents", 3),
        ("hr", 1),
    ]
    asked = run("ask", "Who leads personnel?", "--collection", "hr", "--path", "hr.*")
    assert "Vandermolen" in asked.stdout and "1 of 1 documents were searched" in asked.stdout
    assert "Vandermolen" not in run("ask", "Who leads personnel?").stdout
    nothing = run("ask", "Who leads the works on the quay?", "--type", "pdf")
    assert "No document fits the filter" in nothing.stdout and "kade" not in nothing.stdout
    unknown = run("collections", "remove", "nope")
    assert (unknown.returncode, "nope" in unknown.stderr) == (1, True)
    assert "Delete" not in unknown.stdout
    assert "Removed the collection hr" in run("collections", "remove", "hr", "--yes").stdout
    assert (tmp_path / "personnel" / "hr.txt").exists()


def test_commands_go_through_a_running_owner_with_the_same_output(run, tmp_path):
    texts = write_texts(tmp_path / "texts")
    run("sync", texts)
    alone = json.loads(run("ask", "--json", "Who leads the works on the quay?").stdout)
    listed = run("list", "--json").stdout
    with serving(tmp_path):
        through = json.loads(run("ask", "--json", "Who leads the works on the quay?").stdout)
        assert {**through, "timings_ms": 0} == {**alone, "timings_ms": 0}
        assert run("list", "--json").stdout == listed
        assert "There is no feedback yet." in run("feedback").stdout
        (texts / "new.txt").write_text("Die Kantine öffnet um elf Uhr.", encoding="utf-8")
        assert "Added 1" in run("sync").stdout
        assert "Kantine" in run("ask", "When does the canteen open?").stdout
        assert "Removed 4 documents" in run("remove", texts).stdout
        empty = run("ask", "When does the canteen open?")
        assert (empty.returncode, "bronwijzer sync PATH" in empty.stderr) == (1, True)
        assert "is in use by process" in run("serve", "--port", "0").stderr


def test_a_written_answer_from_a_server(run, tmp_path):
    run("sync", write_texts(tmp_path / "texts"))
    with openai_server() as server:
        server.reply = "Saskia Dorrestein leads the works [1]."
        settings = {"BRONWIJZER_MODEL": "m", "BRONWIJZER_MODEL_URL": server.url}
        asked = run("ask", "Who leads the works on the quay?", **settings)
        assert "Saskia Dorrestein leads the works [1]." in asked.stdout
        server.status = 401
        refused = run("ask", "Who leads the works on the quay?", **settings)
        assert "model_key" in refused.stdout
        assert "Projectleider Saskia Dorrestein" in refused.stdout
        assert run("doctor", **settings).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (["ask", ""], {}, "The question is empty"),
        (["ask", "x" * 10_000], {}, "longest_question"),
        (["sync", "/not/there"], {}, "There is no file or folder /not/there"),
        (["remove", "/not/there"], {}, "bronwijzer list"),
        (["list"], {"BRONWIJZER_PROT": "1"}, "Did you mean BRONWIJZER_PORT"),
        (["list"], {"BRONWIJZER_LANGUAGES": "xx"}, "languages"),
        (["list"], {"BRONWIJZER_EMBEDDER_URL": "http://127.0.0.1:1/v1"}, "embedder_model"),
        (["model", "pull", "gpt-9"], {}, "qwen2.5-coder-1.5b"),
        (["serve", "--port", "0"], {"BRONWIJZER_MODEL": "gpt-9"}, "model_url"),
        (["serve", "--host", "256.0.0.1"], {}, "--host"),
        (["list"], {"BRONWIJZER_CHROMA_URL": "http://127.0.0.1:1"}, "chroma_url"),
    ],
)
def test_bad_input_is_one_clear_line(tmp_path, monkeypatch, capsys, arguments, environment, said):
    values = {"BRONWIJZER_MODEL": "none", "BRONWIJZER_DATA": str(tmp_path), **environment}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["bronwijzer", *arguments])
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    error = capsys.readouterr().err
    assert error.strip().startswith("error: ") and said in error


def test_an_embedder_that_does_not_fit_names_rebuild(run, tmp_path):
    run("sync", write_texts(tmp_path / "texts"))
    with openai_server() as server:
        other = {"BRONWIJZER_EMBEDDER_URL": server.url, "BRONWIJZER_EMBEDDER_MODEL": "other"}
        failed = run("ask", "Who leads the works on the quay?", **other)
        assert (failed.returncode, "bronwijzer rebuild" in failed.stderr) == (1, True)
        assert "Rebuilt 3 documents" in run("rebuild", **other).stdout
        assert run("ask", "Who leads the works on the quay?", **other).returncode == 0


def test_a_name_that_would_steer_the_terminal_is_seen_instead(capsys):
    name = "a\x1b]0;title\x07\x9b31mb.txt"
    table = Table("path")
    table.add_row(name)
    out = console()
    out.print(f"{name}: it has no text")
    out.print(table)
    printed = capsys.readouterr().out
    assert printed.count("a\\x1b]0;title\\x07\\x9b31mb.txt") == 2
    assert not any(control in printed for control in "\x1b\x07\x9b")


def test_files_that_are_read_again_are_counted(monkeypatch, capsys):
    class Door:
        def sync(self, paths, options):
            assert options.reread
            yield SyncReport(unchanged=3, reread=2, renewed=1, done=True)

        def preview(self, paths, options):
            return SyncPlan(reread=2)

    monkeypatch.setattr(document_commands, "entered", lambda *_, **__: nullcontext(Door()))
    document_commands.sync([], options=SyncOptions(reread=True))
    document_commands.preview([], "documents", SyncOptions(reread=True))
    printed = capsys.readouterr().out
    assert "Read 2 unchanged files again; 1 of them are read as something else now." in printed
    assert "read again: 2 unchanged files" in printed


@pytest.mark.parametrize("report", [SyncReport(away=1), SyncReport(kept=1)])
def test_a_sync_that_leaves_something_for_a_person_ends_with_exit_code_1(monkeypatch, report):
    class Door:
        def sync(self, paths, options):
            yield replace(report, done=True)

    monkeypatch.setattr(document_commands, "entered", lambda *_, **__: nullcontext(Door()))
    with pytest.raises(SystemExit) as ended:
        document_commands.sync([])
    assert ended.value.code == 1
