"""Which model answers, and how the assistant hears of it."""

import hashlib
import os
import signal
import time

import pytest

import assistant.diagnosis as diagnosis
import assistant.model_supply as model_supply
import assistant.openvino_weights as openvino_weights
from assistant.errors import BadSetting, WeightsUnavailable
from assistant.local_model import LocalModelServer
from assistant.model_supply import ModelState, ModelSupply, hindrance
from assistant.openvino_weights import OpenVINOWeights
from assistant.settings import Settings
from assistant.types import Message
from assistant.weights import CATALOGUE, DEFAULT, Weights
from tests.scripted import openai_server
from tests.tiny_models import SAYS, write_gguf, write_qwen


class Shelf:
    """A source that has the bytes, or says why not."""

    name = "shelf"

    def __init__(self, content=b"", failure=""):
        self._content, self._failure = content, failure
        self.asked = 0

    def complete(self, weights, partial):
        self.asked += 1
        if self._failure:
            raise WeightsUnavailable(self._failure)
        partial.write_bytes(self._content)
        yield len(self._content)


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A catalogue whose default weights are a model of 100 kB; gives its bytes."""
    catalogued(tmp_path, monkeypatch, write_gguf)
    return (tmp_path / "made.gguf").read_bytes()


def supply_of(folder, used, *sources, **values):
    values = {"model_engine": "llama.cpp"} | values
    settings = Settings(data=folder / "data", model_threads=1, **values)
    return ModelSupply(settings, used.append, sources)


def reply(model):
    return next(model.stream([Message("user", "Echt?")]))


def kill_and_await(supply, used):
    """Kill the process of a model that is in use, and wait until another one is."""
    os.kill(supply._server._process.pid, signal.SIGKILL)
    begun = time.monotonic()
    while used[-1] is None or len(used) < 4:
        assert time.monotonic() - begun < 30
        time.sleep(0.05)


def test_none_asks_nobody(tmp_path):
    used, shelf = [], Shelf()
    with supply_of(tmp_path, used, shelf, model="none") as supply:
        supply.start(pull=True)
        assert supply.status.state is ModelState.NONE
    assert not used and not shelf.asked


def test_weights_that_are_not_here_are_offered_and_never_fetched_unasked(tmp_path, tiny):
    used, shelf = [], Shelf(tiny)
    with supply_of(tmp_path, used, shelf) as supply:
        supply.start()
        assert (supply.status.state, supply.status.name) == (ModelState.OFFERED, "tiny")
    assert not used and not shelf.asked


def test_weights_are_fetched_served_and_used_in_the_background(tmp_path, tiny):
    used, told = [], []
    with supply_of(tmp_path, used, Shelf(failure="no route"), Shelf(tiny)) as supply:
        supply.start(pull=True, tell=lambda status: told.append(status.state))
        supply.wait()
        assert supply.status.state is ModelState.READY, supply.status
        assert reply(used[-1]) == SAYS
        assert used[-1].host == ""
    assert told == [ModelState.FETCHING, ModelState.STARTING, ModelState.READY]
    assert used[-1] is None
    with supply_of(tmp_path, used) as again:
        again.start()
        again.wait()
        assert reply(used[-1]) == SAYS


def test_weights_that_were_copied_here_are_used_unasked(tmp_path, tiny):
    used = []
    folder = tmp_path / "data" / "models"
    folder.mkdir(parents=True)
    (folder / "tiny.gguf").write_bytes(tiny)
    (folder / "tiny.gguf.verified").write_text("what was written beside another copy")
    with supply_of(tmp_path, used) as supply:
        supply.start()
        supply.wait()
        assert supply.status.state is ModelState.READY, supply.status
        assert reply(used[-1]) == SAYS


def copied(folder, weights):
    models = folder / "data" / "models"
    models.mkdir(parents=True)
    (models / weights.file).write_bytes((folder / "made.gguf").read_bytes())
    return models


def catalogued(folder, monkeypatch, write):
    """Have a tiny model as the only and default one, on a processor for the faster engine."""
    content = write(folder / "made.gguf").read_bytes()
    weights = Weights(
        "tiny", "tiny.gguf", len(content), hashlib.sha256(content).hexdigest(), "MIT", ""
    )
    monkeypatch.setattr(model_supply, "CATALOGUE", {"tiny": weights})
    monkeypatch.setattr(model_supply, "DEFAULT", "tiny")
    monkeypatch.setattr(openvino_weights, "_processor", lambda: ["avx512_vnni"])
    return weights


def test_the_faster_engine_is_made_ready_once_and_used(tmp_path, monkeypatch):
    models = copied(tmp_path, catalogued(tmp_path, monkeypatch, write_qwen))
    used, times = [], set()
    for _ in range(2):
        with supply_of(tmp_path, used, model_engine="auto") as supply:
            supply.start()
            supply.wait()
            assert supply.status.state is ModelState.READY, supply.status
            assert reply(used[-1]) == SAYS
            (folder,) = models.glob("tiny.openvino-*")
            assert supply._server._path == folder
            times.add((folder / "openvino_model.bin").stat().st_mtime_ns)
    assert len(times) == 1


def test_where_the_faster_engine_fails_the_other_one_runs_and_that_is_logged(
    tmp_path, monkeypatch, caplog
):
    models = copied(tmp_path, catalogued(tmp_path, monkeypatch, write_gguf))
    used = []
    with caplog.at_level("INFO"), supply_of(tmp_path, used, model_engine="auto") as supply:
        supply.start()
        supply.wait()
        assert supply.status.state is ModelState.READY, supply.status
        assert reply(used[-1]) == SAYS
    assert not list(models.glob("tiny.*openvino*"))
    assert "llama.cpp runs the local model: " in caplog.text and "exit code" in caplog.text


def test_after_the_faster_engine_died_the_other_one_runs(tmp_path, monkeypatch):
    copied(tmp_path, catalogued(tmp_path, monkeypatch, write_qwen))
    used = []
    with supply_of(tmp_path, used, model_engine="auto") as supply:
        supply.start()
        supply.wait()
        assert supply._server._path.is_dir()
        kill_and_await(supply, used)
        assert reply(used[-1]) == SAYS
        assert supply._server._path.suffix == ".gguf"


def test_a_supply_that_is_closed_while_weights_are_made_starts_no_engine(tmp_path, monkeypatch):
    models = copied(tmp_path, catalogued(tmp_path, monkeypatch, write_qwen))
    used, told = [], []
    with supply_of(tmp_path, used, model_engine="auto") as supply:
        supply.start(tell=lambda status: told.append(status.state))
        while ModelState.STARTING not in told:
            time.sleep(0.001)
    assert supply._server is None or not supply._server.running
    assert ModelState.READY not in told and not any(used)
    assert not list(models.glob("tiny.*openvino*"))


def test_why_the_other_engine_runs(monkeypatch):
    monkeypatch.setattr(openvino_weights, "_processor", lambda: ["avx512_vnni"])
    weights = CATALOGUE[DEFAULT]
    assert hindrance(Settings(), weights) == ""
    assert "catalogue" in hindrance(Settings(), None)
    assert "model_engine" in hindrance(Settings(model_engine="llama.cpp"), weights)
    assert "model_threshold" in hindrance(Settings(model_threshold=0.5), weights)


def test_a_supply_that_is_closed_while_an_engine_starts_ends_it(tmp_path, tiny, monkeypatch):
    copied(tmp_path, model_supply.CATALOGUE["tiny"])
    started = []

    class SlowServer(LocalModelServer):
        def start(self):
            super().start()
            started.append(self)
            supply._closing.set()

    monkeypatch.setattr(model_supply, "LocalModelServer", SlowServer)
    used = []
    with supply_of(tmp_path, used) as supply:
        supply.start()
        supply.wait()
        assert supply.status.state is not ModelState.READY
    assert started and not started[0].running and not any(used)


def test_a_supply_that_only_reads_makes_nothing_but_uses_what_is_made(tmp_path, monkeypatch):
    weights = catalogued(tmp_path, monkeypatch, write_qwen)
    models = copied(tmp_path, weights)
    paths = []
    for _ in range(2):
        settings = Settings(data=tmp_path / "data", model_threads=1)
        with ModelSupply(settings, [].append, (), read_only=True) as supply:
            supply.start()
            supply.wait()
            paths.append(supply._server._path)
        OpenVINOWeights(models, weights).make(models / weights.file, lambda: False)
    assert [path.is_dir() for path in paths] == [False, True]


def test_the_doctor_says_which_engine_runs_the_model(tmp_path, monkeypatch):
    weights = catalogued(tmp_path, monkeypatch, write_qwen)
    monkeypatch.setattr(diagnosis, "CATALOGUE", {"tiny": weights})
    monkeypatch.setattr(diagnosis, "DEFAULT", "tiny")
    models = copied(tmp_path, weights)

    def said(**values):
        finding = diagnosis._model(Settings(data=tmp_path / "data", **values))
        assert finding.good
        return finding.detail

    assert said(model_engine="llama.cpp").endswith(
        "by llama.cpp, since the setting model_engine is llama.cpp"
    )
    assert said().endswith("whose form of it is made when it next starts")
    with monkeypatch.context() as short:
        short.setattr(openvino_weights, "_free_memory", lambda: 1000)
        assert "by llama.cpp, since OpenVINO's form of it is not made: it takes 0.0 GB of" in said()
    OpenVINOWeights(models, weights).make(models / weights.file, lambda: False)
    assert said().endswith("tiny, on this machine, by OpenVINO")


def test_a_model_whose_process_dies_comes_back(tmp_path, tiny):
    used = []
    with supply_of(tmp_path, used, Shelf(tiny)) as supply:
        supply.start(pull=True)
        supply.wait()
        kill_and_await(supply, used)
        assert reply(used[-1]) == SAYS


def test_when_all_sources_fail_the_reasons_are_told_and_quoting_goes_on(tmp_path, tiny):
    used = []
    with supply_of(tmp_path, used, Shelf(failure="no route"), Shelf(failure="no pip")) as supply:
        supply.start(pull=True)
        supply.wait()
        assert supply.status.state is ModelState.FAILED
        assert "no route" in supply.status.detail and "no pip" in supply.status.detail
        assert "model_url" in supply.status.detail
    assert set(used) == {None}


def test_any_gguf_file_can_be_named(tmp_path, tiny):
    used = []
    with supply_of(tmp_path, used, model=str(tmp_path / "made.gguf")) as supply:
        supply.start()
        supply.wait()
        assert supply.status.name == "made"
        assert reply(used[-1]) == SAYS


def test_a_broken_gguf_file_is_told(tmp_path):
    (tmp_path / "broken.gguf").write_bytes(b"nothing of the kind")
    used = []
    with supply_of(tmp_path, used, model=str(tmp_path / "broken.gguf")) as supply:
        supply.start()
        supply.wait()
        assert supply.status.state is ModelState.FAILED
        assert "no GGUF file" in supply.status.detail


@pytest.mark.parametrize(
    ("model", "said"), [("gpt-9", "model_url"), ("/not/there.gguf", "no such file")]
)
def test_a_model_that_does_not_exist_is_named(tmp_path, model, said):
    with pytest.raises(BadSetting, match=said):
        supply_of(tmp_path, [], model=model).start()


def test_a_server_is_used_at_once_and_a_dead_one_is_told(tmp_path):
    used = []
    with openai_server() as server:
        with supply_of(tmp_path, used, model_url=server.url) as supply:
            supply.start()
            assert (supply.status.state, supply.status.name) == (ModelState.READY, "first-model")
    with supply_of(tmp_path, used, model_url="http://127.0.0.1:1/v1") as supply:
        supply.start()
        assert supply.status.state is ModelState.FAILED
        assert "model_url" in supply.status.detail
