"""How a failure looks to a program: one shape for the HTTP interface, OpenAI's for its own paths.

Knows shapes and paths; nothing of what can fail.
"""

from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse

OPENAI_PREFIX = "/v1/"


def failure(
    path: str, status: int, message: str, param: str | None = None, code: str | None = None
) -> JSONResponse:
    """Make the response to a request for `path` that failed.

    `param` names the faulty value and `code` the kind of fault, where OpenAI's shape has them.
    """
    if not path.startswith(OPENAI_PREFIX):
        return JSONResponse({"error": message}, status_code=status)
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        status = HTTPStatus.BAD_REQUEST
    return JSONResponse(openai_error(status, message, param, code), status_code=status)


def openai_error(
    status: int, message: str, param: str | None = None, code: str | None = None
) -> dict[str, Any]:
    """Write an error as OpenAI's clients read it."""
    server = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    kind = "server_error" if server else "invalid_request_error"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        kind = "requests"
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}
