"""The library page of several collections, by the requests that a browser makes.

The collection "vault" is for one group, "broken" cannot be opened; others are read or edited.
"""

import pytest

from assistant.grants import Grant
from tests.page_tab import Tab
from tests.test_server import running

LIBRARY = "/library"
UPLOAD = f"{LIBRARY}/gradio_api/upload"
ACCESS = {
    "access": "on",
    "trusted_proxies": ["127.0.0.1"],
    "grants": (
        Grant(group="staff", collections=("documents", "hr", "broken")),
        Grant(group="personnel", role="editor", collections=("hr", "broken")),
        Grant(group="vault", role="editor", collections=("vault",)),
        Grant(group="future", collections=("nowhere",)),
    ),
}
COLLECTION, PLACE, INTRO, STATUS, ADDING, SYNC, LIST, COUNT = range(8)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("libraries")
    with running(folder, **ACCESS) as (client, installation):
        for name in ("hr", "vault"):
            (folder / name).mkdir()
            (folder / name / f"{name}.txt").write_text(f"A page about the {name}.", "utf-8")
            installation.corpora.create(name)
            list(installation.corpora.corpus(name).sync([folder / name]))
        broken = folder / "data" / "collections" / "broken"
        broken.mkdir()
        (broken / "catalog.sqlite3").write_bytes(b"no database" * 1000)
        yield client, installation, folder


@pytest.fixture
def tab(site, request):
    """Open the page for members of some groups, each time in a tab of its own."""
    opened = []

    def opener(groups, collection=""):
        headers = {"X-Forwarded-User": groups, "X-Forwarded-Groups": groups}
        query = {"collection": collection} if collection else {}
        opened.append(f"{request.node.name}{len(opened)}")
        return Tab(site[0], headers, opened[-1], LIBRARY, query)

    return opener


def entered(tab):
    return tab.do("enter")[0]


def rows(values):
    return [label.splitlines()[0] for label, _ in values[LIST]["choices"]]


def send(site, tab, name, text, collection):
    """Send a file as the page does."""
    sent = site[0].post(UPLOAD, files={"files": (name, text.encode())}, headers=tab.headers)
    assert sent.status_code == 200, sent.text
    (path,) = sent.json()
    file = {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}}
    return tab.do("receive", [file], None, collection)


def looked(tab, collection, words="", position=COUNT):
    return tab.do("look", None, None, words, None, collection)[0][2:][position]


def test_a_reader_sees_the_lists_of_their_collections_and_nothing_to_change(tab):
    page = tab("staff")
    shown = entered(page)
    assert [value for _, value in shown[COLLECTION]["choices"]] == ["documents", "broken", "hr"]
    assert shown[COLLECTION]["value"] == "documents" and shown[COLLECTION]["visible"]
    assert set(rows(shown)) >= {"kade.txt", "library.txt"}
    assert not shown[ADDING]["visible"] and not shown[SYNC]["visible"]
    assert "Add your own" not in shown[INTRO] and "remove" not in shown[COUNT]
    _, *view = page.do("choose_collection", None, "hr")[0][3:]
    assert rows(view) == ["hr.txt"] and "?collection=hr" in view[PLACE]
    (_, key) = view[LIST]["choices"][0]
    opened, sent = page.do("choose", key, "hr")
    assert "/source/" in opened[2]["link"] and opened[2]["link"].endswith("?collection=hr")
    assert not opened[3]["visible"] and "/hr/" not in sent


def test_what_a_reader_asks_for_all_the_same_is_refused(site, tab):
    page, (client, installation, _) = tab("staff"), site
    entered(page)
    assert (
        client.post(UPLOAD, files={"files": ("a.txt", b"a")}, headers=page.headers).status_code
        == 403
    )
    for collection in ("documents", "hr"):
        corpus = installation.corpora.corpus(collection)
        before = corpus.documents()
        path = before[0].path
        page.do("sync", collection)
        page.do("choose", path, collection)
        page.do("remove", None, "", collection)
        assert corpus.documents() == before
        assert installation.stewards.of(collection).upkeep.state.asked == 0


def test_an_address_without_the_slash_keeps_its_collection(site):
    reader = {"X-Forwarded-User": "staff", "X-Forwarded-Groups": "staff"}
    for query in ("", "?collection=hr"):
        sent = site[0].get(f"{LIBRARY}{query}", headers=reader, follow_redirects=False)
        assert sent.status_code == 307 and sent.headers["location"] == f"{LIBRARY}/{query}"


def test_a_collection_that_is_not_seen_is_as_one_that_is_not_there(tab):
    for name in ("vault", "vaulx"):
        shown = entered(tab("staff", name))
        told = shown[STATUS].replace(name, "NAME").replace("\\", "")
        assert "There is no collection 'NAME'; there are: documents, broken, hr" in told
        assert not rows(shown) and not shown[ADDING]["visible"]
    assert "vault.txt" not in str(tab("staff").do("look", None, None, "", None, "vault"))


