"""Members: who is there and what signs them in, and what an admin does about it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from tests.console.desk import Desk, Network, sit_down
from tests.stage import Stage

from keyconsole.console.screens.members import MembersScreen
from keyconsole.wire import Member, MemberCreate, Role, Token, TokenCreate

KOFI, MEI = "kofi@acme.example", "mei@acme.example"


async def joined(stage: Stage, email: str, role: str = "viewer") -> Member:
    return await stage.client().members.add(MemberCreate(email=email, role=Role(role)))


async def token_of(stage: Stage, member: Member, label: str, *, days: int | None = 90) -> Token:
    expires = None if days is None else stage.now + timedelta(days=days)
    request = TokenCreate(account_id=member.account_id, label=label, expires_at=expires)
    return await stage.client().tokens.create(request, idempotency_key=f"{label:t<32}")


@pytest.fixture
async def people(stage: Stage) -> Stage:
    """Beside the admin: Kofi, a viewer with two tokens, and Mei, an operator with none."""
    kofi = await joined(stage, KOFI)
    await joined(stage, MEI, "operator")
    await token_of(stage, kofi, "laptop", days=5)
    await token_of(stage, kofi, "phone", days=None)
    return stage


@pytest.fixture
async def members_desk(people: Stage, network: Network) -> AsyncIterator[Desk]:
    """A console on the members, everything that is sent going over `network`."""
    async with sit_down(people, "/members", connect=network.session) as seated:
        yield seated


def line_of(desk: Desk, text: str) -> str:
    return next(line for line in desk.text.split("\n") if text in line)


async def test_everybody_is_listed_with_what_signs_them_in(members_desk: Desk) -> None:
    assert [row.email for row in members_desk.rows] == [KOFI, MEI, "ops@acme.example"]
    assert line_of(members_desk, "mei@").split()[1:] == [
        "operator", "–", "never", "today", "no", "token",
    ]  # fmt: skip
    assert line_of(members_desk, "ops@acme.example   ").split()[-1] == "you"
    assert "3 members" in members_desk.text


async def test_below_are_the_tokens_of_the_one_under_the_cursor(members_desk: Desk) -> None:
    assert "viewer: reads everything and changes nothing" in members_desk.text
    assert "in 5 days" in line_of(members_desk, "laptop")
    assert "never" in line_of(members_desk, "phone")

    await members_desk.press("down")

    assert "laptop" not in members_desk.text
    assert "No token signs them in." in members_desk.text


async def test_enter_goes_to_the_tokens_and_escape_back(members_desk: Desk) -> None:
    await members_desk.press("enter", "down")
    screen = members_desk.see(MembersScreen)
    assert (screen.subject(), screen.is_on_tokens) == (screen.tokens.current, True)
    assert "▌ laptop" in members_desk.text

    await members_desk.press("escape")
    assert not screen.is_on_tokens
    assert "▌ laptop" not in members_desk.text

    await members_desk.press("escape")
    assert members_desk.app.screen is not screen


async def test_one_request_at_a_time_asks_for_tokens(members_desk: Desk, network: Network) -> None:
    before = len(network.sent("GET", "/tokens"))

    for key in ("down", "down"):
        await members_desk.pilot.press(key)
    await members_desk.settle()

    assert "ops@acme.example   admin" in members_desk.text
    assert len(network.sent("GET", "/tokens")) <= before + 2


async def test_members_are_for_admins(people: Stage) -> None:
    me = next(
        each
        for each in (await people.client().members.page()).items
        if each.email == "ops@acme.example"
    )
    boss = await joined(people, "boss@acme.example", "admin")
    await token_of(people, boss, "boss")
    async with sit_down(people) as desk:
        await people.client().members.change_role(me.account_id, Role.VIEWER)
        await desk.app.signing_in.look()
        await desk.press("M")

        assert "Only admins see members and tokens" in desk.text


@pytest.mark.parametrize(("size", "shown"), [((80, 24), "Expires"), ((60, 16), "Last seen")])
async def test_a_small_terminal_keeps_names_roles_and_tokens(
    people: Stage, size: tuple[int, int], shown: str
) -> None:
    async with sit_down(people, "/members", size=size) as desk:
        assert KOFI in desk.text
        assert "laptop" in desk.text
        assert shown in desk.text
