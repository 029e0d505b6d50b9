"""What a conversation on the chat page becomes as a question is answered.

Knows conversations and how answers are written for a page; nothing of Gradio.
"""

import logging
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass

from assistant.advice import advice
from assistant.answering import Assistant
from assistant.errors import AssistantError, Busy, TooManyQuestions
from assistant.history import Conversation, Turn
from assistant.rendering import escaped, show_answer, show_evidence
from assistant.types import Answer
from assistant.wording import Wording
from index.errors import IndexingError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Answers questions inside conversations; `contact` is who to ask after a refusal.

    `assistant_of` gives the assistant of a collection; it raises UnknownCollection.
    """

    assistant_of: Callable[[str], Assistant]
    contact: str = ""

    def ask(
        self,
        conversation: Conversation,
        question: str,
        wording: Wording,
        admit: Callable[[], AbstractContextManager[None]] = nullcontext,
        anew: bool = False,
    ) -> Generator[Conversation, None, None]:
        """Yield the conversation as its newest turn grows: the question, evidence, answer.

        A question that cannot be answered, or that `admit` turns away, gets a turn that says why;
        what `admit` gives lasts as long as the answer. `anew` wants another try at an answer.
        """
        turn = Turn(question=question)
        yield conversation.with_turn(turn)
        try:
            with admit():
                assistant = self.assistant_of(conversation.collection)
                answers = assistant.stream(question, conversation.messages, anew=anew)
                with closing(answers):
                    for answer in answers:
                        turn = self._grown(turn, answer, wording)
                        yield conversation.with_turn(turn)
        except Busy:
            yield conversation.with_turn(_failed(turn, wording("chat_busy")))
        except TooManyQuestions as many:
            told = wording("chat_too_many", setting=many.setting)
            yield conversation.with_turn(_failed(turn, told))
        except (AssistantError, IndexingError) as error:
            yield conversation.with_turn(_failed(turn, str(error)))
        except Exception as error:  # noqa: BLE001 - one question's edge: told and logged
            _log.exception("A question on the chat page failed.")
            told = f"{wording('chat_failed')} {error!r}"
            yield conversation.with_turn(_failed(turn, told))

    def _grown(self, turn: Turn, answer: Answer, wording: Wording) -> Turn:
        shown = show_answer(answer, wording, advice(answer, wording, self.contact))
        evidence = show_evidence(answer, wording)
        grown = {
            "shown": shown,
            "evidence": evidence,
            # Only a whole answer is one to follow up on.
            "answer": answer.text if answer.done else "",
            "kind": answer.kind.value,
            "model": answer.model or "",
            "cited": tuple((c.document, c.start, c.end) for c in answer.citations),
        }
        return turn.model_copy(update=grown)


def stopped(conversation: Conversation, wording: Wording) -> Conversation:
    """Say below the newest turn that its answer was stopped; an answer that ended stays."""
    if not conversation.turns or conversation.turns[-1].answer:
        return conversation
    turn = conversation.turns[-1]
    shown = f"{turn.shown}\n\n*{escaped(wording('chat_stopped'))}*".strip()
    return conversation.with_turn(turn.model_copy(update={"shown": shown}))


def _failed(turn: Turn, why: str) -> Turn:
    return turn.model_copy(update={"shown": f"⚠️ {escaped(why)}", "answer": ""})
