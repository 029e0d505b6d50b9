"""One owner per data folder."""

import subprocess
import sys

import pytest

from assistant.errors import FolderInUse, FolderUnusable
from assistant.owner import is_owned, owned, read_address

CHILD = """
import sys, time
from pathlib import Path
from assistant.owner import owned
with owned(Path(sys.argv[1])) as ownership:
    ownership.announce("http://127.0.0.1:9")
    print("owned", flush=True)
    time.sleep(60)
"""


def test_a_folder_that_cannot_be_made_is_told_with_its_setting(tmp_path):
    (tmp_path / "file").write_text("in its place")
    with (
        pytest.raises(FolderUnusable, match=r"file/data.*BRONWIJZER_DATA"),
        owned(tmp_path / "file" / "data"),
    ):
        pass


def test_the_address_can_be_read_by_its_user_alone_and_goes_in_the_end(tmp_path):
    with owned(tmp_path) as ownership:
        ownership.announce("http://127.0.0.1:9")
        address = read_address(tmp_path)
        assert (address.url, address.token) == ("http://127.0.0.1:9", ownership.token)
        assert (tmp_path / "owner.json").stat().st_mode & 0o777 == 0o600
        assert is_owned(tmp_path)
    assert read_address(tmp_path) is None
    assert not is_owned(tmp_path)


def test_a_second_process_is_told_who_owns_and_what_to_do(tmp_path):
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout.readline() == "owned\n"
        with pytest.raises(FolderInUse, match=f"process {child.pid}.*BRONWIJZER_DATA"):
            with owned(tmp_path):
                pass
        child.kill()
        child.wait()
        assert read_address(tmp_path) is not None
        assert not is_owned(tmp_path)
        with owned(tmp_path):
            pass
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def test_a_broken_address_file_is_no_address(tmp_path):
    (tmp_path / "owner.json").write_text("{")
    assert read_address(tmp_path) is None
