"""Access to a server process: keys from the command line, its owner, forged addresses, warnings."""

import json
import sys

import httpx
import pytest

from assistant.api_keys import ApiKeys
from assistant.cli import main
from assistant.serving import is_open_to_all
from assistant.settings import Settings
from tests.corpora import write_texts
from tests.test_cli import run, serving  # noqa: F401 - a fixture

ACCESS = {"BRONWIJZER_ACCESS": "on", "BRONWIJZER_TRUSTED_PROXIES": "10.0.0.1"}
QUESTION = {"question": "Who leads the works on the quay?"}


def test_a_server_with_keys(run, tmp_path):  # noqa: F811
    run("sync", write_texts(tmp_path / "texts"))
    with serving(tmp_path, **ACCESS) as address:
        assert httpx.get(f"{address}/api/collections").status_code == 401

        # An address in a header makes no proxy of whoever writes it there.
        forged = {"X-Forwarded-User": "boss", "X-Forwarded-For": "10.0.0.1"}
        assert httpx.get(f"{address}/api/collections", headers=forged).status_code == 403

        made = run("keys", "add", "reports", "--days", "30")
        key = {"Authorization": f"Bearer {made.stdout.strip()}"}
        answer = httpx.post(f"{address}/api/ask", json=QUESTION, headers=key, timeout=60)
        assert answer.json()["citations"][0]["document"] == "kade.txt"

        # The owner's commands go through the server, which knows them by the file in its folder.
        assert "kade.txt" in run("ask", QUESTION["question"]).stdout

        ApiKeys(tmp_path / "data").remove("reports")
        assert httpx.get(f"{address}/api/collections", headers=key).status_code == 401


def test_keys_are_made_listed_and_ended_on_the_command_line(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)

    def keys(*words):
        monkeypatch.setattr(sys, "argv", ["bronwijzer", "keys", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, *capsys.readouterr()

    code, key, told = keys("add", "reports", "--collection", "hr", "--collection", "rules")
    kept = ApiKeys(tmp_path / ".data").find(key.strip())
    assert code == 0 and kept.collections == ("hr", "rules")
    assert "this once" in told and "access is off" in told and key.strip() not in told
    (listed,) = json.loads(keys("list", "--json")[1])["keys"]
    assert (listed["name"], listed["role"], listed["expires"]) == ("reports", "reader", None)
    assert "digest" not in listed
    assert "hr, rules" in keys("list")[1] and "never" in keys("list")[1]
    code, _, told = keys("add", "reports", "--role", "king")
    assert code == 1 and told.startswith("error: ") and "king" in told
    assert "no more" in keys("remove", "reports")[1]
    code, _, told = keys("remove", "reports")
    assert code == 1 and "no key 'reports'" in told


@pytest.mark.parametrize(
    ("host", "access", "is_open"),
    [
        ("127.0.0.1", "off", False),
        ("::1", "off", False),
        ("localhost", "off", False),
        ("0.0.0.0", "off", True),
        ("::", "off", True),
        ("192.0.2.9", "off", True),
        ("0.0.0.0", "on", False),
    ],
)
def test_a_server_that_is_open_to_all_is_told_apart(host, access, is_open):
    assert is_open_to_all(Settings(host=host, access=access)) is is_open
