"""The order of the middleware."""

from starlette.middleware import Middleware
from starlette.types import ASGIApp

from keyconsole.service.middleware.access_log import AccessLogMiddleware
from keyconsole.service.middleware.deadline import DeadlineMiddleware
from keyconsole.service.middleware.disconnect import DisconnectMiddleware
from keyconsole.service.middleware.problem import ProblemMiddleware
from keyconsole.service.middleware.request_id import RequestIdMiddleware
from keyconsole.service.middleware.write_shield import WriteShieldMiddleware
from keyconsole.service.runtime import Runtime
from keyconsole.service.tasks import TaskSet


def with_middleware(app: ASGIApp, runtime: Runtime, writes: TaskSet) -> ASGIApp:
    """Returns the management API within its middleware; `writes` owns the tasks of changes."""
    outermost_first = (
        # Every answer carries the id, and every line of the log.
        Middleware(RequestIdMiddleware, ids=runtime.request_ids),
        # Outside of the deadline, so that what it answers is logged and counted too.
        Middleware(AccessLogMiddleware, requests=runtime.requests),
        # Outside of the deadline, which takes whoever receives for a body that is still arriving.
        Middleware(DisconnectMiddleware),
        # Outside of the shield: a change goes on after its time is over, and only the answer ends.
        Middleware(DeadlineMiddleware),
        Middleware(WriteShieldMiddleware, writes=writes),
        # Innermost, within the task of a change: a defect is logged though nobody awaits it.
        Middleware(ProblemMiddleware),
    )
    for cls, args, kwargs in reversed(outermost_first):
        app = cls(app, *args, **kwargs)
    return app
