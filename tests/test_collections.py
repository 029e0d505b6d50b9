"""Collections: each apart from all others, through every way in."""

import shutil
import threading
from contextlib import ExitStack

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from assistant.corpora import Collection, Corpora
from assistant.errors import BadCollection, UnknownCollection
from assistant.sources import source_routes
from assistant.wording import WordingBook
from index.corpus import Corpus
from index.errors import StoreUnavailable, SyncRunning, UnknownDocument, UnreadableFile
from index.loaders import LOADERS
from index.page_pictures import PagePictures
from index.reading import Reading
from index.vectors import open_client
from index.workspace import ChromaAddress, begin_catalog, discard_vectors, vector_collections
from tests.corpora import make_assistant, make_corpora, make_corpus, plain_text, write_texts
from tests.fakes import DETECTOR, WordEmbedder
from tests.test_loaders_pdf import pdf_file, typed
from tests.test_server import EVENTS, QUESTION, events, running

# Chroma's HTTP client leaves its sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

CANARY = "The canary Quirinus Vandermolen leads the secret works on the quay."


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with the small corpus, and a collection "vault" that holds the canary."""
    folder = tmp_path_factory.mktemp("collections")
    (folder / "secret").mkdir()
    (folder / "secret" / "canary.txt").write_text(CANARY, encoding="utf-8")
    with running(folder) as (client, installation):
        installation.corpora.create("vault")
        list(installation.corpora.corpus("vault").sync([folder / "secret"]))
        yield client, installation


@pytest.fixture
def client(server):
    return server[0]


def in_vault(body):
    return {**body, "collection": "vault"}


def test_a_question_to_one_collection_never_meets_another(client):
    """Both hold a document 1, so that numbers alone would mix them up."""
    question = {"question": "Who is the canary Quirinus Vandermolen?"}
    asked = [("/api/ask", {}), ("/api/ask", EVENTS), ("/api/search", {})]
    asked += [(path.replace("/api", "/api/v1"), headers) for path, headers in asked]
    for path, headers in asked:
        there = client.post(path, json=in_vault(question), headers=headers).text
        here = client.post(path, json=question, headers=headers).text
        assert "secret works" in there and "canary.txt" in there, path
        assert "secret works" not in here and "canary.txt" not in here, path
        assert "Dorrestein" not in there, path
    named = {**question, "documents": ["canary.txt"]}
    assert client.post("/api/ask", json=named).status_code == 404
    assert client.post("/api/search", json=named).status_code == 404
    assert client.get("/api/source/canary.txt").status_code == 404
    assert client.get("/api/source/canary.txt?collection=vault").json()["text"] == CANARY
    assert client.get("/api/v1/source/canary.txt").status_code == 404
    assert client.get("/api/v1/source/canary.txt?collection=vault").json()["text"] == CANARY
    assert client.get("/api/v1/collections").json() == {"collections": ["documents", "vault"]}
    asked = {"model": "bronwijzer", "messages": [{"role": "user", "content": question["question"]}]}
    assert "secret works" not in client.post("/v1/chat/completions", json=asked).text
    assert "canary" not in client.get("/api/v1/documents").text


def test_a_documents_addresses_stay_in_its_collection(server, client):
    (document,) = server[1].corpora.corpus("vault").documents()
    for path in ("/source", "/original"):
        there = f"{path}/{document.id}"
        assert "canary" not in client.get(f"{path}/1").text
        assert "canary" in client.get(f"{there}?collection=vault").text, path
        assert client.get(there).status_code == 404
        assert client.get(f"{path}/1?collection=vault").status_code == 404


def test_a_citation_of_a_collection_opens_there(client):
    answer = client.post("/api/ask", json=in_vault(QUESTION)).json()
    assert {item["collection"] for item in answer["evidence"]} == {"vault"}
    number = answer["evidence"][0]["document_id"]
    page = client.get(f"/source/{number}?collection=vault&start=0&end=10").text
    assert '<mark id="cited">The canary</mark>' in page
    assert f'href="../original/{number}?collection=vault"' in page


@pytest.mark.parametrize("name", ["nowhere", "", "..", "../data", "vault/", "Vault", "a" * 41])
def test_an_unknown_collection_is_an_error_that_lists_them(client, name):
    for path in ("/api/ask", "/api/search"):
        refused = client.post(path, json={**QUESTION, "collection": name})
        assert refused.status_code == 404 and "documents, vault" in refused.json()["error"]
    for path in ("/source/1", "/original/1", "/page/1/1", "/page/1/1.png", "/api/source/kade.txt"):
        assert client.get(path, params={"collection": name}).status_code == 404, path
    page = client.get("/source/1", params={"collection": name}, headers={"Accept": "text/html"})
    assert page.status_code == 404 and "Havenstraat" not in page.text


def test_the_owner_fills_lists_and_removes_a_collection(server, tmp_path):
    client, installation = server
    headers = {"Authorization": f"Bearer {installation.ownership.token}"}
    address, file = "/api/owner/sync?collection=fresh", tmp_path / "fresh.txt"
    file.write_text("Die Kantine öffnet um elf Uhr.", encoding="utf-8")
    for paths, status in ([], 404), ([str(tmp_path / "nowhere")], 422):
        refused = client.post(address, json={"paths": paths}, headers=headers)
        assert refused.status_code in (status, 503), refused.text
        assert client.get("/api/collections").json()["collections"] == ["documents", "vault"]
    synced = client.post(address, json={"paths": [str(file)]}, headers=headers)
    assert events(synced)[-1]["added"] == 1
    counts = client.get("/api/owner/collections", headers=headers).json()
    assert [(c["name"], c["documents"]) for c in counts] == [
        ("documents", 3), ("fresh", 1), ("vault", 1)
    ]  # fmt: skip
    titles = client.get("/api/owner/documents?collection=fresh", headers=headers).json()
    assert [document["title"] for document in titles] == ["fresh"]
    removed = client.post("/api/owner/remove-collection?collection=fresh", headers=headers)
    assert removed.status_code == 200 and file.exists()
    assert client.get("/api/collections").json()["collections"] == ["documents", "vault"]
    kept = client.post("/api/owner/remove-collection?collection=documents", headers=headers)
    assert kept.status_code == 422 and "bronwijzer remove" in kept.json()["error"]


@pytest.mark.parametrize("path", ["sync", "remove", "rebuild", "probe", "remove-collection"])
def test_collections_want_the_owners_token(client, path):
    assert client.post(f"/api/owner/{path}?collection=vault", json={}).status_code == 403
    assert client.get("/api/owner/collections").status_code == 403


@pytest.fixture
def corpora(tmp_path):
    with make_corpus(tmp_path / "data") as corpus:
        list(corpus.sync([write_texts(tmp_path / "texts")]))
        with make_corpora(tmp_path / "data", corpus, make_assistant(corpus)) as corpora:
            yield corpora


def test_collections_outlive_their_process(corpora, tmp_path):
    corpora.create_for("rules", [tmp_path / "texts" / "library.txt"])
    list(corpora.corpus("rules").sync([tmp_path / "texts" / "library.txt"]))
    corpora.close()
    assert corpora.names() == ("documents", "rules")
    assert [d.title for d in corpora.corpus("rules").documents()] == ["library"]
    assert corpora.corpus().document_count() == 3


def test_a_removed_collection_leaves_nothing_behind(corpora, tmp_path):
    corpora.create("rules")
    list(corpora.corpus("rules").sync([tmp_path / "texts" / "library.txt"]))
    assert corpora.folder("rules").exists()
    corpora.remove("rules")
    assert not corpora.folder("rules").exists() and corpora.names() == ("documents",)
    with pytest.raises(UnknownCollection):
        corpora.corpus("rules")
    corpora.create("rules")
    assert corpora.corpus("rules").document_count() == 0


def test_a_collection_made_again_uses_no_number_of_the_old_one(corpora, tmp_path):
    numbers = []
    for _ in range(2):
        corpora.create("rules")
        list(corpora.corpus("rules").sync([tmp_path / "texts" / "library.txt"]))
        numbers += [document.id for document in corpora.corpus("rules").documents()]
        corpora.remove("rules")
    corpora.create("rules")
    assert len(set(numbers)) == 2 and max(numbers) < 2**53
    for number in numbers:
        with pytest.raises(UnknownDocument):
            corpora.corpus("rules").source(number)


@pytest.mark.parametrize("damage", ["catalog", "pages"])
def test_a_damaged_collection_is_listed_and_can_be_removed(corpora, tmp_path, damage):
    corpora.create("rules")
    list(corpora.corpus("rules").sync([tmp_path / "texts" / "library.txt"]))
    corpora.close()
    file = corpora.folder("rules") / "catalog.sqlite3"
    kept = 0 if damage == "catalog" else 4096
    file.write_bytes(file.read_bytes()[:kept] + b"\xff" * (file.stat().st_size - kept))
    whole, broken = corpora.counted()
    assert (whole.name, whole.documents, whole.failure) == ("documents", 3, "")
    assert (broken.name, broken.documents) == ("rules", 0)
    assert "rules" in broken.failure and "bronwijzer" in broken.failure
    assert corpora.remove("rules") == ""
    assert corpora.names() == ("documents",)
    corpora.create("rules")
    list(corpora.corpus("rules").sync([tmp_path / "texts" / "library.txt"]))
    assert corpora.corpus("rules").search("library")


def test_vectors_of_a_damaged_collection_on_a_server_go_where_their_names_are_known(
    tmp_path, server_url
):
    address = ChromaAddress(server_url)
    folders = [tmp_path / "terms", tmp_path / "catalog"]
    for folder in folders:
        with make_corpus(folder, address) as corpus:
            list(corpus.sync([write_texts(tmp_path / f"{folder.name}-texts")]))
    names = [vector_collections(folder) for folder in folders]
    client = open_client(tmp_path, server_url)
    assert discard_vectors(folders[0], address) == ""
    (folders[1] / "catalog.sqlite3").write_text("no catalog " * 1000)
    assert f"left there. The catalog {folders[1]}" in discard_vectors(folders[1], address)
    there = {collection.name for collection in client.list_collections()}
    client.close()
    assert not there & set(names[0]) and there >= set(names[1])


def test_a_collection_that_hangs_while_it_opens_keeps_nobody_from_others(tmp_path):
    begun, go_on, opened = threading.Event(), threading.Event(), []

    def opener(place, name):
        if name == "slow":
            begun.set()
            assert go_on.wait(60)
        corpus = make_corpus(place)
        return Collection(corpus, make_assistant(corpus, name))

    with (
        make_corpus(tmp_path) as corpus,
        Corpora(tmp_path, Collection(corpus, make_assistant(corpus)), opener) as corpora,
    ):
        for name in ("quick", "slow"):
            corpora.create(name)
        waiting = threading.Thread(target=lambda: opened.append(corpora.corpus("slow")))
        waiting.start()
        try:
            assert begun.wait(60)
            assert corpora.corpus("quick").document_count() == 0
            assert list(corpora.opened()) == ["documents", "quick"] and not opened
            corpora.remove("quick")
        finally:
            go_on.set()
            waiting.join()
        assert opened == [corpora.corpus("slow")]


def test_a_question_that_waits_for_a_removal_brings_no_collection_back(tmp_path):
    begun, go_on, told = threading.Event(), threading.Event(), []

    def discard(folder):
        begun.set()
        assert go_on.wait(60)
        return ""

    def opener(place, name):
        raise StoreUnavailable("The catalog is damaged.")

    def ask():
        try:
            corpora.corpus("rules")
        except (StoreUnavailable, UnknownCollection) as error:
            told.append(type(error))

    with (
        make_corpus(tmp_path) as corpus,
        Corpora(tmp_path, Collection(corpus, make_assistant(corpus)), opener, discard) as corpora,
    ):
        corpora.create("rules")
        removing = threading.Thread(target=corpora.remove, args=("rules",))
        removing.start()
        assert begun.wait(60)
        asking = threading.Thread(target=ask)
        asking.start()
        go_on.set()
        removing.join()
        asking.join()
        assert told == [UnknownCollection] and corpora.names() == ("documents",)


def test_documents_are_removed_while_another_collection_is_synced(tmp_path):
    turn, texts = threading.Lock(), write_texts(tmp_path / "texts")
    reading = Reading({".txt": plain_text}, DETECTOR, 1_000_000)
    with ExitStack() as stack:
        one, other = (
            stack.enter_context(
                Corpus(tmp_path / name, WordEmbedder(), reading, ChromaAddress(), turn)
            )
            for name in ("one", "other")
        )
        list(one.sync([texts]))
        steps = other.sync([texts])
        next(steps)
        assert one.remove(texts / "kade.txt") == 1
        for refused in (lambda: list(one.sync()), lambda: other.remove(texts)):
            with pytest.raises(SyncRunning):
                refused()
        steps.close()


def test_what_is_asked_of_a_closed_collection_is_told_and_makes_no_file(corpora, tmp_path):
    corpora.create("rules")
    corpus = corpora.corpus("rules")
    list(corpus.sync([tmp_path / "texts" / "library.txt"]))
    corpora.remove("rules")
    with pytest.raises(StoreUnavailable, match="its collection was removed"):
        corpus.search("library")
    assert not corpora.folder("rules").exists()


def test_a_removal_that_fails_loses_nothing(corpora, tmp_path, monkeypatch):
    corpora.create("rules")
    corpus = corpora.corpus("rules")
    list(corpus.sync([tmp_path / "texts" / "library.txt"]))

    def down(*_):
        raise StoreUnavailable("The Chroma server does not answer.")

    monkeypatch.setattr(type(corpus._stores.vectors), "drop", down)
    with pytest.raises(StoreUnavailable):
        corpora.remove("rules")
    monkeypatch.undo()
    corpus = corpora.corpus("rules")
    assert corpus.passage_count() > 0
    report = list(corpus.sync())[-1]
    assert (report.unchanged, report.embedded) == (1, 0)
    assert corpus.passage_count() > 0


def test_a_removal_that_cannot_delete_all_leaves_no_half_collection(corpora, monkeypatch):
    corpora.create("rules")
    rmtree = shutil.rmtree

    def failing(folder, ignore_errors=False):
        if not ignore_errors:
            raise PermissionError(13, "Permission denied")
        rmtree(folder, ignore_errors=True)

    monkeypatch.setattr("assistant.corpora.shutil.rmtree", failing)
    with pytest.raises(PermissionError):
        corpora.remove("rules")
    assert corpora.names() == ("documents",)
    monkeypatch.undo()
    corpora.create("rules")
    corpora.remove("rules")


def test_a_collection_is_made_in_its_turn(corpora, monkeypatch):
    free = []

    def beginning(folder, after):
        other = threading.Thread(target=lambda: free.append(corpora._turn("rules").acquire(False)))
        other.start()
        other.join()
        begin_catalog(folder, after)

    monkeypatch.setattr("assistant.corpora.begin_catalog", beginning)
    corpora.create("rules")
    assert free == [False] and corpora.names() == ("documents", "rules")


def test_a_collection_is_not_removed_under_a_sync(corpora, tmp_path):
    corpora.create("rules")
    steps = corpora.corpus("rules").sync([tmp_path / "texts"])
    next(steps)
    with pytest.raises(SyncRunning):
        corpora.remove("rules")
    steps.close()
    assert corpora.corpus("rules") is not None and corpora.folder("rules").exists()


@pytest.mark.parametrize("name", ["", "..", "a/b", "Rules", "é", "a" * 41, "rules\n"])
def test_a_name_that_cannot_be(corpora, name):
    with pytest.raises(BadCollection, match="1 to 40"):
        corpora.create(name)
    assert corpora.names() == ("documents",)


def test_a_slip_in_a_path_makes_no_collection(corpora, tmp_path):
    with pytest.raises(UnreadableFile):
        corpora.create_for("rules", [tmp_path / "nowhere"])
    with pytest.raises(UnknownCollection, match="documents"):
        corpora.create_for("rules", [])
    assert corpora.names() == ("documents",)


def test_a_language_model_serves_every_collection(corpora):
    corpora.create("early")
    early, model = corpora.assistant("early"), object()
    corpora.use(model)
    corpora.create("late")
    assert [a.model for a in (early, corpora.assistant("late"), corpora.assistant())] == [model] * 3
    corpora.use(None)
    assert early.model is None


def test_a_page_of_one_collection_is_not_the_picture_of_another(tmp_path):
    """Both hold a document 1, and pictures of pages are kept for the next reader."""
    corpora, reading = {}, Reading(LOADERS, DETECTOR, 1_000_000)
    with ExitStack() as stack:
        for name in ("documents", "vault"):
            file = tmp_path / f"{name}.pdf"
            file.write_bytes(pdf_file(typed(f"A page of the {name}, and of nothing else.")))
            corpus = Corpus(tmp_path / name, WordEmbedder(), reading, ChromaAddress())
            corpora[name] = stack.enter_context(corpus)
            list(corpus.sync([file]))
        app = FastAPI()

        def of(_, name):
            return corpora[name]

        app.include_router(source_routes(of, PagePictures(), WordingBook.bundled()))
        with TestClient(app) as client:
            here = client.get("/page/1/1.png")
            there = client.get("/page/1/1.png?collection=vault")
            page = client.get("/page/1/1?collection=vault").text
    assert here.status_code == there.status_code == 200 and here.content != there.content
    assert 'src="1.png?collection=vault"' in page
    assert 'href="../../original/1?collection=vault"' in page
    assert 'href="../../source/1?collection=vault#cited"' in page
