"""Health: whether the process lives, and whether it should be sent requests."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from ranker import __version__
from ranker.apps.service.problems import Problem, problems
from ranker.apps.service.running import Running

_RETRY_SECONDS = "1"  # loading an encoder takes no longer than a few of these

router = APIRouter(tags=["operations"])


@router.get("/healthz", summary="Whether the process lives", responses={200: {"description": "It lives"}})
async def healthz() -> dict[str, str]:
    """Always 200 while the process answers at all."""
    return {"status": "ok", "version": __version__}


@router.get("/readyz", summary="Whether requests should be sent here", responses={200: {"description": "It is ready"}, **problems(503)})
async def readyz(request: Request) -> Response:
    """Answers 503 until the encoder is loaded, after the thread that decides has died, and while the service stops."""
    running: Running = request.app.state.running
    reason = running.not_ready
    if reason is not None:
        raise Problem(503, "Not ready", f"Not ready: {reason}.", headers={"Retry-After": _RETRY_SECONDS, "Cache-Control": "no-store"})
    edition = running.desk.edition
    told: dict[str, Any] = {"status": "ready", "edition": edition.number, "articles": len(edition), "waiting": running.backlog()}
    return Response(msgspec.json.encode(told), media_type="application/json", headers={"Cache-Control": "no-store"})
