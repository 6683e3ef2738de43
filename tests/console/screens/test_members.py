"""Members: who is there and what signs them in, and what an admin does about it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from tests.console.desk import Desk, Network, sit_down
from tests.console.test_residue import fingerprint, holders, reachable_strings
from tests.stage import Stage, SteadyClient

from keyconsole.console.app import Session
from keyconsole.console.screens import members
from keyconsole.console.screens.confirm import ConfirmDialog
from keyconsole.console.screens.member_dialogs import AddMemberDialog
from keyconsole.console.screens.members import MembersScreen
from keyconsole.console.screens.path_dialogs import ExportDialog
from keyconsole.console.screens.token_created import TokenCreatedScreen
from keyconsole.wire import CreatedToken, Member, MemberCreate, Role, TokenCreate

KOFI, MEI = "kofi@acme.example", "mei@acme.example"


async def joined(stage: Stage, email: str, role: str = "viewer") -> Member:
    return await stage.client().members.add(MemberCreate(email=email, role=Role(role)))


async def token_of(
    stage: Stage, member: Member, label: str, *, days: int | None = 90
) -> CreatedToken:
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

    await members_desk.press("tab")
    assert not members_desk.see(MembersScreen).is_on_tokens


async def test_enter_goes_to_the_tokens_and_escape_back(members_desk: Desk) -> None:
    await members_desk.press("enter", "down")
    screen = members_desk.see(MembersScreen)
    assert screen.is_on_tokens
    assert "▌ laptop" in members_desk.text
    await members_desk.press("s")
    assert members_desk.see(ExportDialog).proposed == "~/tokens.csv"
    await members_desk.press("escape")
    assert members_desk.see(MembersScreen).is_on_tokens

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


# Adding


async def add(desk: Desk, email: str, *keys: str) -> None:
    await desk.press("n")
    await desk.write(email)
    await desk.press("enter", *keys, "enter")


async def test_somebody_is_added_and_the_cursor_is_on_them(
    members_desk: Desk, network: Network
) -> None:
    await add(members_desk, "zoe@acme.example", "right")

    assert members_desk.under_cursor.email == "zoe@acme.example"
    assert members_desk.under_cursor.role == "responder"
    assert "zoe@acme.example is a member now, as responder" in members_desk.words
    assert len(network.sent("POST", "/members")) == 1


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("zoe", "An account is an email address."),
        (KOFI, "They are a member already, as viewer"),
        ("", "is needed"),
    ],
)
async def test_what_cannot_be_added_is_said_at_the_field_and_not_sent(
    members_desk: Desk, network: Network, email: str, sentence: str
) -> None:
    await add(members_desk, email)

    assert sentence in members_desk.words
    assert members_desk.see(AddMemberDialog).field.input.has_focus
    assert network.sent("POST", "/members") == []


async def test_a_refusal_of_the_service_stands_at_the_field(
    members_desk: Desk, network: Network
) -> None:
    sentence = "They are a member already, as admin: change that instead."
    errors = [{"field": "email", "code": "taken", "message": sentence}]
    refusal = {"error": "member-exists", "detail": "No.", "errors": errors}
    network.fail("POST", "/members", httpx.Response(409, json=refusal))
    await add(members_desk, "zoe@acme.example")

    assert sentence in members_desk.words


async def test_no_answer_is_no_failure_and_the_second_time_adds_once(
    members_desk: Desk, network: Network
) -> None:
    network.fail("POST", "/members", httpx.ReadTimeout("slow"), delivered=True)
    await add(members_desk, "zoe@acme.example")
    assert "it may or may not be saved" in members_desk.words

    await members_desk.press("ctrl+s")

    assert [row.email for row in members_desk.rows].count("zoe@acme.example") == 1


async def test_a_second_enter_while_it_is_sent_sends_nothing(
    members_desk: Desk, network: Network
) -> None:
    held = asyncio.Event()
    network.fail("POST", "/members", held)
    await members_desk.press("n")
    await members_desk.write("zoe@acme.example")
    for key in ("enter", "enter", "enter", "escape"):
        await members_desk.pilot.press(key)
    await members_desk.until(
        lambda: "On its way" in members_desk.text or "wait" in members_desk.text
    )
    held.set()
    await members_desk.settle()

    assert len(network.sent("POST", "/members")) == 1
    members_desk.see(MembersScreen)


# Tokens


async def test_a_token_is_made_and_its_value_is_masked(members_desk: Desk) -> None:
    await members_desk.press("plus")
    await members_desk.write("tablet")
    await members_desk.press("ctrl+s")

    screen = members_desk.see(TokenCreatedScreen)
    value = screen.secret.reveal() or ""
    assert value[:21] in members_desk.text
    assert value[21:] not in members_desk.text
    assert "tablet  for kofi@acme.example, viewer" in members_desk.text
    assert "keyconsole login https://keys.example.com" in members_desk.text

    await members_desk.press("v")
    assert value in members_desk.text

    await members_desk.press("enter")
    assert "tablet" in {
        each.label for each in members_desk.see(MembersScreen).tokens.listing.rows.rows
    }
    assert value[21:] not in members_desk.text


async def test_nothing_of_the_console_holds_a_value_that_was_left(members_desk: Desk) -> None:
    await members_desk.press("plus", "ctrl+s")
    known = await fingerprint(members_desk)
    assert holders(reachable_strings(members_desk.app), known)

    await members_desk.press("v", "enter")
    members_desk.written.clear()

    assert holders(reachable_strings(members_desk.app), known) == []


async def test_a_token_whose_value_was_not_taken_is_not_left_unasked(members_desk: Desk) -> None:
    await members_desk.press("plus", "ctrl+s", "enter")
    assert "Leave without the value?" in members_desk.text

    await members_desk.press("x", "R")

    assert len(members_desk.see(MembersScreen).tokens.listing.rows.rows) == 2


async def test_a_lost_answer_makes_one_token(members_desk: Desk, network: Network) -> None:
    network.fail("POST", "/tokens", httpx.ReadTimeout("slow"), delivered=True)
    await members_desk.press("plus", "ctrl+s")
    assert "No answer yet." in members_desk.words

    await members_desk.press("ctrl+s")

    members_desk.see(TokenCreatedScreen)
    first, second = network.sent("POST", "/tokens")
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert first.content == second.content


async def test_a_token_cannot_have_expired_already(members_desk: Desk, network: Network) -> None:
    await members_desk.press("plus", "enter", "right", "right", "enter")
    await members_desk.write("2020-01-01")
    await members_desk.press("ctrl+s")

    assert "past" in members_desk.words or "passed" in members_desk.words
    assert network.sent("POST", "/tokens") == []


async def test_a_token_is_revoked_after_a_question(members_desk: Desk) -> None:
    await members_desk.press("enter", "x")
    assert "Revoke this token for ever?" in members_desk.text

    await members_desk.press("R")

    assert "signs nobody in any more" in members_desk.words
    assert len(members_desk.see(MembersScreen).tokens.listing.rows.rows) == 1


async def test_keys_that_were_typed_ahead_confirm_nothing(people: Stage) -> None:
    async with sit_down(people, "/members", settle_seconds=3600) as desk:
        await desk.press("x", "R")

        assert desk.see(ConfirmDialog).sending is False
        assert len((await people.client().members.page()).items) == 3


# Roles and removal


async def test_a_role_is_changed(members_desk: Desk) -> None:
    await members_desk.press("e", "right", "right", "enter")

    assert members_desk.under_cursor.role == "operator"
    assert "kofi@acme.example: operator (it was viewer)" in members_desk.words


async def test_the_last_admin_stays_one_and_nothing_is_sent(
    members_desk: Desk, network: Network
) -> None:
    for key in ("e", "x"):
        await members_desk.press("end", key)

        assert "This is the last admin of the workspace" in members_desk.words
        members_desk.see(MembersScreen)
    assert {each.method for each in network.requests} == {"GET"}


async def test_the_service_knows_of_a_last_admin_better(
    members_desk: Desk, network: Network
) -> None:
    refusal = {"error": "last-admin", "detail": "No other admin has a token to sign in with."}
    network.fail("DELETE", "", httpx.Response(409, json=refusal))
    await members_desk.press("x", "R")

    assert "Nothing changed: No other admin has a token" in members_desk.words
    members_desk.see(ConfirmDialog)


async def test_stepping_down_is_asked_about_once_more(people: Stage) -> None:
    mei = next(each for each in (await people.client().members.page()).items if each.email == MEI)
    await people.client().members.change_role(mei.account_id, Role.ADMIN)
    await token_of(people, mei, "mei")
    async with sit_down(people, "/members") as desk:
        await desk.press("end", "e", "left", "enter")
        assert "you are no admin any more" in desk.words
        await desk.press("escape", "escape")
        assert desk.under_cursor.role == "admin"

        await desk.press("e", "left", "enter", "D")

        assert "operator" in desk.text.split("\n")[0]


async def test_a_member_is_removed(members_desk: Desk) -> None:
    await members_desk.press("x")
    assert "Their 2 tokens stop working at once." in members_desk.words

    await members_desk.press("R")

    assert KOFI not in [row.email for row in members_desk.rows]
    assert f"Removed {KOFI}" in members_desk.text


async def test_in_a_danger_profile_a_name_is_typed(people: Stage) -> None:
    async with sit_down(people, "/members", danger=True) as desk:
        await desk.press("x", "R", "enter")
        assert desk.see(ConfirmDialog).sending is False
        assert f"Type {KOFI} to confirm." in desk.text

        await desk.press("backspace")
        await desk.write(KOFI)
        await desk.press("enter")

        assert f"Removed {KOFI}" in desk.text


async def test_a_removal_without_an_answer_is_sent_again(
    members_desk: Desk, network: Network
) -> None:
    network.fail("DELETE", "", httpx.ReadTimeout("slow"), delivered=True)
    await members_desk.press("x", "R")
    assert "It may or may not have been done" in members_desk.words

    await members_desk.press("R")

    assert f"Removed {KOFI}" in members_desk.text


async def test_ones_own_token_and_the_last_one_are_typed(people: Stage, network: Network) -> None:
    me = next(each for each in (await people.client().members.page()).items if each.role == "admin")
    mine = await people.client().tokens.create(
        TokenCreate(account_id=me.account_id, label="mine"), idempotency_key="m" * 32
    )
    signed_in = SteadyClient.remote(
        "https://keys.example.com", mine.value.get_secret_value(), transport=network
    )
    people.service.app.runtime.tokens.clear()

    async def session() -> Session:
        return Session(signed_in, "prod", close=signed_in.aclose)

    async with sit_down(people, "/members", connect=session) as desk:
        await desk.press("end", "enter", "x", "R", "enter")
        assert desk.see(ConfirmDialog).sending is False

        await desk.press("backspace")
        await desk.write(mine.id[-4:])
        await desk.press("enter")
        assert "without it nobody administers the workspace" in desk.words

        await desk.write(me.email)
        await desk.press("enter")
        assert "signed out" in desk.text or "not signed in" in desk.words.lower()


# What a service may send


@pytest.mark.parametrize("keys", [(), ("x",), ("e",), ("enter", "x")])
async def test_hostile_names_are_text_however_long_they_are(
    members_desk: Desk, network: Network, keys: tuple[str, ...]
) -> None:
    name = "\x1b]52;c;eA==\x07a\u202eb[red]" + "x" * 10_000
    screen = members_desk.see(MembersScreen)
    member, token = screen.listing.rows.rows[0], screen.tokens.listing.rows.rows[0]
    for path, row in (
        ("/members", member.model_dump(mode="json") | {"email": name, "name": name}),
        ("/tokens", token.model_dump(mode="json") | {"label": name, "created_by": name}),
    ):
        page = {"items": [row], "next_cursor": None}
        network.fail("GET", path, httpx.Response(200, json=page))
    await members_desk.press("ctrl+r", *keys)

    assert "<U+001B>]52" in members_desk.text
    assert not {"\x1b", "\x07", "\u202e"} & set(members_desk.text)


# Finding


async def test_a_member_and_a_token_are_found_from_anywhere(people: Stage) -> None:
    async with sit_down(people) as desk:
        await desk.go("member mei")
        desk.see(MembersScreen)
        assert desk.under_cursor.email == MEI

        await desk.press("escape")
        await desk.go("token phone")
        screen = desk.see(MembersScreen)
        assert (desk.under_cursor.email, screen.is_on_tokens) == (KOFI, True)
        assert "▌ phone" in desk.text


async def test_a_member_beyond_the_first_page_is_found(
    people: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "PAGE_SIZE", 1)
    async with sit_down(people) as desk:
        await desk.go("member mei")

        assert desk.under_cursor.email == MEI


async def test_members_are_offered_to_nobody_who_may_not_see_them(people: Stage) -> None:
    kofi = (await people.client().members.page()).items[0]
    made = await token_of(people, kofi, "kofi")
    client = SteadyClient.embedded(people.service.app, made.value.get_secret_value())

    async def session() -> Session:
        return Session(client, "local", close=client.aclose)

    async with sit_down(people, connect=session) as desk:
        await desk.press("colon")
        await desk.write("member")
        assert "/members" not in desk.text
        await desk.press("escape")

        await desk.go("/members")
        assert "members:write" in desk.words
