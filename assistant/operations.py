"""Routes for whoever runs the server: whether it is ready, and its figures.

Knows who may see what; nothing of how the figures come about.
"""

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from assistant.access import is_local
from assistant.build import Installation
from assistant.identities import ANYONE, GUEST, identity_of
from assistant.metrics import CONTENT_TYPE
from assistant.readiness import Readiness
from assistant.types import MetricsRule


def operation_routes(installation: Installation, readiness: Readiness) -> APIRouter:
    """Make the routes of readiness and figures."""
    router = APIRouter()
    metrics, rule = installation.metrics, installation.settings.metrics
    metrics.show_state(
        installation.watch, installation.corpora.opened, lambda: installation.supply.status.state
    )

    @router.get("/readyz")
    def readyz(request: Request) -> Response:
        """Say whether questions can be answered: 200, or 503 with the reason.

        A reason may name files and servers, so whoever is not known, where others are, gets none.
        """
        state = readiness.state()
        reason = "" if identity_of(request.scope) is GUEST else state.reason
        body = {"status": "ready" if state.ready else "not ready", "reason": reason}
        if installation.owner is not None:
            # No reason to send nobody here: questions are answered all the same.
            body["owner"] = "away" if installation.owner.is_away() else "here"
        status = HTTPStatus.OK if state.ready else HTTPStatus.SERVICE_UNAVAILABLE
        return JSONResponse(body, status_code=status, headers={"Cache-Control": "no-store"})

    @router.get("/metrics", include_in_schema=False)
    def figures(request: Request) -> Response:
        """Give the figures in the text format of Prometheus."""
        if not _may_read(request, rule):
            told = _told(request)
            return JSONResponse({"error": told}, status_code=HTTPStatus.FORBIDDEN)
        return Response(metrics.written(), media_type=CONTENT_TYPE)

    return router


def _may_read(request: Request, rule: MetricsRule) -> bool:
    """Say whether a request may have figures, which are about all collections together."""
    identity = identity_of(request.scope)
    trusted = is_local(request) if identity is ANYONE else identity.rights.reads_all
    return rule == "everyone" or (rule == "local" and trusted)


def _told(request: Request) -> str:
    who = "programs on the server itself"
    if identity_of(request.scope) is not ANYONE:
        who = "whoever may read all collections"
    return f"The figures are for {who}; see the setting metrics."
