"""A small real embedder with a history, corpora of plain text files, and a Chroma server."""

import socket
import subprocess
import sys
import time
import urllib.request
import zlib
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from index.corpus import Corpus
from index.errors import EmbedderUnavailable
from index.language import LANGUAGES, LanguageDetector
from index.reading import Reading
from index.terms import grams
from index.types import Document, PassageVectors
from index.workspace import ChromaAddress

# Reading its model takes half a second, and most tests open a corpus several times.
DETECTOR = LanguageDetector()


class WordEmbedder:
    """Hashes the grams of a text into 64 dimensions; `history` has what was embedded.

    Fails after `fail_after` passages; takes `pause` seconds for each.
    """

    dimension = 64
    hindrance = ""
    languages = frozenset(LANGUAGES)

    def __init__(self, fingerprint="words", fail_after=None, pause=0.0):
        self.fingerprint = fingerprint
        self.history = []
        self._fail_after = fail_after
        self._pause = pause

    def embed_query(self, text):
        vector = np.full(self.dimension, 0.01, dtype=np.float32)
        for gram in grams(text):
            vector[zlib.crc32(gram.encode()) % self.dimension] += 1
        return vector / np.linalg.norm(vector)

    def embed_passages(self, passages):
        for passage in passages:
            if self._fail_after is not None and len(self.history) >= self._fail_after:
                raise EmbedderUnavailable("The embedder was unplugged. Plug it in.")
            time.sleep(self._pause)
            self.history.append(passage.text)
            sentences = [self.embed_query(passage.text_of(span)) for span in passage.sentences]
            rows = np.asarray(sentences, dtype=np.float32).reshape(-1, self.dimension)
            yield [PassageVectors(self.embed_query(passage.text), rows)]


def plain_text(path):
    """Load a UTF-8 file as it is."""
    return Document(path.stem, path.read_text(encoding="utf-8"))


def open_corpus(folder, embedder, chroma=None, reading=None):
    """Open a corpus of .txt files of up to a megabyte, unless it is told how to read."""
    reading = reading or Reading({".txt": plain_text}, DETECTOR, 1_000_000)
    return Corpus(folder, embedder, reading, chroma or ChromaAddress())


def free_port():
    """Find a loopback port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running_chroma(folder):
    """Run `chroma run` on a free loopback port; gives its address and process."""
    with chroma_on(folder, free_port()) as running:
        yield running


@contextmanager
def chroma_on(folder, port):
    """Run `chroma run` on a loopback port; gives its address and process."""
    command = [str(Path(sys.executable).parent / "chroma"), "run", "--path", str(folder)]
    server = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{url}/api/v2/heartbeat")
        yield url, server
    finally:
        server.kill()
        server.wait()


def wait_for(url):
    for _ in range(200):
        try:
            urllib.request.urlopen(url, timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"nothing answers at {url}")
