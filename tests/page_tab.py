"""A page of ours in someone's browser, by the requests that Gradio's script makes.

Knows Gradio's protocol; nothing of any page.
"""

import json


class Tab:
    """An open page: the chat page, or the one below `path`, with `query` in its address."""

    def __init__(self, client, headers, session, path="", query=None):
        self.headers = headers
        self._client = client
        self._session = session
        self._path = path
        self._query = query or {}
        config = client.get(f"{path}/config", headers=headers).json()
        self._events = {item["api_name"]: item["id"] for item in reversed(config["dependencies"])}

    def do(self, event, *data, about=None):
        """Have an event handled, and give its last values and all that was sent for it."""
        body = {
            "fn_index": self._events[event],
            "data": data,
            "session_hash": self._session,
            "event_data": about,
        }
        below = f"{self._path}/gradio_api/queue"
        joined = self._client.post(
            f"{below}/join", params=self._query, json=body, headers=self.headers
        )
        assert joined.status_code == 200, joined.text
        query = {"session_hash": self._session}
        sent = self._client.get(f"{below}/data", params=query, headers=self.headers).text
        told = [json.loads(line[6:]) for line in sent.splitlines() if line.startswith("data: ")]
        (last,) = [item for item in told if item["msg"] == "process_completed"]
        assert last["success"], last
        return last["output"]["data"], sent
