"""The settings that bound how much is asked of the server at once.

Knows names and values; nothing of what they configure, or of where they are read from.
"""

from pydantic import BaseModel, Field


class LoadSettings(BaseModel):
    """Bounds on answers, questions and connections; part of the settings of an installation."""

    answers_at_once: int = Field(
        2,
        ge=1,
        le=1000,
        description="Answers that the language model writes at once; the local one does two. A "
        "model server with a GPU takes more.",
    )
    answers_waiting: int = Field(
        32,
        ge=0,
        le=1000,
        description="Answers that may wait for the language model, with their evidence shown; "
        "more questions are told that the server is busy.",
    )
    questions_per_minute: int = Field(
        240,
        ge=0,
        le=1_000_000,
        description="Most questions of one client in a minute, from other machines; where access "
        "is on, of one person or key, from anywhere; 0 is any number. Behind a proxy, set "
        "trusted_proxies, or all its readers are one client.",
    )
    embed_questions_per_day: int = Field(
        0, ge=0, description="Most questions through each embed in a day; 0 is any number."
    )
    questions_per_day: int = Field(
        0,
        ge=0,
        description="Most questions to the server in a day, such as a paid model allows; 0 is any "
        "number.",
    )
    remembered_replies: int = Field(
        1000,
        ge=0,
        le=100_000,
        description="Replies of the language model that are kept in memory, so that a question "
        "asked again of unchanged documents is answered at once; 0 keeps none.",
    )
    most_connections: int = Field(
        400,
        ge=10,
        le=100_000,
        description="Connections that are served at once; an open page takes two or three. The "
        "service may need a higher limit of open files for more.",
    )
