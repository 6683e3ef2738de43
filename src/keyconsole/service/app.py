"""The ASGI app: `/v1/forward-auth` goes straight to verification, the rest to FastAPI."""

from functools import partial

from starlette.types import ASGIApp, Receive, Scope, Send

from keyconsole.core.errors import ConfigurationError
from keyconsole.service.clock import Clock, system_clock
from keyconsole.service.management import ManagementOnDemand, management
from keyconsole.service.middleware.stack import with_middleware
from keyconsole.service.rules import revocations
from keyconsole.service.runtime import Runtime
from keyconsole.service.scheduler import Scheduler, is_anything_due
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store.engine import StoreDamagedError
from keyconsole.service.tasks import TaskSet
from keyconsole.service.verification import forward_auth
from keyconsole.service.verification.forward_auth import ForwardAuth

_NOT_STARTED = "the service is not started: run its lifespan, or call start()"
_BELOW = forward_auth.PATH + "/"


class ServiceApp:
    """The service as an ASGI app, started by the server's lifespan or by whoever embeds it."""

    def __init__(
        self,
        settings: ServiceSettings,
        clock: Clock,
        elapsed: Clock | None = None,
        *,
        is_personal: bool = False,
    ) -> None:
        self.refusal: str | None = None
        """The reason why the lifespan did not start, in a sentence."""
        self._settings = settings
        self._clock = clock
        self._elapsed = elapsed
        self._is_personal = is_personal
        self.writes = TaskSet()
        """The changes that are being made."""
        self._runtime: Runtime | None = None
        self._due: Scheduler | None = None
        self._forward_auth: ASGIApp = _not_started
        self._management: ASGIApp = _not_started

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection of ASGI 3."""
        kind = scope["type"]
        if kind == "http":
            path = scope["path"]
            if path == forward_auth.PATH or path.startswith(_BELOW):
                await self._forward_auth(scope, receive, send)
            else:
                # The server leaves out the body: HEAD is answered as GET is (RFC 9110, 9.3.2).
                method = "GET" if scope["method"] == "HEAD" else scope["method"]
                asked = {**scope, "method": method, "state": {"runtime": self._runtime}}
                await self._management(asked, receive, send)
        elif kind == "lifespan":
            await self._lifespan(receive, send)
        elif kind == "websocket":
            await send({"type": "websocket.close", "code": 1000})

    async def start(self) -> Runtime:
        """Opens everything; raises `ConfigurationError`."""
        runtime = await Runtime.open(self._settings, self._clock, self._elapsed)
        try:
            await runtime.history.look()
        except StoreDamagedError as error:
            await runtime.aclose()
            raise ConfigurationError(error.reason) from error
        await revocations.resume(runtime)
        for task in runtime.periodic_tasks:
            task.start()
        self._runtime = runtime
        self._due = Scheduler(runtime)
        if self._is_personal:
            runtime.clock_watch.asks_only_if = partial(is_anything_due, runtime)
        await self._due.start()
        self._forward_auth = ForwardAuth(
            runtime.verifier,
            runtime.recorder,
            runtime.limiter,
            runtime.demands,
            self._settings.trusted_proxies,
            runtime.request_ids,
            runtime.limits.failures,
            runtime.verifications,
            places=self._settings.credential_places,
            lets_preflight=self._settings.lets_preflight,
        )
        routes = ManagementOnDemand() if self._is_personal else management()
        self._management = with_middleware(routes, runtime, self.writes)
        return runtime

    @property
    def verification(self) -> ForwardAuth | None:
        """The part that answers forward-auth, for a server that calls it without ASGI."""
        return self._forward_auth if isinstance(self._forward_auth, ForwardAuth) else None

    @property
    def runtime(self) -> Runtime:
        """The open runtime; raises `RuntimeError` before the start."""
        if self._runtime is None:
            raise RuntimeError(_NOT_STARTED)
        return self._runtime

    async def aclose(self) -> None:
        """Waits for the writes that began, then closes everything."""
        await self.writes.join()
        if self._due is not None:
            await self._due.aclose()
        await self.runtime.aclose()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            (await self.start()).checkpoints.start()
        except ConfigurationError as error:
            self.refusal = error.message
            await send({"type": "lifespan.startup.failed", "message": error.message})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.aclose()
        await send({"type": "lifespan.shutdown.complete"})


def create_app(
    settings: ServiceSettings,
    *,
    clock: Clock = system_clock,
    elapsed: Clock | None = None,
    is_personal: bool = False,
) -> ServiceApp:
    """Returns the service as an ASGI app for uvicorn (lifespan on), or for `start` and `aclose`.

    `elapsed` is the time that passed, which tells whether the clock was set. A personal service may
    be closed for any time; it doubts its clock only where something would be done by it.
    """
    return ServiceApp(settings, clock, elapsed, is_personal=is_personal)


async def _not_started(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise RuntimeError(_NOT_STARTED)
