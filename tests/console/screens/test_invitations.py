"""One's own invitations: seen, accepted, declined."""

from collections.abc import AsyncIterator

import pytest
from tests.console.desk import Desk, Network, sit_down
from tests.stage import Stage

from keyconsole.console.screens.ask import AskDialog
from keyconsole.console.screens.invitations import InvitationsScreen
from keyconsole.service.store import accounts, invitations
from keyconsole.wire import Role

WORKSPACE, INVITATION = "ws_4k2m9q7x0a1b2c3d", "inv_4k2m9q7x0a1b2c3d"


async def invite(stage: Stage, workspace: str) -> None:
    """Have another workspace ask the person to join."""
    me = await stage.client().me()
    runtime = stage.service.app.runtime
    async with runtime.store.write() as tx:
        await accounts.add_workspace(tx, WORKSPACE, workspace, "contoso", 0)
        await invitations.add(
            tx, INVITATION, me.account_id, WORKSPACE, role=Role.OPERATOR, invited_by="sam@b",
            now=runtime.clock(),
        )  # fmt: skip


@pytest.fixture
async def asked(stage: Stage) -> Stage:
    """The name of the other workspace is code for a terminal."""
    await invite(stage, "con\x1btoso")
    return stage


@pytest.fixture
async def invited(asked: Stage, network: Network) -> AsyncIterator[Desk]:
    async with sit_down(asked, "/invitations", connect=network.session) as desk:
        assert "con<U+001B>toso" in desk.text
        yield desk


async def test_none_is_said(stage: Stage) -> None:
    async with sit_down(stage) as desk:
        await desk.go("invitations")
        desk.see(InvitationsScreen)
        assert "No workspace asks you to join." in desk.text


async def test_it_is_accepted_after_a_question(invited: Desk) -> None:
    await invited.press("enter")
    assert "Join con<U+001B>toso as operator?" in invited.see(AskDialog).heading

    await invited.press("enter")

    assert "Joined con<U+001B>toso as operator" in invited.words
    assert f"keyconsole tokens create --workspace {WORKSPACE}" in invited.words
    assert "No workspace asks you to join." in invited.text
    assert len((await invited.stage.client().me()).memberships) == 2


async def test_it_is_declined_after_a_question(invited: Desk) -> None:
    await invited.press("x", "D")

    assert "Declined: you do not join con<U+001B>toso." in invited.text
    assert (await invited.stage.client().invitations.page()).items == []
    assert len((await invited.stage.client().me()).memberships) == 1


async def test_one_that_was_withdrawn_meanwhile_is_refused_in_a_sentence(invited: Desk) -> None:
    await invited.stage.client().invitations.decline(INVITATION)
    await invited.press("enter", "enter")

    assert "✕" in invited.text
    assert "Joined" not in invited.text


async def test_read_only_answers_nothing(asked: Stage) -> None:
    async with sit_down(asked, "/invitations", read_only=True) as desk:
        await desk.press("enter")

        assert "Read-only: nothing can be changed here." in desk.text
        desk.see(InvitationsScreen)
