"""A service that is not there, goes away and comes back."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from tests import hands
from tests.console.desk import UNUSED, Desk, Network, integration_of, sit_down
from tests.stage import NOW, Stage
from textual._callback import invoke

from keyconsole.console import reconnection
from keyconsole.console.app import KeyconsoleApp
from keyconsole.console.screens import base
from keyconsole.console.screens.create_key import CreateKeyScreen
from keyconsole.console.screens.dialog import DialogScreen
from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.console.screens.integrations import IntegrationsScreen
from keyconsole.console.session import Session
from keyconsole.core.errors import (
    ConfigurationError,
    KeyconsoleError,
    ServiceUnreachableError,
    problem,
)


async def lose(desk: Desk, network: Network) -> None:
    network.is_down = True
    await desk.press("ctrl+r")


async def find_again(desk: Desk, network: Network) -> None:
    network.is_down = False
    desk.app.reconnection.retry()
    await desk.settle()


async def test_unreachable_at_start_says_so_and_comes_up_by_itself(
    stage: Stage, network: Network
) -> None:
    network.is_down = True
    async with sit_down(stage, connect=network.session) as desk:
        assert "○ unreachable" in desk.text
        assert "retrying in" in desk.text
        assert desk.app.is_running

        await find_again(desk, network)

        assert "○ unreachable" not in desk.text
        assert "Salesforce Production" in desk.labels


async def test_a_session_that_cannot_be_made_yet_is_tried_again(stage: Stage) -> None:
    refusals = [ServiceUnreachableError("keys.example.com refused the connection.")]

    async def connect() -> Session:
        if refusals:
            raise refusals.pop()
        return await stage.session()

    async with sit_down(stage, connect=connect) as desk:
        assert "○ unreachable" in desk.text
        desk.app.reconnection.retry()
        await desk.settle()

        assert "Salesforce Production" in desk.labels


async def test_it_opens_where_it_was_asked_to_once_the_service_is_there(
    stage: Stage, network: Network
) -> None:
    here = await integration_of(stage)
    network.is_down = True
    async with sit_down(stage, f"/oauth/{here.id}/api-keys", connect=network.session) as desk:
        desk.see(IntegrationsScreen)
        await find_again(desk, network)

        assert desk.see(IntegrationScreen).integration.id == here.id


async def test_mid_way_what_is_on_the_screen_stays_and_is_marked_stale(
    wired_desk: Desk, network: Network
) -> None:
    before = wired_desk.labels
    await lose(wired_desk, network)

    assert wired_desk.labels == before
    assert wired_desk.app.screen.has_class("-stale")
    assert "✕ keys.example.com cannot be reached." in wired_desk.text

    await find_again(wired_desk, network)

    assert "cannot be reached" not in wired_desk.text

    assert not wired_desk.app.screen.has_class("-stale")
    assert "○" not in wired_desk.text.split("\n")[0]
    assert "● " in wired_desk.text.split("\n")[0]


async def test_the_countdown_goes_by_the_clock(wired_desk: Desk, network: Network) -> None:
    await lose(wired_desk, network)
    assert "retrying in 3600 s" in wired_desk.text

    wired_desk.stage.now = NOW + timedelta(seconds=3590)
    wired_desk.app.reconnection._count()
    await wired_desk.settle()
    assert "retrying in 10 s" in wired_desk.text

    wired_desk.stage.now = NOW + timedelta(seconds=3700)
    wired_desk.app.reconnection._count()
    await wired_desk.settle()
    assert "retrying now" in wired_desk.text


async def test_waits_grow_and_then_stay(
    wired_desk: Desk, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconnection, "RETRY_SECONDS", (100, 200, 300))
    await lose(wired_desk, network)
    waits = []
    for _ in range(4):
        assert wired_desk.app.link.retry_at is not None
        waits.append((wired_desk.app.link.retry_at - NOW).total_seconds())
        wired_desk.app.reconnection.retry()
        await wired_desk.settle()

    assert waits == [100, 200, 300, 300]


async def test_many_failures_at_once_are_one_wait(wired_desk: Desk, network: Network) -> None:
    await lose(wired_desk, network)
    first = wired_desk.app.link
    await wired_desk.press("ctrl+r", "ctrl+r")

    assert wired_desk.app.link == first
    assert wired_desk.app.link.attempts == 1


async def test_nothing_that_was_typed_is_lost(wired_desk: Desk, network: Network) -> None:
    await wired_desk.press("n")
    await wired_desk.write("checkout")
    network.is_down = True
    await wired_desk.press("ctrl+s")
    assert "○ unreachable" in wired_desk.text
    await wired_desk.write("-prod")

    await find_again(wired_desk, network)

    assert wired_desk.see(CreateKeyScreen).field("label").value == "checkout-prod"
    assert "○ unreachable" not in wired_desk.text


async def test_a_form_that_asks_nothing_does_not_take_that_for_an_answer(
    stage: Stage, network: Network
) -> None:
    async with sit_down(stage, connect=network.session) as desk:
        await desk.press("n")
        await desk.write("Airtable")
        network.is_down = True
        await desk.press("ctrl+s", "escape", "escape")

        assert "○ unreachable" in desk.text
        assert "Airtable" in desk.text


async def test_what_takes_a_moment_is_said_and_what_does_not_is_not(
    wired_desk: Desk, network: Network
) -> None:
    wired_desk.app.shown_after_seconds = 0.15
    assert KeyconsoleApp.shown_after_seconds == 0.15
    other = await integration_of(wired_desk.stage, "Slack Notifications")
    for method, path, keys in (
        ("GET", "/keys", ("ctrl+r",)),
        ("GET", other.id, ("colon", *f"/oauth/{other.id}", "enter")),
    ):
        held = asyncio.Event()
        network.fail(method, path, held)
        hands.send(wired_desk.pilot, *keys)
        await wired_desk.until(lambda: "◌ waiting for the service" in wired_desk.text)

        held.set()
        await wired_desk.settle()
        assert "waiting" not in wired_desk.text

    wired_desk.app.shown_after_seconds = 3600
    await wired_desk.press("ctrl+r")
    assert "waiting" not in wired_desk.text


async def test_moving_through_what_is_there_goes_on(wired_desk: Desk, network: Network) -> None:
    await lose(wired_desk, network)
    await wired_desk.put_cursor_on(UNUSED)
    await wired_desk.press("1", "3", "2", "question_mark", "escape", "colon", "escape")

    assert wired_desk.under_cursor.label == UNUSED
    assert wired_desk.app.is_running


@pytest.mark.parametrize("key", ["e", "d", "i", "L s"])
async def test_a_dialog_notices_that_the_service_is_lost_and_is_back(
    key: str, wired_desk: Desk, network: Network
) -> None:
    await wired_desk.press(*key.split())
    dialog = wired_desk.see(DialogScreen)
    network.is_down = True
    await call_after(dialog, base.POLL_SECONDS)
    await wired_desk.settle()
    assert "unreachable" in wired_desk.text

    await find_again(wired_desk, network)
    assert "unreachable" not in wired_desk.text
    assert wired_desk.app.screen is dialog


async def test_a_dialog_that_nobody_touches_asks_nothing(
    wired_desk: Desk, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    await wired_desk.press("e")
    monkeypatch.setattr(KeyconsoleApp, "is_left_alone", True)
    asked = len(network.requests)
    await call_after(wired_desk.see(DialogScreen), base.POLL_SECONDS)
    await wired_desk.settle()

    assert len(network.requests) == asked


async def call_after(screen: DialogScreen, seconds: float) -> None:
    """Call what the screen does every so many seconds."""
    called = [timer._callback for timer in screen._timers if timer._interval == seconds]
    assert called
    for callback in called:
        assert callback is not None
        await invoke(callback)


async def test_the_command_line_says_that_there_is_no_answer(
    wired_desk: Desk, network: Network
) -> None:
    other = await integration_of(wired_desk.stage, "Slack Notifications")
    network.is_down = True
    await wired_desk.go(f"/oauth/{other.id}")

    wired_desk.see(IntegrationScreen)
    assert "refused" in wired_desk.text or "reached" in wired_desk.text


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigurationError("The root key file is missing: put it back."), 1),
        (problem("not-signed-in", "You are not signed in: keyconsole login URL."), 3),
    ],
)
async def test_what_cannot_get_better_by_waiting_ends_with_its_sentence(
    stage: Stage, error: KeyconsoleError, code: int
) -> None:
    async def connect() -> Session:
        raise error

    async with sit_down(stage, connect=connect) as desk:
        pass

    assert desk.app.failure is error
    assert desk.app.return_code == code


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_a_service_in_trouble_at_start_ends_with_a_sentence_or_waits(
    stage: Stage, network: Network, status: int
) -> None:
    network.fail("GET", "/me", httpx.Response(status, html="<html>trouble</html>"))
    async with sit_down(stage, connect=network.session) as desk:
        pass

    assert desk.app.failure is None or str(status) in desk.app.failure.message or status == 429
    assert desk.app.failure is None or desk.app.failure.exit_code == 6


async def test_a_service_that_doubts_its_clock_is_told_as_long_as_it_does(stage: Stage) -> None:
    watch = stage.service.app.runtime.clock_watch
    async with sit_down(stage) as desk:
        assert "clock" not in desk.text
        watch.reason = "The clock of this machine may be ahead."
        desk.see(IntegrationsScreen).poll()
        await desk.settle()
        assert "The service doubts its clock: scheduled revokes wait." in desk.text
        await desk.resize(80, 24)
        assert "clock doubted" in desk.text
        watch.reason = None
        desk.see(IntegrationsScreen).poll()
        await desk.settle()
        assert "clock doubted" not in desk.text
    watch.reason = "The clock of this machine may be ahead."
    async with sit_down(stage) as desk:
        assert "The service doubts its clock: scheduled revokes wait." in desk.text
