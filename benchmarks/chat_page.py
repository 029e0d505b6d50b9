"""How soon a person sees evidence and the first word of a reply on the chat page.

Example runs:

    python -m benchmarks.chat_page DATA/squad2-en DATA/clapnq DATA/nomiracl --questions 40
    python -m benchmarks.chat_page DATA/squad2-en DATA/nomiracl --upload 20 --asking 3

Each folder has `documents.jsonl` and `questions.jsonl`; documents become text files, one each. Real
headless Chromium marks when Enter goes down, when a key sentence is in the page, and when the
reply begins, without being asked meanwhile. `/api/ask` as server-sent events answers the same
questions in the same run, in turns, so that the ratio holds on a busy machine too. The model is
scripted and replies at once, unless `--own-model` takes that of the settings.

With `--upload`, as many pages as `--asking` says keep asking; after a while that many more files
are brought in through the library page, and the latencies during that are told beside those before.
"""

import argparse
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks.question_sets import read_rows
from benchmarks.served_corpus import scripted_model, serving, write_files

MARKS = """(() => {
  const mark = (name) => performance.getEntriesByName(name).length || performance.mark(name);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.localName !== "textarea") return;
    performance.clearMarks();
    for (const old of document.querySelectorAll("#evidence strong")) old.dataset.old = "";
    window.turns = document.querySelectorAll("#conversation [data-testid=bot]").length;
    performance.mark("asked");
  }, true);
  new MutationObserver(() => {
    if (!performance.getEntriesByName("asked").length) return;
    if (document.querySelector("#evidence blockquote strong:not([data-old])")) mark("evidence");
    const reply = document.querySelectorAll("#conversation [data-testid=bot]")[window.turns];
    if (!reply) return;
    // Until a reply begins, quotations stand in its place, below a line of their own.
    const first = reply.querySelector(".md > *");
    if (first && first.localName !== "p") mark("reply");
    if (document.querySelector("#ask") && !document.querySelector("#stop")) mark("done");
  }).observe(document, { subtree: true, childList: true, characterData: true });
})();"""
READ = """() => Object.fromEntries(performance.getEntriesByType("mark")
  .filter((mark) => ["asked", "evidence", "reply", "done"].includes(mark.name))
  .map((mark) => [mark.name, mark.startTime]))"""
STEPS = ("evidence", "reply")
LONGEST_WAIT, SECONDS_BEFORE, THINKING, POLL = 60.0, 20.0, 1.0, 0.05  # Seconds
Times = dict[str, float]


def open_chat(browser: Browser, address: str, errors: list[str]) -> Page:
    """Open the chat page in a profile of its own."""
    page = browser.new_context(locale="en-GB").new_page()
    page.set_default_timeout(LONGEST_WAIT * 1000)
    page.add_init_script(MARKS)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.goto(address)
    expect(page.locator("#status")).to_contain_text("document")
    return page


def ask(page: Page, question: str) -> None:
    """Type a question and press Enter."""
    page.locator("#question textarea").fill(question)
    page.locator("#question textarea").press("Enter")


def seen(page: Page) -> Times | None:
    """Read what was marked, in milliseconds after Enter; None while the answer still grows."""
    marks = page.evaluate(READ)
    if "done" not in marks:
        return None
    return {name: at - marks["asked"] for name, at in marks.items() if name != "asked"}


def asked_in_page(page: Page, question: str) -> Times:
    """Ask in a page and wait for the whole answer."""
    ask(page, question)
    page.wait_for_function("() => performance.getEntriesByName('done').length")
    return seen(page) or {}


def asked_as_events(address: str, question: str) -> Times:
    """Ask by the HTTP interface: milliseconds to the first evidence and to the reply's begin."""
    times: Times = {}
    body = {"question": question}
    client = httpx.Client(headers={"Accept": "text/event-stream"}, timeout=LONGEST_WAIT)
    began = time.perf_counter()  # Making a client takes longer than asking with it.
    with client, client.stream("POST", f"{address}/api/ask", json=body) as response:
        for line in response.iter_lines():
            if not line.startswith("data:"):
                continue
            passed = 1000 * (time.perf_counter() - began)
            snapshot = json.loads(line.removeprefix("data:"))
            if snapshot.get("evidence"):
                times.setdefault("evidence", passed)
            if snapshot.get("kind", "evidence") != "evidence":
                times.setdefault("reply", passed)
    return times


def compare(browser: Browser, address: str, questions: Sequence[str]) -> list[str]:
    """Ask each question in a new page and as events, in turns; print both, give errors."""
    errors: list[str] = []
    pages: list[Times] = []
    events: list[Times] = []
    for number, question in enumerate(questions):
        page = open_chat(browser, address, errors)
        for way in ("page", "events") if number % 2 else ("events", "page"):
            if way == "page":
                pages.append(asked_in_page(page, question))
            else:
                events.append(asked_as_events(address, question))
        page.context.close()
    for step in STEPS:
        for name, times in (("page", pages), ("events", events)):
            print(f"{step} {name}: {summary(times, step)}")
        ratios = [p[step] / e[step] for p, e in zip(pages, events, strict=True) if step in p]
        print(f"{step} page to events: median ratio {statistics.median(ratios):.2f}")
    return errors