def test_an_editor_changes_the_collection_that_is_chosen_and_no_other(site, tab):
    page, (_, installation, folder) = tab("staff,personnel", "hr"), site
    shown = entered(page)
    assert shown[COLLECTION]["value"] == "hr" and shown[ADDING]["visible"]
    assert "Add your own" in shown[INTRO] and shown[SYNC]["visible"]
    received, _ = send(site, page, "leave.txt", "Everyone has thirty days of leave.", "hr")
    hr = installation.stewards.of("hr")
    assert hr.upkeep.wait(hr.upkeep.state.asked, 60)
    outcome = page.do("look", None, None, "", None, "hr")[0][1]
    assert "added" in outcome
    assert {path.name for path in hr.uploads.folder.iterdir()} == {"leave.txt"}
    assert hr.uploads.folder == folder / "data" / "collections" / "hr" / "uploads"
    assert not installation.uploads.folder.exists()
    path = str(hr.uploads.folder / "leave.txt")
    opened, _ = page.do("choose", path, "hr")
    assert opened[3]["visible"] and path in opened[1].replace("\\", "")
    asked, _ = page.do("ask", None, "hr")
    assert "leave" in asked[2]
    removed, _ = page.do("remove", None, "", "hr")
    assert "is deleted" in removed[1] and not list(hr.uploads.folder.iterdir())
    refused, _ = send(site, page, "leave.txt", "Thirty days.", "documents")
    assert "not change them" in refused[2].replace("\\", "")
    assert not installation.uploads.folder.exists() and installation.upkeep.state.asked == 0


def test_a_look_does_not_come_before_the_page(tab):
    values = tab("staff").do("look", *[None] * 5)[0]
    assert [value for value in values if value not in (None, {"__type__": "update"})] == []


def test_a_page_outlives_the_server_and_keeps_its_choice(tab):
    page = tab("staff")
    for _ in range(2):
        choice = looked(page, "hr", position=COLLECTION)
        assert "value" not in choice
    assert "hr" in looked(tab("staff"), "hr", position=PLACE)


def test_what_came_of_files_is_told_in_their_own_collection(site, tab):
    page = tab("staff,personnel", "hr")
    entered(page)
    upkeep = site[1].stewards.of("hr").upkeep
    send(site, page, "pay.txt", "Pay comes on the 24th.", "hr")
    gone, _ = page.do("choose_collection", None, "documents")
    assert gone[0] == "" and "pay" not in str(page.do("look", None, None, "", None, "documents"))
    assert upkeep.wait(upkeep.state.asked, 60)
    back, _ = page.do("choose_collection", None, "hr")
    assert "pay" in back[0]


def test_a_damaged_collection_says_so_and_leaves_the_page_as_it_is(tab):
    page = tab("staff,personnel", "broken")
    shown = entered(page)
    assert "catalog.sqlite3 cannot be used" in shown[STATUS].replace("\\", "")
    assert not rows(shown) and not shown[ADDING]["visible"] and not shown[SYNC]["visible"]
    assert shown[-1]["active"] is False and shown[-2]["visible"] is False
    *_, timer = page.do("look", None, None, "", None, "broken")[0]
    assert timer["active"] is False
    page.do("search", "", None, "broken")  # As the page does when it empties the box.
    _, *view = page.do("choose_collection", None, "hr")[0][3:]
    assert "hr.txt" in rows(view) and view[-1]["active"] is True


def test_a_reader_of_a_damaged_collection_is_told_no_path(tab):
    shown = entered(tab("staff", "broken"))
    assert "in its log" in shown[STATUS] and "catalog" not in shown[STATUS]


def test_an_open_page_notices_a_right_that_has_come_or_gone(site, tab):
    page = tab("staff,personnel", "hr")
    assert entered(page)[ADDING]["visible"] is True
    assert "visible" not in looked(page, "hr", position=ADDING)  # Nothing has changed.
    page.headers = {**page.headers, "X-Forwarded-Groups": "staff"}
    assert looked(page, "hr", position=ADDING)["visible"] is False
    page.headers = {**page.headers, "X-Forwarded-Groups": "vault"}
    assert not looked(page, "hr", position=LIST)["choices"]


def test_whoever_may_read_what_is_not_there_yet_is_told_so(tab):
    shown = entered(tab("future"))
    assert "no documents here that you may read" in shown[STATUS]
    assert shown[COLLECTION]["visible"] is False


@pytest.mark.parametrize("name", ["<b>x</b>", "../hr", "x" * 41, "HR"])
def test_what_is_no_name_in_the_address_is_left_out(tab, name):
    shown = entered(tab("staff", name))
    assert shown[COLLECTION]["value"] == "documents" and rows(shown)
