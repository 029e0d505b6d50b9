"""The settings of the language model: which one, where, and how much it reads and writes.

Knows names and values; nothing of how a model is asked.
"""

from typing import Literal

from pydantic import BaseModel, Field, SecretStr


class ModelSettings(BaseModel):
    """The language model; part of the settings of an installation."""

    model: str = Field(
        "auto",
        description="Language model: 'none' quotes only; 'auto' takes model_url if set, else the "
        "local weights if they are there; or a name at model_url; or a name of "
        "'bronwijzer model list'; or the path of a GGUF file.",
    )
    model_url: str = Field(
        "",
        description="Address of a server with OpenAI's protocol, such as "
        "http://localhost:11434/v1; it receives questions and passages.",
    )
    model_key: SecretStr = Field(SecretStr(""), description="Key for model_url, if it wants one.")
    model_timeout: float = Field(
        120.0, gt=0, le=3600, description="Seconds to wait for the model's next word."
    )
    model_threads: int = Field(
        0, ge=0, le=256, description="Threads of the local model; 0 is one a processor core."
    )
    model_engine: Literal["auto", "llama.cpp"] = Field(
        "auto",
        description="What runs the local model: 'auto' takes OpenVINO where that reads faster, "
        "else llama.cpp; or 'llama.cpp', which takes less memory and disk.",
    )
    answer_tokens: int = Field(
        300, ge=16, le=8192, description="Most tokens that the model may write for an answer."
    )
    context_characters: int = Field(
        1000,
        ge=200,
        le=200_000,
        description="Most characters of passages given to the model; a small local model reads "
        "about 200 a second.",
    )
