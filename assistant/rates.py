"""How many questions come in a time: of one client, from one embed, to the whole server.

Knows counts and their bounds, in memory; nothing of requests, or of how clients are told apart.
"""

import math
import time
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from assistant.errors import TooManyQuestions


@dataclass(frozen=True, slots=True)
class RateBounds:
    """Most questions of a client in a minute, and of an embed and the server in a day; 0 is any.

    A minute or day begins with the first question in it. See the settings of the same names.
    """

    questions_per_minute: int = 0
    embed_questions_per_day: int = 0
    questions_per_day: int = 0


class Rates:
    """Counts questions, and refuses those beyond the bounds."""

    def __init__(self, bounds: RateBounds) -> None:
        self._minute = _item(RateLimitItemPerMinute, bounds.questions_per_minute)
        self._embed = _item(RateLimitItemPerDay, bounds.embed_questions_per_day)
        self._day = _item(RateLimitItemPerDay, bounds.questions_per_day)
        self._counter = FixedWindowRateLimiter(MemoryStorage())

    def count(self, client: str, embed: str = "") -> None:
        """Count a question of a client, through an embed if it is named.

        An empty client is not counted by the minute. Raises TooManyQuestions.
        """
        if client:
            self._take(self._minute, "questions_per_minute", client)
        if embed:
            self._take(self._embed, "embed_questions_per_day", embed)
        self._take(self._day, "questions_per_day", "")

    def _take(self, item: RateLimitItem | None, setting: str, name: str) -> None:
        if item is None or self._counter.hit(item, setting, name):
            return
        left = self._counter.get_window_stats(item, setting, name).reset_time - time.time()
        seconds = max(1, math.ceil(left))
        raise TooManyQuestions(
            f"More than {item.amount} questions came, the most that the setting {setting} allows. "
            f"The next is taken in {seconds} seconds.",
            setting,
            seconds,
        )


def _item(kind: type[RateLimitItem], most: int) -> RateLimitItem | None:
    return kind(most) if most else None
