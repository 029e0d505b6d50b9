"""The settings of folders: which files are read, when missing ones are asked about, watching.

Knows names, bounds and help; nothing of what they configure.
"""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

FilePattern = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)
]


class FolderSettings(BaseModel):
    """What a sync makes of folders."""

    include: tuple[FilePattern, ...] = Field(
        (),
        max_length=200,
        description="Patterns of the only files to read, such as '*.pdf'; empty is all types that "
        "can be read. In the environment, a comma parts them.",
    )
    exclude: tuple[FilePattern, ...] = Field(
        (),
        max_length=200,
        description="Patterns of files and folders that are left out, such as 'drafts'. In the "
        "environment, a comma parts them.",
    )
    removal_share: float = Field(
        0.3,
        ge=0,
        le=1,
        description="Share of a path's files that may be missing before a sync removes none of "
        "their documents and asks first.",
    )
    removal_files: int = Field(
        20,
        ge=1,
        le=1_000_000,
        description="Files that must be missing before removal_share counts; a folder with nothing "
        "left in it is always asked about.",
    )
    watch: bool = Field(
        False,
        description="Have 'serve' sync remembered folders when something in them changes, and "
        "every watch_minutes besides.",
    )
    watch_minutes: float = Field(
        15.0,
        ge=0.1,
        le=10_080,
        description="Minutes between two looks at all folders while watching; shares on other "
        "machines tell of no change in between.",
    )
