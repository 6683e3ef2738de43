"""`/livez`, `/readyz` and `/metrics`: for whoever restarts, routes and watches; no secret."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from keyconsole.core.errors import problem
from keyconsole.service.readiness import is_ready, obstacle
from keyconsole.service.routes.requests import runtime_of

router = APIRouter(tags=["operations"])


@router.get("/livez")
async def get_liveness() -> Response:
    """The process answers."""
    return Response('{"status":"live"}', media_type="application/json")


@router.get("/readyz")
async def get_readiness(request: Request) -> Response:
    """The database is reachable, current, guarded, whole and writable, and the clock is right."""
    if found := await obstacle(runtime_of(request)):
        raise problem("store-unavailable", found)
    return Response('{"status":"ready"}', media_type="application/json")


@router.get("/metrics", response_class=PlainTextResponse)
async def get_metrics(request: Request) -> Response:
    """The counters of this process, for Prometheus."""
    # Imported when it is scraped: the console's own service never is.
    from keyconsole.service.metrics import MEDIA_TYPE, expose

    runtime = runtime_of(request)
    await runtime.expiring.refresh()
    text = expose(runtime, is_ready=await is_ready(runtime))
    return Response(text, media_type=MEDIA_TYPE)
