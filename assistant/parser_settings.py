"""What the processes that read files may use: the part of the settings that bounds parsers.

Knows names and values; nothing of how limits are kept.
"""

from pydantic import BaseModel, Field


class ParserSettings(BaseModel):
    """Limits for one file, and how many are read at once."""

    parser_seconds: float = Field(
        120.0,
        gt=0,
        le=3600,
        description="Seconds of the processor that reading one file may take, and three times as "
        "many by the clock; it is then left out and named.",
    )
    parser_memory_mb: float = Field(
        1000.0,
        ge=100,
        le=100_000,
        description="Megabytes of memory that reading one file may take.",
    )
    parsers: int = Field(
        0,
        ge=0,
        le=64,
        description="Files that are read at once, each by a process of its own; 0 is one a "
        "processor core, but at most 4.",
    )
