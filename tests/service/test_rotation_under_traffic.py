"""Two clients switch at different times while the service dies: never a moment without a key.

The service is a process of its own that is killed and started again; its clock is the machine's,
and what the test adds to it. Nothing here waits for time: it waits for the next answer.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.service.processes import ENVIRONMENT
from tests.service.world import COMPLETE, fresh_nonce

from keyconsole.service.clock import MINUTE
from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings

QUIET_MINUTES = 10
STEP = 4 * MINUTE
"""Time never jumps as far as the quiet time: a client in use has used its key within it."""

_SERVE = """
import pathlib, sys, types
from keyconsole.service import clock, scheduler
from keyconsole.service.server import run
from keyconsole.service.settings import ServiceSettings
directory, later, now = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), clock.time.time_ns
clock.time = types.SimpleNamespace(
    time_ns=lambda: now() + int(later.read_text()) * 1_000_000,
    clock_gettime_ns=lambda _: clock.time.time_ns(),
)
scheduler.EVERY_SECONDS = 0.2
run(ServiceSettings.from_environment(directory), port=int(sys.argv[3]), workers=1)
"""


class Place:
    """Where the service runs, dies and runs again, and the clock that it goes by."""

    def __init__(self, directory: Path) -> None:
        self.data_dir, self.later = directory / "data", directory / "later"
        self.later.write_text("0")
        self.url = ""
        self._script = directory / "serve.py"
        self._script.write_text(_SERVE)
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        port = self.url.rpartition(":")[2] or "0"
        arguments = [str(self._script), str(self.data_dir), str(self.later), port]
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            env=ENVIRONMENT | {"KEYCONSOLE_RATE_LIMITS": "off", "KEYCONSOLE_LOG_LEVEL": "warning"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout is not None
        told = []
        for line in self._process.stdout:
            told.append(line)
            if line.startswith("listening on "):
                self.url = line.split()[-1]
                return
        raise AssertionError("".join(told))

    def kill(self) -> None:
        """As a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def pass_time(self) -> None:
        later = self.later.with_suffix(".next")
        later.write_text(str(int(self.later.read_text()) + STEP))
        later.replace(self.later)


class Client(threading.Thread):
    """A program that presents its key again and again, and another one once it is told to."""

    def __init__(self, place: Place, secret: str) -> None:
        super().__init__()
        self.place, self.secret = place, secret
        self.refused: list[tuple[int, str | None]] = []
        self.accepted: dict[str, int] = {}
        self._answered = threading.Condition()
        self._ended = False

    def run(self) -> None:
        with httpx.Client(timeout=30) as http:
            while not self._ended:
                secret = self.secret
                try:
                    answer = http.get(
                        f"{self.place.url}/v1/forward-auth",
                        headers={"authorization": f"Bearer {secret}"},
                    )
                except httpx.TransportError:
                    continue  # nobody is there: that is not a key that does not work
                with self._answered:
                    if answer.status_code == 200:
                        self.accepted[secret] = self.accepted.get(secret, 0) + 1
                    else:
                        self.refused.append(
                            (answer.status_code, answer.headers.get("x-auth-reason"))
                        )
                    self._answered.notify_all()

    def end(self) -> None:
        self._ended = True
        self.join()

    def works_on(self) -> None:
        """Wait until the key it has now was let through once more, or was not."""
        with self._answered:
            before, refused = self.accepted.get(self.secret, 0), len(self.refused)
            assert self._answered.wait_for(
                lambda: self.accepted.get(self.secret, 0) > before or len(self.refused) > refused,
                timeout=60,
            )
        assert not self.refused


class Operator:
    """Whoever rotates the key, over HTTP."""

    def __init__(self, place: Place, token: str) -> None:
        self.place, self.token = place, token

    def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = httpx.request(
            method,
            f"{self.place.url}{path}",
            json=body,
            headers={
                "authorization": f"Bearer {self.token}",
                "idempotency-key": fresh_nonce(),
            },
            timeout=60,
        )
        assert answer.is_success, answer.text
        return dict(answer.json())

    def until(self, path: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Ask until it holds; each answer is the wait for the next."""
        shown: dict[str, Any] = {}
        for _ in range(2_000):
            shown = self.ask("GET", path)
            if holds(shown):
                return shown
        raise AssertionError(json.dumps(shown, indent=1))


@pytest.fixture
async def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@contextmanager
def working(*clients: Client) -> Iterator[None]:
    for client in clients:
        client.start()
    try:
        yield
    finally:
        for client in clients:
            client.end()


async def test_the_old_key_goes_once_the_last_client_has_left_it_and_not_before(
    place: Place,
) -> None:
    settings = ServiceSettings.from_environment(place.data_dir, environ={})
    made = await initialize(settings, workspace="acme", account="ops@acme.example")
    place.start()
    try:
        rotate_under_traffic(place, Operator(place, made.operator_token))
    finally:
        place.kill()


def rotate_under_traffic(place: Place, operator: Operator) -> None:
    integration = operator.ask("POST", "/v1/integrations", COMPLETE | {"name": "Salesforce"})
    old = operator.ask(
        "POST", f"/v1/integrations/{integration['id']}/keys", {"label": "api-gateway-prod"}
    )
    old_path = f"/v1/keys/{old['key']['public_key']}"
    first, second = Client(place, old["secret"]), Client(place, old["secret"])
    with working(first, second):
        first.works_on()
        second.works_on()
        terms = {"quiet_minutes": QUIET_MINUTES, "automatic": True}
        new = operator.ask("POST", f"{old_path}/rotation", terms)

        first.secret = new["secret"]
        for number in range(5):
            place.pass_time()
            if number == 2:
                place.kill()
                place.start()
            first.works_on()
            second.works_on()
            shown = seen_in_use(operator, old_path)
            assert (shown["state"], shown["waiting_for"]) == ("waiting", ["old_in_use"])
        assert second.accepted[old["secret"]] > 5

        second.secret = new["secret"]
        second.works_on()
        left_at = operator.ask("GET", old_path)["last_used_at"]
        place.kill()
        for _ in range(4):
            place.pass_time()
        place.start()
        ended = operator.until(f"{old_path}/rotation", lambda now: now["state"] == "completed")
        first.works_on()
        second.works_on()

    assert (first.refused, second.refused) == ([], [])
    card = operator.ask("GET", old_path)
    assert (card["status"], card["revoke_reason"]) == ("revoked", "superseded")
    assert card["last_used_at"] >= left_at
    assert card["revoked_at"] > card["last_used_at"]
    assert minutes_between(card["last_used_at"], card["revoked_at"]) >= QUIET_MINUTES
    assert ended["new"]["key"]["status"] == "active"


def seen_in_use(operator: Operator, old_path: str) -> dict[str, Any]:
    """The rotation, as soon as it has seen the old key used since time passed."""
    return operator.until(
        f"{old_path}/rotation",
        lambda now: minutes_between(now["old"]["key"]["last_used_at"], now["at"]) < 1,
    )


def minutes_between(earlier: str, later: str) -> float:
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds() / 60
