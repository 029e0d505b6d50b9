"""Loaders that fail in every way in which parsers do, by what is written in the file.

They lie in a module of their own since the process that reads files has to import them.
"""

import os
import signal
import sys
import time
from pathlib import Path

from index.errors import UnreadableFile
from index.types import Document


def load_badly(path):
    """Do what the first word of the file says; a text that says nothing of it is read."""
    text = path.read_text(encoding="utf-8")
    act = _ACTS.get(text.split()[0])
    return act(text) if act else Document(path.stem, text)


def load_and_run(path):
    """Start a program that outlives a parser, and hang; its number goes beside the file."""
    child = os.spawnlp(os.P_NOWAIT, "sleep", "sleep", "600")
    path.with_suffix(".pid").write_text(str(child))
    return _hang("")


def _refuse(text):
    raise UnreadableFile("It is written in invisible ink")


def _raise(text):
    raise KeyError("a bug of ours")


def _crash(text):
    os.kill(os.getpid(), signal.SIGSEGV)


def _exit(text):
    os._exit(3)


def _hang(text):
    while True:
        time.sleep(1)


def _spin(text):
    # One call that never comes back to the interpreter, where a handler of Python would run.
    return sum(iter(int, 1))


def _swell(text):
    return Document("swollen", "x" * 4_000_000_000)


def _flood(text):
    # It fits into the memory of the process that reads, but not through the pipe.
    return Document("flood", "Een zin. " * 20_000)


def _see(text):
    return Document("environment", f"Te zien: {sorted(os.environ)} {sorted(sys.modules)}")


def _write(text):
    os.write(1, b"noise of a C library\n")
    os.write(2, b"noise of a C library\n")
    return Document("noisy", Path(__file__).read_text(encoding="utf-8"))


_ACTS = {
    "crash": _crash,
    "exit": _exit,
    "flood": _flood,
    "hang": _hang,
    "raise": _raise,
    "refuse": _refuse,
    "see": _see,
    "spin": _spin,
    "swell": _swell,
    "write": _write,
}
