"""A server with nothing but what evidence and a reply cost at the least: to compare others with.

Knows how to embed a question and pass a model's pieces on; nothing of documents, queues or checks.
"""

import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from index.embedding import BundledEmbedder


def make_app(model_url: str) -> Starlette:
    """Make an app that answers `/api/ask` with events, as the assistant does."""
    embedder = BundledEmbedder()

    async def pieces(question: str) -> AsyncIterator[bytes]:
        vector = await to_thread.run_sync(embedder.embed_query, question)
        yield _event({"evidence": [float(vector[0])], "done": False})
        body = {"model": "scripted", "messages": [], "stream": True}
        async with (
            httpx.AsyncClient(timeout=300) as client,
            client.stream("POST", f"{model_url}/chat/completions", json=body) as response,
        ):
            async for line in response.aiter_lines():
                if line:
                    yield _event({"answer": line, "done": "[DONE]" in line})

    async def ask(request: Request) -> StreamingResponse:
        question = (await request.json())["question"]
        return StreamingResponse(pieces(question), media_type="text/event-stream")

    return Starlette(routes=[Route("/api/ask", ask, methods=["POST"])])


def _event(data: dict[str, object]) -> bytes:
    return f"data: {json.dumps(data)}\n\n".encode()


@contextmanager
def bare_server(model_url: str) -> Iterator[str]:
    """Run the app in a process of its own; gives its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.bare_server", model_url],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(timeout=60)


def main() -> None:
    """Serve on a free port, and say where."""
    app = make_app(sys.argv[1])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
