"""A generator whose returned value is kept.

Knows generators; nothing of what they give. A `for` loop alone drops what a generator returns.
"""

from collections.abc import Generator, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")
Value = TypeVar("Value")


class Outcome(Generic[Item, Value]):
    """Iterates over a generator; `value` is what it returned, None until it has ended."""

    def __init__(self, steps: Generator[Item, None, Value]) -> None:
        self._steps = steps
        self.value: Value | None = None

    def __iter__(self) -> Iterator[Item]:
        self.value = yield from self._steps
