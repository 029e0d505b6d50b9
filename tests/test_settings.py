"""Settings from file and environment, and what is said of wrong ones."""

from pathlib import Path

import pytest

from assistant.errors import BadSetting
from assistant.settings import Settings, read_settings


def test_later_sources_win(tmp_path):
    (tmp_path / "bronwijzer.toml").write_text('port = 1\nhost = "h"\nmodel = "none"\n')
    settings = read_settings({"BRONWIJZER_PORT": "2", "BRONWIJZER_HOST": "e"}, tmp_path, port=3)
    assert (settings.port, settings.host, settings.model) == (3, "e", "none")


def test_without_any_source_the_defaults_hold(tmp_path):
    assert read_settings({"PATH": "/bin"}, tmp_path) == Settings()


def test_the_file_can_be_named(tmp_path):
    file = tmp_path / "other.toml"
    file.write_text('data = "/somewhere"')
    settings = read_settings({"BRONWIJZER_CONFIG": str(file)}, tmp_path)
    assert settings.data == Path("/somewhere")


def test_languages_are_a_list_with_commas(tmp_path):
    assert read_settings({"BRONWIJZER_LANGUAGES": "nl,en"}, tmp_path).languages == ("nl", "en")


def test_example_questions_may_hold_commas_and_are_parted_by_a_bar(tmp_path):
    environment = {"BRONWIJZER_EXAMPLE_QUESTIONS": " When, and where? | Who?||"}
    assert read_settings(environment, tmp_path).example_questions == ("When, and where?", "Who?")
    (tmp_path / "bronwijzer.toml").write_text('example_questions = ["A | b?"]')
    assert read_settings({}, tmp_path).example_questions == ("A | b?",)
    assert read_settings({"BRONWIJZER_EXAMPLE_QUESTIONS": ""}, tmp_path).example_questions == ()


@pytest.mark.parametrize(
    ("environment", "file", "said"),
    [
        ({"BRONWIJZER_PROT": "1"}, "", "Did you mean BRONWIJZER_PORT"),
        ({}, "modle = 'none'", "Did you mean model"),
        ({"BRONWIJZER_PORT": "many"}, "", "port has the value 'many'"),
        ({"BRONWIJZER_PORT": "-1"}, "", "BRONWIJZER_PORT"),
        ({}, "port = = 1", "not valid TOML"),
        ({}, "feedback_megabytes = 0", "feedback_megabytes"),
        ({}, "example_questions = ['  ']", "example_questions"),
        ({"BRONWIJZER_CONFIG": "/not/there.toml"}, "", "BRONWIJZER_CONFIG"),
        ({"BRONWIJZER_GRANTS": "x"}, "", "Unset BRONWIJZER_GRANTS.*bronwijzer.toml alone"),
        ({"BRONWIJZER_TRUSTED_PROXIES": "0.0.0.0/0"}, "", ": 0.0.0.0/0 is every address"),
    ],
)
def test_wrong_settings_are_named_with_their_remedy(tmp_path, environment, file, said):
    if file:
        (tmp_path / "bronwijzer.toml").write_text(file)
    with pytest.raises(BadSetting, match=said):
        read_settings(environment, tmp_path)


def test_keys_are_never_shown(tmp_path):
    settings = read_settings({"BRONWIJZER_MODEL_KEY": "sk-secret"}, tmp_path)
    assert "sk-secret" not in repr(settings)
    with pytest.raises(BadSetting) as caught:
        read_settings({}, tmp_path, model_key=["sk-secret"])
    assert "sk-secret" not in str(caught.value)


def test_every_setting_has_help():
    assert all(field.description for field in Settings.model_fields.values())
