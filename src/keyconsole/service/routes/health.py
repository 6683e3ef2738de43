"""`/livez` and `/readyz`, for whoever restarts and routes; they say nothing to strangers."""

from fastapi import APIRouter, Request, Response

from keyconsole.errors import problem
from keyconsole.service.routes.requests import runtime_of

router = APIRouter(tags=["operations"])


@router.get("/livez")
async def livez() -> Response:
    """The process answers."""
    return Response('{"status":"live"}', media_type="application/json")


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    """The database is reachable, current, guarded and can be written."""
    if found := await runtime_of(request).lookup.check():
        raise problem("store-unavailable", found)
    return Response('{"status":"ready"}', media_type="application/json")
