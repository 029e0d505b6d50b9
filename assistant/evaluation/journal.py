"""What is done of an evaluation, on disk, so that an interrupted one can be resumed.

Knows a file of JSON lines; nothing of how responses come about. A line that was cut short by a
kill is read past, and its question asked again.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from assistant.evaluation.types import Response

_RESPONSE = TypeAdapter(Response)


class Journal:
    """Responses by question id. One that failed is not kept, so that it is asked again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.done: dict[str, Response] = {}
        self._file = path.open("a+b")
        self._read()

    def _read(self) -> None:
        self._file.seek(0)
        whole = 0
        for line in self._file:
            try:
                entry = json.loads(line)
                self.done[entry["id"]] = _RESPONSE.validate_python(entry["response"])
            except (ValueError, KeyError, TypeError, ValidationError):
                break
            whole += len(line)
        self._file.truncate(whole)

    def add(self, identifier: str, response: Response) -> None:
        """Keep a response, at once."""
        entry = {"id": identifier, "response": _RESPONSE.dump_python(response, mode="json")}
        self._file.write(json.dumps(entry, ensure_ascii=True).encode() + b"\n")
        self._file.flush()
        self.done[identifier] = response

    def close(self) -> None:
        """Release the file."""
        self._file.close()


@contextmanager
def kept(folder: Path, key: str, resume: bool) -> Iterator[Journal]:
    """Keep the journal of the run that `key` names; it is removed once the run is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{key}.jsonl"
    if not resume:
        path.unlink(missing_ok=True)
    journal = Journal(path)
    try:
        yield journal
    finally:
        journal.close()
    path.unlink(missing_ok=True)
