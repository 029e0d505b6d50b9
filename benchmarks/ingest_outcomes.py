"""What becomes of files of many kinds, here and in markitdown, and how long each takes.

Example run, with markitdown and all its extras in an environment of its own:

    python -m benchmarks.ingest_outcomes DATA/ingest-files/manifest.jsonl \
        --markitdown OTHER/bin/python --limit 60

A line of the manifest has `file` (below the manifest's folder), `outcome` and `must_contain`. Each
file is read by each reader in a process of its own, stopped after the limit; the time is that of
reading alone. An outcome is right where it is one that the manifest allows:

    text                   all of `must_contain` is in the text, white space and case aside
    clear-error            an error that names the cause; of markitdown any error of its own counts
    text-or-clear-error    either
    ocr-or-clear-error     text, or an error
    report                 anything but a crash or a stop

A crash is an exception that is none of the reader's own, or an end of the process.
"""

import argparse
import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = """
import json, sys, time
from pathlib import Path
from index.errors import UnreadableFile
from index.loaders import load
begun = time.perf_counter()
try:
    document = load(Path(sys.argv[1]))
    found = {"text": document.text, "notes": document.warnings}
except UnreadableFile as error:
    found = {"error": str(error)}
print(json.dumps({**found, "seconds": time.perf_counter() - begun}))
"""

BESIDE = """
import json, sys, time
from markitdown import MarkItDown, MarkItDownException
reader = MarkItDown()
begun = time.perf_counter()
try:
    found = {"text": reader.convert_local(sys.argv[1]).text_content}
except MarkItDownException as error:
    found = {"error": str(error)}
print(json.dumps({**found, "seconds": time.perf_counter() - begun}))
"""

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a reader made of a file: `got` is text, empty, error, crash or stopped."""

    got: str
    detail: str
    seconds: float
    is_right: bool


def main() -> None:
    """Read all files with all readers and show a table by class of outcome, then what was wrong."""
    arguments = _arguments()
    rows = [json.loads(line) for line in arguments.manifest.read_text("utf-8").splitlines()]
    readers = {"here": [sys.executable, "-c", HERE]}
    if arguments.markitdown:
        readers["markitdown"] = [str(arguments.markitdown), "-c", BESIDE]
    outcomes: dict[str, list[Outcome]] = {name: [] for name in readers}
    for row in rows:
        for name, command in readers.items():
            path = arguments.manifest.parent / row["file"]
            outcomes[name].append(_outcome(command, path, row, arguments.limit))
    _show_classes(rows, outcomes)
    _show_wrong(rows, outcomes)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--markitdown", type=Path, help="a Python that has markitdown")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for one file")
    return parser.parse_args()


def _outcome(command: Sequence[str], path: Path, row: dict[str, Any], limit: float) -> Outcome:
    try:
        run = subprocess.run(
            [*command, str(path)],
            capture_output=True,
            text=True,
            timeout=limit,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)} if command[0] == sys.executable else None,
        )
    except subprocess.TimeoutExpired:
        return Outcome("stopped", f"after {limit:.0f} s", limit, False)
    try:
        found = json.loads(run.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        detail = run.stderr.strip().split("\n")[-1]
        return Outcome("crash", detail, 0.0, False)
    text = found.get("text", "")
    got = "error" if "error" in found else "text" if text.strip() else "empty"
    detail = found.get("error", "") or "; ".join(found.get("notes", ()))
    return Outcome(got, detail, found["seconds"], _is_right(got, text, row))


def _is_right(got: str, text: str, row: dict[str, Any]) -> bool:
    if row["outcome"] == "report":
        return True
    if got == "error":
        return "clear-error" in row["outcome"]
    told = _squeezed(text)
    has_all = all(_squeezed(words) in told for words in row["must_contain"])
    return got == "text" and row["outcome"] != "clear-error" and has_all


def _squeezed(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _show_classes(rows: Sequence[dict[str, Any]], outcomes: dict[str, list[Outcome]]) -> None:
    print("| outcome | files | " + " | ".join(f"{name}: right, s" for name in outcomes) + " |")
    print("|---|---|" + "---|" * len(outcomes))
    classes = sorted({row["outcome"] for row in rows})
    for wanted in [*classes, "all"]:
        places = [n for n, row in enumerate(rows) if wanted in ("all", row["outcome"])]
        cells = []
        for found in outcomes.values():
            right = sum(found[place].is_right for place in places)
            cells.append(f"{right}, {sum(found[place].seconds for place in places):.2f}")
        print(f"| {wanted} | {len(places)} | {' | '.join(cells)} |")


def _show_wrong(rows: Sequence[dict[str, Any]], outcomes: dict[str, list[Outcome]]) -> None:
    for name, found in outcomes.items():
        for row, outcome in zip(rows, found, strict=True):
            if not outcome.is_right:
                print(f"{name}: {row['file']} ({row['outcome']}): {outcome.got} {outcome.detail}")


if __name__ == "__main__":
    main()
