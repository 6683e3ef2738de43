"""What only reads is asked again where that can help; what changes something is sent once."""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import replace

import httpx
import pytest
import stamina
from tests.client.support import KEY, KEY_CARD, ME, TOKEN, URL

from keyconsole.client import KeyServiceClient
from keyconsole.client.retrying import QUICK, patiently
from keyconsole.core.errors import (
    KeyconsoleError,
    ServiceFailedError,
    ServiceUnreachableError,
    problem,
)
from keyconsole.wire import KeyCreate, RevokeRequest

LOST = httpx.RemoteProtocolError("Server disconnected without sending a response.")
REFUSED = httpx.ConnectError("refused")


class Flaky(httpx.AsyncBaseTransport):
    """A service that answers after so many troubles."""

    def __init__(self, *troubles: Exception | int) -> None:
        self.troubles = list(troubles)
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        match self.troubles.pop(0) if self.troubles else None:
            case Exception() as error:
                raise error
            case int(status):
                return httpx.Response(status, html="<html>trouble</html>")
            case _:
                return httpx.Response(200, json=ME if request.url.path == "/v1/me" else KEY_CARD)

    def client(self) -> KeyServiceClient:
        return KeyServiceClient.remote(URL, TOKEN, transport=self)


@pytest.fixture(autouse=True)
def patient(asked_once: None) -> None:
    stamina.set_testing(True, attempts=3, cap=True)


@pytest.mark.parametrize("trouble", [LOST, REFUSED, httpx.ReadTimeout("late"), 502, 503, 504])
async def test_a_question_is_asked_again(trouble: Exception | int) -> None:
    network = Flaky(trouble, trouble)

    me = await network.client().me()

    assert me.email == ME["email"]
    assert len(network.requests) == 3


async def test_what_never_answers_is_asked_three_times_and_then_told() -> None:
    network = Flaky(*[REFUSED] * 9)

    with pytest.raises(ServiceUnreachableError, match="cannot be reached"):
        await network.client().key(KEY.public_key)

    assert len(network.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500])
async def test_a_no_is_not_asked_again(status: int) -> None:
    network = Flaky(status)

    with pytest.raises(KeyconsoleError):
        await network.client().me()

    assert len(network.requests) == 1


async def test_a_certificate_does_not_get_better_by_asking_again() -> None:
    distrust = httpx.ConnectError("no")
    distrust.__cause__ = cause = ssl.SSLCertVerificationError("self-signed certificate")
    cause.verify_message = "self-signed certificate"
    network = Flaky(distrust)

    with pytest.raises(ServiceUnreachableError, match="not trusted"):
        await network.client().me()

    assert len(network.requests) == 1


async def test_a_question_by_post_is_asked_again_too() -> None:
    network = Flaky(LOST, 404)

    with pytest.raises(KeyconsoleError):
        await network.client().identify(KEY.public_key)

    assert [request.url.path for request in network.requests] == ["/v1/identify"] * 2


CHANGES: dict[str, Callable[[KeyServiceClient], Awaitable[object]]] = {
    "create": lambda client: client.create_key(
        "int_1", KeyCreate(label="x"), idempotency_key="n" * 32
    ),
    "acknowledge": lambda client: client.acknowledge(KEY.public_key),
    "rename": lambda client: client.rename_key(KEY.public_key, "x", version=1),
    "revoke": lambda client: client.revoke_key(KEY.public_key, RevokeRequest()),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_a_change_is_sent_once(
    change: Callable[[KeyServiceClient], Awaitable[object]],
) -> None:
    network = Flaky(LOST)

    with pytest.raises(ServiceUnreachableError):
        await change(network.client())

    assert len(network.requests) == 1


async def test_after_a_long_silence_nothing_is_asked_again() -> None:
    asked = []

    async def silent() -> None:
        asked.append(1)
        raise ServiceUnreachableError("keys.example.com did not answer within 10 s.")

    with pytest.raises(ServiceUnreachableError):
        await patiently(silent, pace=replace(QUICK, enough=0.0))

    assert asked == [1]


async def test_the_pauses_grow_and_have_chance_in_them(monkeypatch: pytest.MonkeyPatch) -> None:
    stamina.set_testing(False)
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("asyncio.sleep", sleep)

    async def refused() -> None:
        raise problem("store-unavailable", "Try again.")

    for _ in range(20):
        with pytest.raises(ServiceFailedError):
            await patiently(refused)

    firsts, seconds = slept[::2], slept[1::2]
    assert len(firsts) == len(seconds) == 20
    assert all(0.1 <= pause <= 0.4 for pause in firsts)
    assert all(0.2 <= pause <= 0.5 for pause in seconds)
    assert len({round(pause, 6) for pause in slept}) > 30


async def test_asking_again_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    await Flaky(REFUSED, REFUSED).client().me()

    assert capfd.readouterr() == ("", "")
