"""Connections as the server takes them: who is slow to ask or to read is cut off.

Knows HTTP/1.1 on a socket; nothing of what is asked. uvicorn's own waits for a request's head, and
for a reader of its response, have no end.
"""

import asyncio
from collections.abc import Callable

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

_SECONDS_TO_ASK = 20.0
_SECONDS_TO_READ = 60.0
"""For some ten thousand bytes: a reader may be slow, but not asleep."""


class _Wait:
    """A time for something to happen, after which another thing is done instead."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, loop: asyncio.AbstractEventLoop, instead: Callable[[], None]) -> None:
        """Begin to wait; a wait that runs goes on."""
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, instead)

    def end(self) -> None:
        """End the wait."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class PatientConnection(H11Protocol):
    """Waits so long for the head of a request, and for a reader to take what was sent.

    A body that still comes after its answer has as long as a head: a client that is sending should
    get to read why it was refused.
    """

    seconds_to_ask = _SECONDS_TO_ASK
    seconds_to_read = _SECONDS_TO_READ

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        self._asking, self._reading = _Wait(self.seconds_to_ask), _Wait(self.seconds_to_read)
        self._ending = _Wait(self.seconds_to_ask)
        super().connection_made(transport)
        self._asking.begin(self.loop, transport.close)

    def data_received(self, data: bytes) -> None:
        """Take bytes in; whatever is no whole head keeps the wait running."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._asking.begin(self.loop, self.transport.close)
        else:
            self._asking.end()
        if not self._is_answered_early():
            self._ending.end()

    def on_response_complete(self) -> None:
        """Begin to wait for the end of a body that nobody reads any more."""
        super().on_response_complete()
        if self._is_answered_early():
            self._ending.begin(self.loop, self.transport.close)

    def _is_answered_early(self) -> bool:
        answered = self.cycle is not None and self.cycle.response_complete
        return answered and self.conn.their_state is h11.SEND_BODY

    def pause_writing(self) -> None:
        """Begin to wait for the reader."""
        super().pause_writing()
        self._reading.begin(self.loop, self.transport.abort)

    def resume_writing(self) -> None:
        """End the wait for the reader."""
        super().resume_writing()
        self._reading.end()

    def connection_lost(self, exc: Exception | None) -> None:
        """End all waits."""
        self._asking.end()
        self._reading.end()
        self._ending.end()
        super().connection_lost(exc)
