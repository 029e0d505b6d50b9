"""Documents that can drift from the code."""

import json
import re
import tomllib
from importlib.resources import files
from pathlib import Path
from string import Template

import pytest
import typer

from assistant.admission import OPEN, OPEN_BELOW
from assistant.cli import app
from assistant.embeds import Embed
from assistant.evaluation.gold import FIELDS
from assistant.evaluation.metrics import METRICS
from assistant.grants import Grant
from assistant.settings import Settings
from index.loaders import LOADERS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETTINGS = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
FILLED = {"language", "sources", "question", "history"}


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_in_its_page_with_its_default(name):
    row = re.search(rf"^\| `{name}` \| `?([^|`]*)`? \|", SETTINGS, re.MULTILINE)
    assert row, f"docs/settings.md has no row for the setting {name}"
    default = Settings.model_fields[name].default
    if isinstance(default, str | int | float | Path):
        assert row.group(1).strip() == str(default)


@pytest.mark.parametrize("name", Embed.model_fields)
def test_every_setting_of_an_embed_is_in_its_page(name):
    page = (ROOT / "docs" / "embedding.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| `{name}` \|", page, re.MULTILINE)


def test_every_command_is_in_the_readme_and_has_help():
    group = typer.main.get_command(app)
    for name, command in group.commands.items():
        subcommands = {sub for sub in getattr(command, "commands", {}) if sub != "run"}
        for words in [f"{name} {sub}" for sub in subcommands] or [name]:
            assert f"bronwijzer {words}" in README, words
        assert command.help


def test_every_metric_is_in_the_page_on_evaluation():
    page = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
    for name in METRICS:
        told = re.sub(r"_p\d+$", "", name).removeprefix("document_").split("@")[0]
        assert told in page or told.rpartition("_with")[0] in page, name


def test_every_field_of_a_gold_question_is_in_the_page_on_evaluation():
    page = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
    for name in FIELDS:
        assert f"`{name}`" in page, name


def test_every_file_type_is_in_the_readme_and_has_a_seed():
    seeds = {path.suffix for path in (ROOT / "seeds" / "documents").iterdir()}
    assert seeds <= set(LOADERS)
    for suffix in LOADERS:
        assert re.search(rf"{re.escape(suffix)}\b", README), suffix
    for loader in {id(loader): loader for loader in LOADERS.values()}.values():
        suffixes = {suffix for suffix, other in LOADERS.items() if other is loader}
        assert suffixes & seeds, suffixes


@pytest.mark.parametrize("path", sorted((ROOT / "prompts").glob("*.md")), ids=lambda p: p.name)
def test_prompts_use_only_what_the_code_fills(path):
    template = Template(path.read_text(encoding="utf-8"))
    assert template.is_valid()
    assert set(template.get_identifiers()) <= FILLED


def test_what_a_keeper_of_a_server_can_set_run_and_read_is_in_the_page_on_running():
    page = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    for name in ("stop_seconds", "log_format", "metrics", "question_log", "question_log_days"):
        assert name in Settings.model_fields
        assert f"`{name}" in page, name
    for command in ("backup", "restore", "gaps", "doctor"):
        assert command in typer.main.get_command(app).commands
        assert f"bw {command}" in page, command
    for route in ("/healthz", "/readyz", "/metrics"):
        assert f"`{route}`" in page


def test_what_is_open_and_what_can_be_granted_is_in_the_page_on_access():
    page = (ROOT / "docs" / "access.md").read_text(encoding="utf-8")
    for path in (*OPEN, *OPEN_BELOW):
        assert f"`{path}`" in page or path == "/embed/", path
    for name in (*Grant.model_fields, "access", "trusted_proxies", "user_header", "groups_header"):
        assert f"`{name}" in page, name
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    read = Settings.model_validate(tomllib.loads(example))
    assert read.access == "on" and len(read.grants) == 4


@pytest.mark.parametrize("name", ["bronwijzer.service", "bronwijzer-reader@.service"])
def test_the_unit_waits_longer_than_the_server(name):
    unit = (ROOT / "docs" / name).read_text(encoding="utf-8")
    (options,) = re.findall(r"^ExecStart=.*bronwijzer serve(.*)$", unit, re.MULTILINE)
    known = typer.main.get_command(app).commands["serve"].params
    assert set(re.findall(r"--\S+", options)) <= {name for p in known for name in p.opts}
    seconds = int(re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE).group(1))
    assert seconds > Settings.model_fields["stop_seconds"].default + 30
    for variable in re.findall(r"^Environment=(BRONWIJZER_\w+)=", unit, re.MULTILINE):
        assert variable.removeprefix("BRONWIJZER_").lower() in Settings.model_fields


def test_links_between_documents_lead_somewhere():
    pages = ("docs/access.md", "docs/evaluation.md", "docs/running.md", "docs/api.md")
    pages += ("docs/embedding.md", "docs/settings.md", "docs/measurements.md")
    for document in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", *pages):
        text = (ROOT / document).read_text(encoding="utf-8")
        folder = (ROOT / document).parent
        for target, heading in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", text):
            named = folder / target if target else ROOT / document
            assert named.exists(), f"{document} links to {target}"
            titles = re.findall(r"^#+ (.+)$", named.read_text("utf-8"), re.M) if heading else []
            assert not heading or heading in map(_anchor, titles), f"{document}: {heading}"


def test_the_bundle_has_the_pictures_that_its_documents_show():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (copied,) = re.findall(r"cp (docs/.*) dist/bundle/docs", makefile)
    (beside,) = re.findall(r"cp (.*README.*) dist/bundle$", makefile, re.MULTILINE)
    bundled = {found for pattern in f"{copied} {beside}".split() for found in ROOT.glob(pattern)}
    assert ROOT / "README.md" in bundled
    for document in (path for path in bundled if path.suffix == ".md"):
        text = document.read_text(encoding="utf-8")
        for target in re.findall(r"!\[[^]]*\]\(([^)]+)\)", text):
            assert document.parent / target in bundled, f"{document.name} shows {target}"


def _anchor(title):
    return re.sub(r"[^\w -]", "", title).lower().replace(" ", "-")


def test_the_table_of_languages_shows_what_the_coefficients_file_says():
    measured = json.loads(files("assistant").joinpath("support.json").read_text("utf-8"))
    text = (ROOT / "docs" / "measurements.md").read_text(encoding="utf-8")
    header = "| sentence \\ source | " + " | ".join(measured["accuracy"]) + " |"
    assert header in text
    for language, row in measured["accuracy"].items():
        assert f"| {language} | " + " | ".join(f"{v:.3f}" for v in row.values()) + " |" in text


def test_package_data_is_where_the_code_looks_for_it():
    for package, name in (
        ("prompts", "answer_system.md"),
        ("assistant", "phrases.toml"),
        ("assistant", "answerability.json"),
        ("index", "parallel_texts.json"),
        ("index", "language_means.json"),
        ("assistant", "support.json"),
        ("assistant", "asides.toml"),
        ("index", "e5_languages.txt"),
        ("index", "parallel_sentences.toml"),
    ):
        assert files(package).joinpath(name).is_file()
