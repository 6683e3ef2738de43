"""One request as the rules see it: who asks, under which id, and the service it runs in."""

from dataclasses import dataclass

from keyconsole.core.errors import FieldProblem, ProblemError, problem
from keyconsole.service.rules.principals import Actor
from keyconsole.service.runtime import Runtime
from keyconsole.service.store import integrations, keys
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.integrations import IntegrationRecord
from keyconsole.service.store.keys import KeyRecord
from keyconsole.wire import Permission


@dataclass(frozen=True, slots=True)
class Call:
    """The context of a use case."""

    runtime: Runtime
    actor: Actor
    request_id: str
    address: str | None = None

    def now(self) -> int:
        """The time of the service, in milliseconds."""
        return self.runtime.clock()


async def find_integration(
    tx: Connection, call: Call, integration_id: str, permission: Permission
) -> IntegrationRecord:
    """An integration that the actor may do this with.

    Raises `not-found` for one of another workspace exactly as for one that does not exist, and
    `permission-denied` for one of their own.
    """
    found = await integrations.find(tx, integration_id, call.actor.workspaces)
    if found is None:
        raise not_found("integration with this id")
    call.actor.require(permission, found.workspace_id)
    return found


async def find_key(tx: Connection, call: Call, pid: str, permission: Permission) -> KeyRecord:
    """A key that the actor may do this with; raises as `find_integration` does."""
    found = await keys.find(tx, pid, call.actor.workspaces)
    if found is None:
        raise not_found("key with this public key")
    call.actor.require(permission, found.workspace_id)
    return found


def one_workspace(call: Call, wanted: str | None, permission: Permission) -> str:
    """The workspace to do something in: the one named, or the only one where they may.

    Raises `not-found`, `permission-denied`, and `request-invalid` where there are several, or
    where the token reaches several and none is named.
    """
    if wanted is not None and wanted not in call.actor.workspaces:
        raise not_found()
    allowed = call.actor.workspaces_with(permission, wanted)
    if len(allowed) > 1 or (wanted is None and call.actor.must_name_workspace):
        sentence = "You have several workspaces: say which one."
        raise problem(
            "request-invalid",
            sentence,
            fields=[FieldProblem("workspace_id", "required", sentence)],
        )
    return allowed[0]


def not_found(what: str = "such thing here") -> ProblemError:
    """Returns the answer to whatever is not there, or must not be known to be.

    `what` is the same for both, so it never holds an id.
    """
    return problem("not-found", f"There is no {what}.")