def keep_asking(
    pages: Sequence[Page], questions: Iterator[str], still: Iterator[None]
) -> list[Times]:
    """Have each page ask a question after the other, as long as `still` goes on."""
    times: list[Times] = []
    asked: dict[Page, bool] = dict.fromkeys(pages, False)
    due = dict.fromkeys(pages, 0.0)
    is_over = False
    while not (is_over and not any(asked.values())):
        is_over = next(still, "over") == "over"
        now = time.perf_counter()
        for page in pages:
            if asked[page] and (found := seen(page)) is not None:
                times.append(found)
                asked[page], due[page] = False, now + THINKING
            elif asked[page] and now > due[page] + LONGEST_WAIT:
                times.append({})
                asked[page] = False
            elif not asked[page] and not is_over and now > due[page]:
                ask(page, next(questions))
                asked[page], due[page] = True, now
    return times


def for_seconds(seconds: float) -> Iterator[None]:
    """Go on until so much time has passed."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        time.sleep(POLL)
        yield


def uploading(page: Page, files: Sequence[Path]) -> Iterator[None]:
    """Bring files in, and go on until the page has told what became of each."""
    began = time.perf_counter()
    page.locator("#upload input[type=file]").set_input_files(list(files))
    while time.perf_counter() < began + 10 * LONGEST_WAIT:
        told = page.locator("#outcomes li").all_inner_texts()
        if len(told) == len(files) and not any("is being read" in text for text in told):
            added = sum(text.rstrip().endswith("added") for text in told)
            took = time.perf_counter() - began
            print(f"{added} of {len(files)} files were added, in {took:.1f} s")
            return
        time.sleep(POLL)
        yield
    print("The upload did not end.")


def load(
    browser: Browser, address: str, questions: Sequence[str], files: Sequence[Path], asking: int
) -> list[str]:
    """Ask in several pages before and during an upload; print latencies, give errors."""
    errors: list[str] = []
    pages = [open_chat(browser, address, errors) for _ in range(asking)]
    library = browser.new_context(locale="en-GB").new_page()
    library.goto(f"{address}/library/")
    expect(library.locator("#count")).to_contain_text("shown")
    supply = cycle(questions)
    before = keep_asking(pages, supply, for_seconds(SECONDS_BEFORE))
    during = keep_asking(pages, supply, uploading(library, files))
    for step in STEPS:
        print(f"{step}, {asking} pages asking, before: {summary(before, step)}")
        print(f"{step}, {asking} pages asking, during the upload: {summary(during, step)}")
    failed = sum(page.locator("#conversation .bot", has_text="⚠️").count() for page in pages)
    print(f"answers that failed: {failed}")
    return errors


def summary(times: Sequence[Times], step: str) -> str:
    """Write the median and the 95th percentile of a step, and how often it was not seen."""
    known = sorted(time[step] for time in times if step in time)
    if not known:
        return "never seen"
    high = known[round(0.95 * (len(known) - 1))]
    missing = f", {len(times) - len(known)} not seen" if len(known) < len(times) else ""
    return f"p50 {statistics.median(known):.0f} ms, p95 {high:.0f} ms of {len(known)}{missing}"


def main() -> None:
    """Serve the documents and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="+", type=Path)
    for name, default in (("documents", 200), ("questions", 40), ("upload", 0), ("asking", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--own-model", action="store_true")
    options = parser.parse_args()
    rows = [row for path in options.sets for row in read_rows(path / "documents.jsonl")]
    later = rows[options.documents :][: options.upload]
    rows = rows[: options.documents]
    known = {row["id"] for row in rows}
    asked = [row for path in options.sets for row in read_rows(path / "questions.jsonl")]
    asked = [row for row in asked if row["answerable"] and known.issuperset(row["doc_ids"])]
    step = max(1, len(asked) // options.questions)
    questions = [row["question"] for row in asked[::step]][: options.questions]
    print(f"{len(rows)} documents, {len(questions)} questions")
    expect.set_options(timeout=LONGEST_WAIT * 1000)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = {} if options.own_model else stack.enter_context(scripted_model())
        texts, files = folder / "texts", write_files(later, folder / "later")
        write_files(rows, texts)
        address = stack.enter_context(serving(folder, texts, settings))
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        if files:
            errors = load(browser, address, questions, files, options.asking)
        else:
            errors = compare(browser, address, questions)
        print(f"errors of the pages: {errors or 'none'}")
        browser.close()


if __name__ == "__main__":
    main()
