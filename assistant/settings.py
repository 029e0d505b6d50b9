"""Every knob: its default, its bounds and a sentence of help. Read from file and environment.

Knows names and values; nothing of what they configure.
"""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)

from assistant.embeds import Embed, EmbedName
from assistant.errors import BadSetting
from assistant.folder_settings import FolderSettings
from assistant.grants import Grant
from assistant.load_settings import LoadSettings
from assistant.model_settings import ModelSettings
from assistant.parser_settings import ParserSettings
from assistant.proxy_networks import ProxyNetwork
from assistant.types import AccessRule, LibraryRule, LogFormat, MetricsRule, Rewriting
from index.language import LANGUAGES

PREFIX = "BRONWIJZER_"
FILE_NAME = "bronwijzer.toml"
FILE_VARIABLE = "BRONWIJZER_CONFIG"

_LISTS = {
    "languages": ",",
    "embedder_languages": ",",
    "example_questions": "|",
    "include": ",",
    "exclude": ",",
    "trusted_proxies": ",",
}
"""What parts their items in the environment: a question may hold a comma."""

_TABLES = ("embeds", "grants")
"""What only the file can hold."""

_HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,100}$")]
_Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class Settings(ParserSettings, FolderSettings, LoadSettings, ModelSettings):
    """The settings of one installation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data: Path = Field(Path(".data"), description="Folder of the index and of model weights.")
    host: str = Field("127.0.0.1", description="Address to serve on; 0.0.0.0 is every interface.")
    port: int = Field(7860, ge=0, le=65535, description="Port to serve on; 0 takes a free one.")
    organisation: str = Field(
        "", max_length=100, description="Name of the organisation, in the title of the page."
    )
    greeting: str = Field("", max_length=2000, description="Text above the first question.")
    contact: str = Field(
        "",
        max_length=500,
        description="Whom to ask where the documents do not tell, such as 'Ask the service desk, "
        "tel. 14 020.'; shown with every refusal.",
    )
    example_questions: tuple[_Line, ...] = Field(
        (),
        max_length=8,
        description="First questions that the page suggests; empty takes them from the documents. "
        "In the environment, | parts them.",
    )
    feedback_megabytes: float = Field(
        20.0,
        ge=1,
        le=10_000,
        description="Most megabytes of readers' feedback that is kept; the oldest goes first.",
    )
    passages: int = Field(6, ge=1, le=20, description="Passages shown as evidence.")
    answer_threshold: float = Field(
        0.4,
        ge=0,
        le=1,
        description="Least probability that the passages hold the answer; below it the assistant "
        "says that the documents do not tell. Higher is stricter.",
    )
    model_threshold: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Least probability, of the search and the language model's own yes together, "
        "that the passages hold the answer, before the model may write one; 0 does not ask it.",
    )
    rewrite_followups: Rewriting = Field(
        "short",
        description="Which follow-ups the language model rewrites for a second search: 'never', "
        "'short' ones such as 'and when?', or 'always'; a small local model takes about three "
        "seconds.",
    )
    longest_question: int = Field(
        2000, ge=50, le=20_000, description="Most characters of a question."
    )
    languages: tuple[str, ...] = Field(
        LANGUAGES, min_length=1, description="Languages that are told apart, by two-letter code."
    )
    largest_file_mb: float = Field(
        50.0, gt=0, le=2000, description="Largest file that is read, in megabytes."
    )
    library: LibraryRule = Field(
        "local",
        description="Who may add and remove documents on the library page: 'local', a person on "
        "the machine itself; or 'nobody'.",
    )
    fast_embedding: bool = Field(
        True,
        description="Embed many passages several times faster, in a process of its own that takes "
        "about 600 MB while it works.",
    )
    embedder_url: str = Field(
        "",
        description="Address of OpenAI-compatible embeddings; empty is the bundled embedder. It "
        "receives all documents and questions.",
    )
    embedder_model: str = Field("", description="Name of the embedding model at embedder_url.")
    embedder_key: SecretStr = Field(SecretStr(""), description="Key for embedder_url.")
    embedder_languages: tuple[str, ...] = Field(
        (),
        description="Languages that the model at embedder_url covers, by two-letter code; empty "
        "measures it on the languages of your documents.",
    )
    embedder_query_prefix: str = Field("", description="Text the model wants before questions.")
    embedder_passage_prefix: str = Field("", description="Text it wants before passages.")
    chroma_url: str = Field(
        "", description="Address of a Chroma server; empty is a store in the data folder."
    )
    chroma_key: SecretStr = Field(SecretStr(""), description="Bearer token for chroma_url.")
    stop_seconds: float = Field(
        30.0,
        ge=0,
        le=3600,
        description="Seconds that answers get to finish when the server is told to stop.",
    )
    log_format: LogFormat = Field(
        "plain",
        description="How the log on standard error is written: 'plain', 'json' (an object a "
        "line), or 'none'. It never holds a question or the name of a document.",
    )
    metrics: MetricsRule = Field(
        "local",
        description="Who may read /metrics: 'local', programs on the machine itself; 'everyone'; "
        "or 'nobody'.",
    )
    question_log: bool = Field(
        False,
        description="Keep every question in the data folder, for 'bronwijzer gaps'; tell your "
        "readers if you do.",
    )
    question_log_days: int = Field(
        90, ge=1, le=3650, description="Days after which a kept question is deleted."
    )
    embeds: Mapping[EmbedName, Embed] = Field(
        {},
        max_length=100,
        description="Assistants on pages of other sites, each a table such as [embeds.hr]; only in "
        "the file.",
    )

    access: AccessRule = Field(
        "off",
        description="Whether readers are told apart: 'off', whoever reaches the server may read "
        "all; or 'on', only whom a proxy or a key makes known, and what grants allow them.",
    )
    trusted_proxies: tuple[ProxyNetwork, ...] = Field(
        (),
        max_length=100,
        description="Addresses or networks of the proxies in front, such as 127.0.0.1. Their "
        "headers alone say who somebody is, which client asks, and whether over https.",
    )
    user_header: _HeaderName = Field(
        "X-Forwarded-User", description="Header in which they say who it is."
    )
    groups_header: _HeaderName = Field(
        "X-Forwarded-Groups", description="Header in which they say which groups, with commas."
    )
    grants: tuple[Grant, ...] = Field(
        (),
        max_length=1000,
        description="Who may read or change which collections, each a table [[grants]]; only in "
        "the file.",
    )

    server_key: SecretStr = Field(
        SecretStr(""), description="Key that 'eval --url' shows to a server whose access is on."
    )

    @model_validator(mode="after")
    def _grants_are_in_force(self) -> Self:
        if self.grants and self.access == "off":
            raise ValueError("grants are set, but access is off: set access = 'on'")
        if self.access == "off" and any(embed.signed_in for embed in self.embeds.values()):
            raise ValueError("an embed has signed_in, but access is off: set access = 'on'")
        return self

    @property
    def models_folder(self) -> Path:
        """The folder of model weights."""
        return self.data / "models"

    @property
    def uploads_folder(self) -> Path:
        """The folder of files that were brought in through a page."""
        return self.data / "uploads"

    @property
    def questions_folder(self) -> Path:
        """The folder of questions that were asked, where they are kept."""
        return self.data / "questions"

    @property
    def arrivals_folder(self) -> Path:
        """The folder of files that are on their way into uploads, or were left on it."""
        return self.data / "arrivals"


def read_settings(environment: Mapping[str, str], folder: Path, **overrides: object) -> Settings:
    """Merge defaults, the settings file, the environment and overrides, the later winning.

    The file is `bronwijzer.toml` in `folder`, or what BRONWIJZER_CONFIG names. Raises BadSetting.
    """
    values = _from_file(environment, folder) | _from_environment(environment)
    values |= {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        if not first["loc"]:
            raise BadSetting(f"The settings: {first['msg']}.") from None
        name = str(first["loc"][0])
        said = first["msg"].removeprefix("Value error, ").rstrip(".")
        shown = "" if "key" in name else f" has the value {first['input']!r}"
        place, where = name, f"{FILE_NAME} or in {PREFIX}{name.upper()}"
        if name in _TABLES:
            place, where = ".".join(map(str, first["loc"])), FILE_NAME
        raise BadSetting(f"The setting {place}{shown}: {said}. Correct it in {where}.") from None


def _from_file(environment: Mapping[str, str], folder: Path) -> dict[str, Any]:
    named = environment.get(FILE_VARIABLE)
    path = Path(named) if named else folder / FILE_NAME
    if not named and not path.exists():
        return {}
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSetting(
            f"The settings file {path} cannot be read: {error.strerror}. "
            f"Correct {FILE_VARIABLE} or unset it."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(f"The settings file {path} is not valid TOML: {error}.") from None
    for name in values:
        _check_name(name, name, f"in {path}")
    return values


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for variable, value in environment.items():
        if variable.startswith(PREFIX) and variable != FILE_VARIABLE:
            name = variable.removeprefix(PREFIX).lower()
            _check_name(name, variable, "in the environment")
            if name in _TABLES:
                raise BadSetting(f"Unset {variable}: {name} is written in {FILE_NAME} alone.")
            values[name] = _items(value, _LISTS[name]) if name in _LISTS else value
    return values


def _items(value: str, parting: str) -> list[str]:
    return [item for item in value.split(parting) if item.strip()]


def _check_name(name: str, shown: str, where: str) -> None:
    if name in Settings.model_fields:
        return
    near = difflib.get_close_matches(name, Settings.model_fields, n=1, cutoff=0.6)
    prefix = PREFIX if shown.startswith(PREFIX) else ""
    hint = f" Did you mean {prefix}{near[0].upper() if prefix else near[0]}?" if near else ""
    raise BadSetting(f"There is no setting {shown} ({where}).{hint} All are in docs/settings.md.")
