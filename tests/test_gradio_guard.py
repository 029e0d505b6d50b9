"""Files and addresses that a request names: Gradio would copy, fetch and serve them."""

import json

import pytest

from tests.test_server import running

FORMS = (
    lambda path: [None, [file_at(path)], ""],
    lambda path: [file_at(path)],
    lambda path: [[{"deep": file_at(path)}]],
    lambda path: [{"path": path, "meta": {}}],
)


def file_at(path):
    return {"path": path, "url": path, "meta": {"_type": "gradio.FileData"}}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with running(tmp_path_factory.mktemp("guard")) as (client, _):
        yield client


@pytest.fixture(scope="module")
def secret(tmp_path_factory):
    path = tmp_path_factory.mktemp("elsewhere") / "secret.txt"
    path.write_text("The password is Veenkuil.", "utf-8")
    return path


def event(client, page, number, data, about=None):
    body = {"fn_index": number, "data": data, "session_hash": f"s{number}", "event_data": about}
    return client.post(f"{page}/gradio_api/queue/join", json=body)


@pytest.mark.parametrize("page", ["", "/library"])
def test_no_event_of_a_page_takes_a_file_that_was_not_uploaded(client, page, secret):
    events = client.get(f"{page}/config").json()["dependencies"]
    for item in events:
        for form in FORMS:
            for path in (str(secret), f"/proc/self/cwd/../{secret}", "https://example.org/a.png"):
                refused = event(client, page, item["id"], form(path))
                assert refused.status_code == 403, item["api_name"]
    refused = event(client, page, events[0]["id"], [], about={"value": file_at(str(secret))})
    assert refused.status_code == 403


@pytest.mark.parametrize("page", ["", "/library"])
def test_gradio_itself_takes_none_either(client, page):
    """Its own check, which it leaves out of an app that it did not launch."""
    (mounted,) = [
        route.app
        for route in client.app.routes
        if getattr(route, "path", "-") == page and hasattr(route.app, "get_blocks")
    ]
    assert mounted.get_blocks().has_launched


@pytest.mark.parametrize("page", ["", "/library"])
@pytest.mark.parametrize(
    "path",
    ["file=/etc/hostname", "file=https://example.org/a.png", "file/etc/hostname", "deep_link"]
    + ["proxy=https://example.org/", "stream/s/1/1/playlist.m3u8", "runs", "dev/reload"],
)
def test_what_the_pages_do_not_use_is_closed(client, page, path):
    assert client.get(f"{page}/gradio_api/{path}").status_code == 403


@pytest.mark.parametrize("path", ["call/ask", "call/v2/ask", "run/ask", "api/ask"])
def test_events_are_called_as_pages_do_alone(client, path):
    assert client.post(f"/gradio_api/{path}", json={"data": []}).status_code == 403


def test_a_body_that_is_no_json_or_too_deep_is_refused(client):
    for body in ("{", "[" * 100_000, json.dumps("text")):
        sent = {"content": body, "headers": {"Content-Type": "application/json"}}
        assert client.post("/gradio_api/queue/join", **sent).status_code in (400, 403, 422)
