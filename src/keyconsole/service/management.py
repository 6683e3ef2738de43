"""The management API as a FastAPI app: routes, and every refusal as a problem document."""

from functools import cache

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from keyconsole.core.errors import ProblemError
from keyconsole.service import problems
from keyconsole.service.routes import (
    audit,
    denials,
    health,
    identify,
    integrations,
    introspection,
    invitations,
    keys,
    labelaudit,
    me,
    members,
    oauthmetadata,
    openapi,
    possession,
    refusals,
    revocations,
    rotation,
    tokens,
    workspaces,
)
from keyconsole.service.rules.principals import PermissionDeniedError
from keyconsole.service.store.engine import StoreUnavailableError

_RESOURCES = (
    me,
    integrations,
    keys,
    identify,
    rotation,
    revocations,
    refusals,
    audit,
    workspaces,
    labelaudit,
    members,
    tokens,
    invitations,
    introspection,
    possession,
)


@cache
def management() -> FastAPI:
    """Returns the FastAPI app of the management API.

    It knows no service: the runtime and the request id come with each request, in its state.
    So it is built once a process, which takes longer than opening the database.
    """
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=openapi.operation_id,
    )
    for module in _RESOURCES:
        app.include_router(module.router, prefix="/v1")
    app.include_router(oauthmetadata.router)
    app.include_router(health.router)
    app.include_router(openapi.router)
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
