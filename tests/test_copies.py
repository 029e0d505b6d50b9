"""Files that say the same: what passages, citations and pages tell of them."""

import pytest

from assistant.rendering import show_evidence
from assistant.wire import read_answer
from assistant.wording import WordingBook
from tests.test_server import QUESTION, running

BOOK = WordingBook.bundled()
TURNED = "kopie\u202etxt.txt"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """One text of three lies in five more files, of one more in none."""
    folder = tmp_path_factory.mktemp("copies")
    with running(folder) as (client, installation):
        yield client, installation.corpus, folder / "texts"


def copies(corpus, texts, names):
    """Have a text lie in these further files, and no others."""
    for path in texts.glob("kopie*"):
        path.unlink()
    for name in names:
        (texts / name).write_bytes((texts / "kade.txt").read_bytes())
    list(corpus.sync([texts]))


def found(client):
    answer = client.post("/api/v1/ask", json=QUESTION).json()
    (passage,) = [item for item in answer["evidence"] if item["document"] == "kade.txt"]
    return answer, passage


def test_passages_and_citations_name_the_other_files(site):
    client, corpus, texts = site
    copies(corpus, texts, ["kopie1.txt", "kopie2.txt"])
    answer, passage = found(client)
    for item in (passage, answer["citations"][0]):
        assert item["document"] == "kade.txt"
        assert item["also_at"] == ["kopie1.txt", "kopie2.txt"] and item["copies"] == 2
    others = [item for item in answer["evidence"] if item["document"] != "kade.txt"]
    assert all(item["also_at"] == [] and item["copies"] == 0 for item in others)
    (ranked, *_) = client.post("/api/v1/search", json=QUESTION).json()["passages"]
    assert ranked["also_at"] == passage["also_at"]
    said = show_evidence(read_answer(answer), BOOK.of("en")).replace("\\", "")
    assert said.count("*The same text is also in: kopie1.txt, kopie2.txt*") == 1


@pytest.mark.parametrize(("several", "said"), [(4, "in nog 1 bestand"), (6, "in nog 3 bestanden")])
def test_of_many_copies_the_first_are_named_and_the_others_counted(site, several, said):
    client, corpus, texts = site
    names = [f"kopie{number}.txt" for number in range(several)]
    copies(corpus, texts, names)
    answer, passage = found(client)
    assert passage["also_at"] == names[:3] and passage["copies"] == several
    shown = show_evidence(read_answer(answer), BOOK.of("nl")).replace("\\", "")
    assert f"kopie0.txt, kopie1.txt, kopie2.txt, en {said}*" in shown
    page = client.get(f"/source/{passage['document_id']}").text
    assert f"The same text is also in: {', '.join(names)}<" in page


def test_a_name_turns_nothing_around(site):
    client, corpus, texts = site
    copies(corpus, texts, [TURNED])
    answer, passage = found(client)
    assert passage["also_at"] == [TURNED]
    shown = show_evidence(read_answer(answer), BOOK.of("en"))
    page = client.get(f"/source/{passage['document_id']}").text
    assert "kopie" in shown and "kopie" in page
    assert "\u202e" not in shown and "\u202e" not in page


def test_without_copies_nothing_is_said(site):
    client, corpus, texts = site
    copies(corpus, texts, [])
    answer, passage = found(client)
    assert passage["also_at"] == [] and passage["copies"] == 0
    assert "also in" not in show_evidence(read_answer(answer), BOOK.of("en"))
    assert "also in" not in client.get(f"/source/{passage['document_id']}").text
