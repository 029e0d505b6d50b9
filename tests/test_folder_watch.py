"""Changes in remembered folders ask for a sync."""

import threading

import pytest

from assistant.errors import UnknownCollection
from assistant.folder_watch import FolderWatch, watched_folders
from index.errors import StoreUnavailable

_SECONDS = 30


class Requests:
    """Remembers what was asked for; `wait` until something was."""

    def __init__(self):
        self.asked = []
        self._come = threading.Condition()

    def request(self):
        return self.revisit([])

    def revisit(self, paths):
        with self._come:
            self.asked.append([str(path) for path in paths])
            self._come.notify_all()
            return len(self.asked)

    def wait(self, wanted, seconds=_SECONDS):
        with self._come:
            return self._come.wait_for(lambda: wanted in self.asked, seconds)


@pytest.fixture
def folders(tmp_path):
    made = [tmp_path / name for name in ("one", "two", "two/inner", "data")]
    for folder in made:
        folder.mkdir()
    return made


def test_a_changed_file_has_its_innermost_root_synced(folders):
    one, two, inner, data = folders
    requests = Requests()
    with FolderWatch(requests, lambda: [str(one), str(two), str(inner)], data, 3600):
        for number in range(_SECONDS):
            # Until the watch has begun, events pass unheard.
            (inner / f"{number}.txt").write_text("x", encoding="utf-8")
            if requests.wait([str(inner)], 2):
                break
        assert [str(inner)] in requests.asked
        assert [str(two)] not in requests.asked and [str(one)] not in requests.asked


def test_everything_is_synced_now_and_then(folders):
    requests = Requests()
    with FolderWatch(requests, lambda: [str(folders[0])], folders[3], 0.1):
        assert requests.wait([])


def test_a_root_that_is_away_or_cannot_be_watched_stops_nothing(folders, tmp_path):
    for root in (str(tmp_path / "away"), "/proc/self/mem"):
        requests = Requests()
        with FolderWatch(requests, lambda root=root: [root], folders[3], 0.1):
            assert requests.wait([])


def test_the_data_folder_below_a_root_is_no_change_but_uploads_are(tmp_path, folders):
    data = folders[3]
    watch = FolderWatch(Requests(), list, data, 3600)
    watch.close()
    uploads = str(data / "uploads")
    assert watch._changed([str(data / "catalog.sqlite3-wal")], [str(tmp_path)]) == []
    changed = watch._changed([f"{uploads}/a.txt", str(tmp_path / "b")], [str(tmp_path), uploads])
    assert changed == [str(tmp_path), uploads]


def test_a_root_that_comes_back_is_watched(folders, tmp_path):
    one, _, _, data = folders
    away = tmp_path / "away"
    requests = Requests()
    with FolderWatch(requests, lambda: [str(one), str(away)], data, 3600):
        for number in range(_SECONDS):
            (one / f"{number}.txt").write_text("x", encoding="utf-8")
            if requests.wait([str(one)], 2):
                break
        away.mkdir()
        for number in range(_SECONDS):
            (away / f"{number}.txt").write_text("x", encoding="utf-8")
            if requests.wait([str(away)], 2):
                break
        assert [str(away)] in requests.asked


def test_a_request_that_fails_does_not_end_the_watch(folders):
    class Refusing(Requests):
        def revisit(self, paths):
            super().revisit(paths)
            if len(self.asked) < 3:
                raise StoreUnavailable("The disk is full. Make room.")
            return len(self.asked)

    requests = Refusing()
    with FolderWatch(requests, list, folders[3], 0.01):
        assert requests._come.acquire(timeout=_SECONDS)
        assert requests._come.wait_for(lambda: len(requests.asked) > 3, _SECONDS)
        requests._come.release()


def test_the_watch_of_a_removed_collection_ends(folders):
    def roots():
        raise UnknownCollection("There is no collection 'rules'.")

    with FolderWatch(Requests(), roots, folders[3], 3600) as watch:
        watch._thread.join(_SECONDS)
        assert not watch._thread.is_alive()


def test_a_damaged_collection_keeps_no_other_from_being_watched(folders, caplog):
    class Stewards:
        def of(self, name):
            raise StoreUnavailable("The catalog is damaged. Run 'bronwijzer restore'.")

    with watched_folders(Stewards(), ["rules"], folders[3], 3600):
        assert "Folders of rules are not watched: The catalog is damaged." in caplog.text
