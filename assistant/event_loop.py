"""An event loop in a thread of its own, for what must be able to end at once while it waits.

Knows threads and asynchronous iterators; nothing of what they give. A thread that waits in a
blocking read cannot be called away from it; a task can.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from queue import Empty, SimpleQueue
from typing import TypeVar

Item = TypeVar("Item")


class EventLoop:
    """Runs asynchronous iterators beside the threads that want what they give."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="event loop", daemon=True).start()

    def drawn(self, items: AsyncIterator[Item], seconds: float) -> Iterator[Item | None]:
        """Yield the items as they come, and None whenever none came for some seconds.

        Closed early, it cancels what makes them. Raises what they raise.
        """
        arrived: SimpleQueue[Item | asyncio.Future[None]] = SimpleQueue()

        async def draw() -> None:
            async for item in items:
                arrived.put(item)

        task = asyncio.run_coroutine_threadsafe(draw(), self._loop)
        ended = object()
        task.add_done_callback(lambda _: arrived.put(ended))  # type: ignore[arg-type]
        try:
            while True:
                try:
                    item = arrived.get(timeout=seconds)
                except Empty:
                    yield None
                    continue
                if item is ended:
                    task.result()
                    return
                yield item  # type: ignore[misc]
        finally:
            task.cancel()
