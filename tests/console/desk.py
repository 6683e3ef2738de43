"""A person at a console that is open: what they do, what they see, and what is sent for them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
from tests import hands
from tests.stage import Stage, SteadyClient
from textual._callback import invoke
from textual.pilot import Pilot
from textual.screen import Screen

from keyconsole.client.transport import EmbeddedTransport
from keyconsole.console.app import KeyconsoleApp, Session
from keyconsole.core.queries.keys import KeyQuery
from keyconsole.wire import Integration, Key

ScreenT = TypeVar("ScreenT", bound=Screen[Any])

URL = "https://keys.example.com"
IN_USE, UNUSED, REVOKED = "api-gateway-prod", "laptop-test", "old-backend"

Outcome = Exception | httpx.Response | asyncio.Event


@dataclass
class Trouble:
    """What goes wrong once. `delivered` is whether the service still gets the request."""

    method: str
    path_end: str
    outcome: Outcome
    delivered: bool = False


@dataclass
class Network(httpx.AsyncBaseTransport):
    """The way to the service of a stage; it keeps what went over it."""

    stage: Stage
    is_down: bool = False
    requests: list[httpx.Request] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)

    def fail(
        self, method: str, path_end: str, outcome: Outcome, *, delivered: bool = False
    ) -> None:
        """Let the next such request fail."""
        self.troubles.append(Trouble(method, path_end, outcome, delivered))

    def sent(self, method: str, path_end: str) -> list[httpx.Request]:
        """The requests of that kind so far."""
        return [each for each in self.requests if _is(each, method, path_end)]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.is_down:
            raise httpx.ConnectError("refused", request=request)
        service = EmbeddedTransport(self.stage.service.app)
        for trouble in self.troubles:
            if _is(request, trouble.method, trouble.path_end):
                self.troubles.remove(trouble)
                return await self._suffer(trouble, service, request)
        return await service.handle_async_request(request)

    @staticmethod
    async def _suffer(
        trouble: Trouble, service: EmbeddedTransport, request: httpx.Request
    ) -> httpx.Response:
        if trouble.delivered:
            await (await service.handle_async_request(request)).aread()
        match trouble.outcome:
            case asyncio.Event() as held:
                await held.wait()
                return await service.handle_async_request(request)
            case httpx.Response() as response:
                return response
            case error:
                raise error

    def client(self) -> SteadyClient:
        """A client whose every request goes over this network."""
        return SteadyClient.remote(URL, self.stage.service.token, transport=self)

    async def session(self) -> Session:
        """What a console connects with."""
        client = self.client()
        return Session(client, "local", close=client.aclose)


def _is(request: httpx.Request, method: str, path_end: str) -> bool:
    return request.method == method and request.url.path.endswith(path_end)


@dataclass
class Desk:
    """One console, and the hands and eyes in front of it."""

    pilot: Pilot[None]
    stage: Stage
    app: KeyconsoleApp
    written: list[str] = field(default_factory=list)

    async def press(self, *keys: str) -> None:
        """Press keys, each after the one before has had its effect."""
        await hands.press(self.pilot, *keys)

    async def write(self, text: str) -> None:
        """Type into what has the focus."""
        await hands.type_text(self.pilot, text)

    async def paste(self, text: str) -> None:
        """Paste into what has the focus."""
        await hands.paste(self.pilot, text)

    async def settle(self) -> None:
        """Wait until nothing is on its way."""
        await hands.settle(self.pilot)

    async def resize(self, width: int, height: int) -> None:
        """Make the terminal another size."""
        await self.pilot.resize_terminal(width, height)
        await self.settle()

    async def click(self, where: str, *, x: int = 0, y: int = 0) -> None:
        """Click a widget."""
        await self.pilot.click(where, offset=(x, y))
        await self.settle()

    async def click_on(self, words: str) -> None:
        """Click where these words stand on the screen."""
        lines = self.text.split("\n")
        y = next(number for number, line in enumerate(lines) if words in line)
        await self.pilot.click(offset=(lines[y].index(words) + 1, y))
        await self.settle()

    async def go(self, text: str) -> None:
        """Type into the command line and take what it offers."""
        await self.press("colon")
        await self.write(text)
        await self.press("enter")

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something that a timer brings about."""
        async with asyncio.timeout(10):
            while not holds():
                await self.pilot.pause()

    async def let_seconds_pass(self, seconds: int) -> None:
        """Call what the screen does every second that often, without waiting for it."""
        for _ in range(seconds):
            for node in self.app.screen.walk_children(with_self=True):
                for timer in list(node._timers):
                    if timer._interval == 1 and timer._callback is not None:
                        await invoke(timer._callback)
        await self.settle()

    @property
    def text(self) -> str:
        """All that is on the screen."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in strips)

    @property
    def words(self) -> str:
        """All that is on the screen, however its lines are broken."""
        return " ".join(self.text.replace("│", " ").split())

    def see(self, kind: type[ScreenT]) -> ScreenT:
        """The screen on top, which must be of this kind."""
        assert isinstance(self.app.screen, kind), self.text
        return self.app.screen

    @property
    def labels(self) -> list[str]:
        """The labels or names in the list on the screen, from the top."""
        rows = self.app.screen.query_one("ListRows").rows  # type: ignore[attr-defined]
        return [getattr(row, "label", getattr(row, "name", "")) for row in rows]

    @property
    def rows(self) -> list[Any]:
        """The rows of the list on the screen, from the top."""
        return list(self.app.screen.query_one("ListRows").rows)  # type: ignore[attr-defined]

    @property
    def labels_of_keys(self) -> list[str]:
        """The labels of the keys that the rows are about, from the top."""
        return [row.key.label for row in self.rows]

    @property
    def under_cursor(self) -> Any:
        """The row under the cursor."""
        return self.app.screen.query_one("ListRows").current  # type: ignore[attr-defined]

    async def put_cursor_on(self, label: str) -> None:
        """Move the cursor to a row by the arrow keys."""
        await self.press("home")
        await self.press(*["down"] * self.labels.index(label))


@asynccontextmanager
async def sit_down(
    stage: Stage, route: str = "/oauth", *, size: tuple[int, int] = (120, 40), **options: Any
) -> AsyncIterator[Desk]:
    """Open a console and wait until it has shown what it opened on."""
    app = stage.console(route, **options)
    async with app.run_test(size=size) as pilot:
        desk = Desk(pilot, stage, app)
        assert app._driver is not None
        app._driver.write = desk.written.append  # type: ignore[assignment, method-assign]
        await desk.settle()
        yield desk


async def integration_of(stage: Stage, name: str = "Salesforce Production") -> Integration:
    """One of the integrations of the stage, by name."""
    page = await stage.client().integrations(limit=500)
    return next(item for item in page.items if item.name == name)


async def key_of(stage: Stage, label: str) -> Key:
    """One of the keys of the stage, by label."""
    page = await stage.client().keys(KeyQuery(label=label), limit=500)
    return next(key for key in page.items if key.label == label)


async def labels_made(stage: Stage, label: str) -> int:
    """How many keys with this label there are."""
    page = await stage.client().keys(KeyQuery(label=label), limit=500)
    return sum(key.label == label for key in page.items)
