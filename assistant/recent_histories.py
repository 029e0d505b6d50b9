"""What tabs of one browser kept lately, so that none overwrites what another has kept.

A tab reads what its browser keeps only when it is loaded, and writes it as a whole. Knows the
histories of a bounded number of browsers while the server runs; nothing of pages.
"""

import threading
from collections import OrderedDict

from assistant.history import Conversation, History

_MOST_CHARACTERS = 40_000_000
_MOST_BROWSERS = 5_000
"""What a browser is named by takes memory too, though nothing is asked in it."""


class RecentHistories:
    """Histories by browser, the least recently kept going first. Any thread may use it."""

    def __init__(
        self, most_characters: int = _MOST_CHARACTERS, most_browsers: int = _MOST_BROWSERS
    ) -> None:
        self._most = most_characters
        self._most_browsers = most_browsers
        self._kept: OrderedDict[str, tuple[Conversation, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, history: History, conversation: Conversation) -> History:
        """Put a conversation first in a tab's history, with what other tabs kept meanwhile."""
        with self._lock:
            known = self._kept.get(history.browser, ())
            joined = history.model_copy(
                update={"conversations": _joined(known, history.conversations)}
            )
            kept = joined.with_conversation(conversation)
            self._kept[kept.browser] = kept.conversations
            self._kept.move_to_end(kept.browser)
            self._bound()
        return kept

    def forget(self, history: History) -> History:
        """Delete what a browser kept; what its tabs show may be kept anew."""
        with self._lock:
            self._kept.pop(history.browser, None)
        return History(browser=history.browser)

    def _bound(self) -> None:
        while len(self._kept) > self._most_browsers:
            self._kept.popitem(last=False)
        while len(self._kept) > 1 and sum(map(_size, self._kept.values())) > self._most:
            self._kept.popitem(last=False)


def _joined(
    known: tuple[Conversation, ...], read: tuple[Conversation, ...]
) -> tuple[Conversation, ...]:
    """Join by id; of two states of a conversation the longer is the later."""
    longest = {conversation.id: conversation for conversation in read}
    for conversation in known:
        other = longest.get(conversation.id)
        if other is None or len(conversation.turns) > len(other.turns):
            longest[conversation.id] = conversation
    order = dict.fromkeys(conversation.id for conversation in (*known, *read))
    return tuple(longest[name] for name in order)


def _size(conversations: tuple[Conversation, ...]) -> int:
    return sum(conversation.size for conversation in conversations)
