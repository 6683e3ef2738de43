"""The context of a request: the service, the principal and the id; and what rules look up in it."""

from dataclasses import dataclass

from keyconsole.core.errors import ProblemError, field_problem, problem
from keyconsole.service.rules.principals import Principal
from keyconsole.service.runtime import Runtime
from keyconsole.service.store import integrations, keys
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.integrations import IntegrationRecord
from keyconsole.service.store.keys import KeyRecord
from keyconsole.wire import Permission


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The service that a use case runs in, and what its audit events say of the request."""

    runtime: Runtime
    principal: Principal
    request_id: str
    address: str | None = None
    at: int | None = None
    """The time that all of it counts from, where that is not the time at which it runs."""

    @classmethod
    def without_request(
        cls, runtime: Runtime, name: str, *, at: int | None = None
    ) -> "RequestContext":
        """Returns the context of what the service does by itself, in the name of `name`."""
        return cls(runtime, Principal.named(name), runtime.request_ids.new(), at=at)

    def now(self) -> int:
        """Returns the time of the service, in milliseconds."""
        return self.runtime.clock() if self.at is None else self.at

    def is_clock_right(self) -> bool:
        """Returns true if what the clock decides now may be stored for good."""
        return self.runtime.clock_watch.is_right()


async def find_integration(
    tx: Connection, context: RequestContext, integration_id: str, permission: Permission
) -> IntegrationRecord:
    """Returns an integration that the principal may do this with.

    Raises `not-found` for one of another workspace exactly as for one that does not exist, and
    `permission-denied` for one of their own.
    """
    found = await integrations.find(tx, integration_id, context.principal.workspaces)
    if found is None:
        raise not_found("integration with this id")
    context.principal.require(permission, found.workspace_id)
    return found


async def find_key(
    tx: Connection, context: RequestContext, pid: str, permission: Permission
) -> KeyRecord:
    """Returns a key that the principal may do this with; raises as `find_integration` does."""
    found = await keys.find(tx, pid, context.principal.workspaces)
    if found is None:
        raise not_found("key with this public key")
    context.principal.require(permission, found.workspace_id)
    return found


def one_workspace(context: RequestContext, wanted: str | None, permission: Permission) -> str:
    """Returns the workspace to change: the one that is named, or the only one that is permitted.

    Raises `not-found`, `permission-denied`, and `request-invalid` where there are several, or
    where the token reaches several and none is named.
    """
    if wanted is not None and wanted not in context.principal.workspaces:
        raise not_found()
    allowed = context.principal.workspaces_with(permission, wanted)
    if len(allowed) > 1 or (wanted is None and context.principal.must_name_workspace):
        sentence = "You have several workspaces: say which one."
        raise field_problem("workspace_id", "required", sentence)
    return allowed[0]


def not_found(what: str = "such thing here") -> ProblemError:
    """Returns the answer to whatever is not there, or must not be known to be.

    `what` is the same for both, so it never holds an id.
    """
    return problem("not-found", f"There is no {what}.")
