"""Keys by which programs are recognised: made, kept as hashes in the data folder, and looked up.

Knows one file; nothing of requests. A key is 256 random bits, so there is nothing to guess and one
round of SHA-256 is enough: slow hashes are for passwords, which people choose. Only hashes are
kept, so whoever reads the file or a copy of it cannot use it. A look-up compares the hash of what
was shown with every one there is, in constant time, so that how long it takes tells nothing of how
near it was.
"""

import hashlib
import hmac
import os
import re
import secrets
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

from filelock import FileLock
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, ValidationError

from assistant.errors import BadKey, KeysUnavailable
from assistant.grants import Rights, Role, check_collection, rights_in

_FILE = "keys.json"
_LOCK = "keys.lock"
_BEGINNING = "bw_"
"""Tells people, and programs that look for secrets in files, what such a string is."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


class ApiKey(BaseModel):
    """What is kept of a key; `digest` is the SHA-256 of it, in hexadecimal digits."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    digest: str
    role: Role
    collections: tuple[Annotated[str, AfterValidator(check_collection)], ...]
    created: AwareDatetime
    expires: AwareDatetime | None = None

    @property
    def rights(self) -> Rights:
        """What a program that shows it may do."""
        return rights_in(self.role, self.collections)

    def is_over(self, now: datetime) -> bool:
        """Say whether it is not taken any more."""
        return self.expires is not None and now >= self.expires


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    keys: tuple[ApiKey, ...] = ()


class ApiKeys:
    """The keys of a data folder, which any process may change. Any thread may ask.

    What another process has changed counts with the next look-up.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE
        self._lock_path = folder / _LOCK
        self._lock = threading.Lock()
        self._state: tuple[int, ...] = ()
        self._keys: tuple[ApiKey, ...] = ()

    def find(self, shown: str, now: datetime | None = None) -> ApiKey | None:
        """Give the key that somebody shows; None where there is none, or its time is over.

        Raises KeysUnavailable.
        """
        digest = _digest(shown)
        found = None
        for key in self.all():
            if hmac.compare_digest(key.digest, digest):
                found = key
        return None if found is None or found.is_over(now or datetime.now(UTC)) else found

    def all(self) -> tuple[ApiKey, ...]:
        """Give what is kept of all keys, in the order of their making. Raises KeysUnavailable."""
        with self._lock:
            state = self._state_of_file()
            if state != self._state:
                self._keys, self._state = self._read(), state
            return self._keys

    def add(self, name: str, role: str, collections: Sequence[str], days: int | None = None) -> str:
        """Make a key that is good for so many days, or for ever; give it, for the only time.

        Raises BadKey, KeysUnavailable.
        """
        if not _NAME.fullmatch(name):
            raise BadKey(
                f"A key cannot be called {name!r}: a name has 1 to 40 letters (a to z), digits, "
                "dots, hyphens and underscores, and begins with a letter or digit."
            )
        key, now = _BEGINNING + secrets.token_urlsafe(32), datetime.now(UTC).replace(microsecond=0)
        try:
            fresh = ApiKey.model_validate(
                {
                    "name": name,
                    "digest": _digest(key),
                    "role": role,
                    "collections": tuple(dict.fromkeys(collections)),
                    "created": now,
                    "expires": now + timedelta(days=days) if days else None,
                }
            )
        except ValidationError as error:
            first = error.errors()[0]
            raise BadKey(f"The key cannot have {first['input']!r}: {first['msg']}.") from None
        with self._changing():
            kept = self.all()
            if any(known.name == name for known in kept):
                raise BadKey(
                    f"There is a key {name!r} already; 'bronwijzer keys remove {name}' ends it."
                )
            self._write((*kept, fresh))
        return key

    def remove(self, name: str) -> None:
        """End a key. Raises BadKey where there is none of that name, KeysUnavailable."""
        with self._changing():
            kept = self.all()
            others = tuple(key for key in kept if key.name != name)
            if others == kept:
                names = ", ".join(key.name for key in kept) or "none"
                raise BadKey(f"There is no key {name!r}; there are: {names}.")
            self._write(others)

    def _changing(self) -> FileLock:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unavailable(error.strerror or str(error)) from None
        return FileLock(self._lock_path)

    def _state_of_file(self) -> tuple[int, ...]:
        """Give what differs as soon as the file is another: it is replaced and never written in."""
        try:
            state = self._path.stat()
        except FileNotFoundError:
            return (0,)
        except OSError as error:
            raise self._unavailable(error.strerror or str(error)) from None
        return state.st_ino, state.st_mtime_ns, state.st_size

    def _read(self) -> tuple[ApiKey, ...]:
        try:
            return _Kept.model_validate_json(self._path.read_bytes()).keys
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise self._unavailable(error.strerror or str(error)) from None
        except ValidationError as error:
            raise self._unavailable(f"{error.error_count()} faults in it") from None

    def _write(self, keys: tuple[ApiKey, ...]) -> None:
        fresh = self._path.with_suffix(".new")
        try:
            fresh.unlink(missing_ok=True)
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(_Kept(keys=keys).model_dump_json(indent=1))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        except OSError as error:
            raise self._unavailable(error.strerror or str(error)) from None

    def _unavailable(self, why: str) -> KeysUnavailable:
        return KeysUnavailable(
            f"The keys in {self._path} cannot be used: {why}. Mend the file's rights, or delete it "
            "and make the keys anew with 'bronwijzer keys add'."
        )


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
