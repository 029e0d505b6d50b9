"""Where processes that only read hand on what is to be kept, to the process that owns the folder.

Knows the records and their routes; nothing of who hands them on, which the caller guards.
"""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, HTTPException

from assistant.feedback import FeedbackKeeper, read_feedback
from assistant.question_log import QuestionLog, read_asked


def add_keeping_routes(
    router: APIRouter, feedback: FeedbackKeeper, questions: QuestionLog | None
) -> None:
    """Add the routes to the owner's."""

    @router.post("/feedback")
    def keep_feedback(record: dict[str, Any]) -> dict[str, bool]:
        """Keep what a reader thinks of an answer."""
        try:
            feedback.record(read_feedback(record))
        except ValueError as error:
            raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None
        return {"kept": True}

    @router.post("/questions")
    def keep_question(record: dict[str, Any]) -> dict[str, bool]:
        """Keep a question, where the settings want questions kept."""
        if questions is None:
            raise HTTPException(
                HTTPStatus.CONFLICT,
                "Questions are not kept here. Give all processes the same setting question_log.",
            )
        try:
            questions.keep(read_asked(record))
        except ValueError as error:
            raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None
        return {"kept": True}
