"""Keys of programs: made once, kept as hashes, ended, and heard of at once by others."""

import json
import stat
import threading
from datetime import UTC, datetime, timedelta

import pytest

from assistant.api_keys import ApiKeys
from assistant.errors import BadKey, KeysUnavailable


@pytest.fixture
def keys(tmp_path):
    return ApiKeys(tmp_path / "data")


def test_a_key_is_found_by_itself_alone(keys):
    key = keys.add("reports", "reader", ["hr", "hr", "rules"])
    keys.add("other", "editor", ["*"])
    found = keys.find(key)
    assert (found.name, found.role, found.collections) == ("reports", "reader", ("hr", "rules"))
    assert found.rights.may_read("hr") and not found.rights.may_edit("hr")
    assert not found.rights.may_read("documents")
    for wrong in ("", key[:-1], f"{key}x", key.upper(), found.digest, "bw_", "é"):
        assert keys.find(wrong) is None, wrong


def test_only_its_hash_is_kept_where_only_its_user_reads(keys, tmp_path):
    key = keys.add("reports", "reader", ["hr"])
    file = tmp_path / "data" / "keys.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert key.removeprefix("bw_") not in file.read_text("utf-8")
    assert len(key.removeprefix("bw_")) >= 43
    assert [path.name for path in file.parent.iterdir() if path.suffix == ".new"] == []


def test_another_process_is_heard_at_once(keys, tmp_path):
    served = ApiKeys(tmp_path / "data")
    assert served.all() == ()
    key = keys.add("reports", "reader", ["hr"])
    assert served.find(key).name == "reports"
    keys.remove("reports")
    assert served.find(key) is None


def test_a_key_ends_with_its_days(keys):
    key, now = keys.add("reports", "reader", ["hr"], days=2), datetime.now(UTC)
    assert keys.find(key, now + timedelta(days=1, hours=23)) is not None
    assert keys.find(key, now + timedelta(days=2)) is None
    assert keys.all()[0].is_over(now + timedelta(days=2))


@pytest.mark.parametrize("name", ["", "-x", "a b", "a/b", "x" * 41, "é", "a\n"])
def test_a_name_that_cannot_be(keys, name):
    with pytest.raises(BadKey, match="1 to 40"):
        keys.add(name, "reader", ["hr"])
    assert keys.all() == ()


@pytest.mark.parametrize(("role", "collection"), [("owner", "hr"), ("reader", "../hr")])
def test_a_role_or_collection_that_cannot_be_is_named(keys, role, collection):
    wrong = role if role == "owner" else collection
    with pytest.raises(BadKey, match=wrong):
        keys.add("reports", role, [collection])


def test_a_name_is_given_once_and_an_unknown_one_is_told(keys):
    key = keys.add("reports", "reader", ["hr"])
    with pytest.raises(BadKey, match="keys remove reports"):
        keys.add("reports", "editor", ["*"])
    assert keys.find(key).role == "reader"
    with pytest.raises(BadKey, match="reports"):
        keys.remove("report")


@pytest.mark.parametrize("content", ["", "{", '{"keys": [{"name": "x"}]}', '{"kees": []}'])
def test_a_damaged_file_lets_nobody_in_and_says_so(keys, tmp_path, content):
    key = keys.add("reports", "reader", ["hr"])
    (tmp_path / "data" / "keys.json").write_text(content, "utf-8")
    for _ in range(2):
        with pytest.raises(KeysUnavailable, match="keys.json"):
            keys.find(key)
    with pytest.raises(KeysUnavailable):
        keys.add("other", "reader", ["hr"])
    assert (tmp_path / "data" / "keys.json").read_text("utf-8") == content


def test_keys_that_are_made_at_once_are_all_kept(keys, tmp_path):
    """Each has the file open for itself, as processes have."""
    makers = [ApiKeys(tmp_path / "data") for _ in range(8)]
    threads = [
        threading.Thread(target=maker.add, args=(f"key-{number}", "reader", ["hr"]))
        for number, maker in enumerate(makers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = json.loads((tmp_path / "data" / "keys.json").read_text("utf-8"))["keys"]
    assert {key["name"] for key in kept} == {f"key-{number}" for number in range(8)}
