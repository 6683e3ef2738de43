"""Who is signed in and what they may do is what the service said at the last poll."""

from typing import Any

import httpx
import pytest
from tests.console.desk import Desk, Network
from textual._callback import invoke

from keyconsole.console.screens.base import ConsoleScreen
from keyconsole.console.screens.framed import Framed
from keyconsole.wire import Me


def refusal(status: int, code: str) -> httpx.Response:
    return httpx.Response(
        status,
        headers={"Content-Type": "application/problem+json"},
        json={"status": status, "error": code, "message": "No.", "title": "No"},
    )


async def poll(desk: Desk) -> None:
    """One poll of the screen on top."""
    screen = desk.app.screen
    assert isinstance(screen, Framed)
    await invoke(screen.poll if isinstance(screen, ConsoleScreen) and screen.POLLS else screen.look)
    await desk.settle()


async def become(desk: Desk, network: Network, **changed: Any) -> None:
    """From now on the service says something else about the membership."""
    me = await network.client().me()
    here = me.memberships[0]
    told = me.model_dump(mode="json")
    told["memberships"] = [here.model_dump(mode="json") | changed] if changed else []
    answer = Me.model_validate(told)
    network.fail("GET", "/me", httpx.Response(200, json=answer.model_dump(mode="json")))
    await poll(desk)


async def test_a_demotion_is_seen_within_one_poll(wired_desk: Desk, network: Network) -> None:
    assert "generate" in wired_desk.text.lower()
    await become(wired_desk, network, role="viewer", permissions=["keys:read", "audit:read"])

    assert "· viewer" in wired_desk.text.split("\n")[0]
    assert "Your role in" in wired_desk.words
    footer = wired_desk.text.rstrip().split("\n")[-1]
    assert "revoke" not in footer
    assert "disable" not in footer


async def test_a_promotion_is_seen_too(wired_desk: Desk, network: Network) -> None:
    await become(wired_desk, network, role="viewer", permissions=["keys:read"])
    await poll(wired_desk)

    assert "revoke" in wired_desk.text.rstrip().split("\n")[-1]


async def test_a_workspace_that_was_left_is_said(wired_desk: Desk, network: Network) -> None:
    await become(wired_desk, network)

    assert "not a member any more" in wired_desk.text.split("\n")[0]
    assert "revoke" not in wired_desk.text.rstrip().split("\n")[-1]


async def test_a_token_that_ended_is_said_and_nothing_is_updated_now(
    wired_desk: Desk, network: Network
) -> None:
    assert "updated now" in wired_desk.text
    network.fail("GET", "/me", refusal(401, "not-signed-in"))
    await poll(wired_desk)

    assert "signed out" in wired_desk.text.split("\n")[0]
    assert "updated now" not in wired_desk.text
    assert "as of" in wired_desk.text
    assert "revoke" not in wired_desk.text.rstrip().split("\n")[-1]


async def test_a_list_that_is_refused_is_not_updated_now(
    wired_desk: Desk, network: Network
) -> None:
    network.fail("GET", "/keys", refusal(403, "not-permitted"))
    await poll(wired_desk)

    assert "updated now" not in wired_desk.text


@pytest.mark.parametrize("key", ["n", "x", "d", "e"])
async def test_a_form_or_dialog_sees_it_as_soon(
    key: str, wired_desk: Desk, network: Network
) -> None:
    await wired_desk.press(key)
    network.fail("GET", "/me", refusal(401, "not-signed-in"))
    await poll(wired_desk)

    assert "signed out" in wired_desk.text.split("\n")[0]
