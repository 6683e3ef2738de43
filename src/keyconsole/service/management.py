"""The management API as a FastAPI app: routes, and every refusal as a problem document."""

import asyncio
import re
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from keyconsole.core.errors import ProblemError
from keyconsole.service import problems
from keyconsole.service.routes import denials
from keyconsole.service.rules.principals import PermissionDeniedError
from keyconsole.service.store.engine import StoreUnavailableError

FIRST = ("me", "integrations", "keys", "attention")
_RESOURCES = (
    *FIRST,
    "identify",
    "rotation",
    "revocations",
    "refusals",
    "audit",
    "workspaces",
    "labelaudit",
    "reports",
    "members",
    "tokens",
    "invitations",
    "introspection",
    "possession",
)

FIRST_READS = re.compile(r"/v1/(?:me|keys|attention|integrations(?:/[^/]+(?:/keys)?)?)")
"""The addresses that the first screens of a console read, all of them routes of `FIRST`."""


class ManagementOnDemand:
    """The management API of one person: the routes besides `FIRST` are imported on demand."""

    def __init__(self) -> None:
        self._whole: FastAPI | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, the first of the others after an import in a thread."""
        if scope["method"] == "GET" and FIRST_READS.fullmatch(scope["path"]):
            await _first_reads()(scope, receive, send)
            return
        if self._whole is None:
            self._whole = await asyncio.to_thread(management)
        await self._whole(scope, receive, send)


@cache
def management() -> FastAPI:
    """Returns the FastAPI app of the management API.

    It knows no service: the runtime and the request id come with each request, in its state.
    So it is built once a process, which takes longer than opening the database.
    """
    from keyconsole.service.routes import health, oauthmetadata, openapi

    app = _app(_RESOURCES, generate_unique_id_function=openapi.operation_id)
    app.include_router(oauthmetadata.router)
    app.include_router(health.router)
    app.include_router(openapi.router)
    return app


@cache
def _first_reads() -> FastAPI:
    return _app(FIRST)


def _app(resources: Sequence[str], **options: Any) -> FastAPI:
    app = FastAPI(
        openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, **options
    )
    for name in resources:
        module = import_module(f"keyconsole.service.routes.{name}")
        app.include_router(module.router, prefix="/v1")
    app.add_exception_handler(PermissionDeniedError, denials.on_denied)
    for kind in (
        ProblemError,
        HTTPException,
        RequestValidationError,
        StoreUnavailableError,
        Exception,
    ):
        app.add_exception_handler(kind, problems.on_error)
    return app
