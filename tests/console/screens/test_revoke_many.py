"""Many keys die once their number was typed, exactly those that are on the screen."""

import json
from pathlib import Path

import httpx
import pytest
from tests.console.desk import Desk, Network, integration_of, key_of, sit_down
from tests.hands import send
from tests.stage import Stage

from keyconsole.console.screens import revoke_many
from keyconsole.console.screens.identify import IdentifyDialog
from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.console.screens.revoke_many import RevokeManyScreen
from keyconsole.console.screens.select_keys import QueryInput, SelectKeysDialog
from keyconsole.flows.bulk_revocation import Ended, LockedOut, Looking, NotKnown, Shown
from keyconsole.wire import KeyCreate, RevokeReason

MARKED = ("api-gateway-prod", "billing-worker-prod")


async def statuses(stage: Stage) -> dict[str, str]:
    page = await stage.client().keys(limit=500)
    return {key.label: str(key.status) for key in page.items}


async def mark_two(desk: Desk) -> RevokeManyScreen:
    await desk.press("home", "space", "space")
    assert "2 marked" in desk.text
    await desk.press("X")
    return desk.see(RevokeManyScreen)


async def until_done(desk: Desk) -> RevokeManyScreen:
    screen = desk.see(RevokeManyScreen)
    await desk.until(lambda: isinstance(screen.state, Ended) and screen.state.is_whole)
    await desk.settle()
    return screen


def ended(screen: RevokeManyScreen) -> Ended:
    assert isinstance(screen.state, Ended)
    return screen.state


def shown(desk: Desk) -> int:
    state = desk.see(RevokeManyScreen).state
    assert isinstance(state, Shown)
    return state.selection.count


async def test_the_marked_ones_die_and_the_others_live(keys_desk: Desk) -> None:
    await mark_two(keys_desk)
    assert "Revoke 2 keys?" in keys_desk.text
    assert "2 IN USE WITHIN THE HOUR" in keys_desk.text
    await keys_desk.press("2", "enter")
    screen = await until_done(keys_desk)

    assert "2 keys revoked" in keys_desk.text
    assert "refused now" in keys_desk.text
    after = await statuses(keys_desk.stage)
    assert {label for label, status in after.items() if status == "revoked"} == {
        *MARKED,
        "old-backend",
    }
    assert ended(screen).is_proved
    await keys_desk.press("escape")
    keys_desk.see(IntegrationScreen)
    assert "marked" not in keys_desk.text


async def test_another_number_does_nothing(keys_desk: Desk) -> None:
    await mark_two(keys_desk)
    for typed in ("", "1", "22", "R", "yes"):
        await keys_desk.press("ctrl+u")
        await keys_desk.write(typed)
        await keys_desk.press("enter")

        assert isinstance(keys_desk.see(RevokeManyScreen).state, Shown), typed
        assert (await statuses(keys_desk.stage))[MARKED[0]] == "active", typed


async def test_a_paste_confirms_nothing(keys_desk: Desk) -> None:
    await mark_two(keys_desk)
    await keys_desk.paste("2")
    assert "by hand" in keys_desk.text
    await keys_desk.press("enter")

    assert (await statuses(keys_desk.stage))[MARKED[0]] == "active"


async def test_one_key_alone_is_confirmed_by_its_label(keys_desk: Desk) -> None:
    await keys_desk.put_cursor_on(MARKED[0])
    await keys_desk.press("space", "X")
    screen = keys_desk.see(RevokeManyScreen)
    key = await key_of(keys_desk.stage, MARKED[0])
    assert f"type {MARKED[0]} or {key.public_key[-4:]}" in keys_desk.words
    await keys_desk.press("1", "enter")
    assert isinstance(screen.state, Shown)
    assert f"Type {MARKED[0]} or {key.public_key[-4:]} to revoke it." in keys_desk.words

    await keys_desk.press("backspace")
    await keys_desk.write(MARKED[0])
    await keys_desk.press("enter")
    await until_done(keys_desk)
    assert (await statuses(keys_desk.stage))[MARKED[0]] == "revoked"


async def test_what_was_typed_ahead_confirms_nothing(stage: Stage) -> None:
    key = await key_of(stage, MARKED[0])
    route = f"/oauth/{key.integration_id}/api-keys"
    async with sit_down(stage, route, settle_seconds=0.3) as desk:
        send(desk.pilot, "home", "space", "X", *key.public_key[-4:], "enter")
        await desk.settle()

        assert isinstance(desk.see(RevokeManyScreen).state, Looking | Shown)
        assert (await statuses(stage))[MARKED[0]] == "active"


async def test_what_changed_meanwhile_stops_it_and_is_shown(keys_desk: Desk) -> None:
    await keys_desk.press("X")
    await keys_desk.write("label:*-prod")
    await keys_desk.press("ctrl+s")
    before = shown(keys_desk)
    key = await key_of(keys_desk.stage, "laptop-test")
    await keys_desk.stage.client().rename_key(key.public_key, "laptop-prod", version=key.version)

    await keys_desk.press(*str(before), "enter")
    assert "nothing was revoked" in keys_desk.words
    assert (await statuses(keys_desk.stage))[MARKED[0]] == "active"

    await keys_desk.press("ctrl+r")
    assert shown(keys_desk) == before + 1
    assert "laptop-prod" in keys_desk.text


async def test_a_number_that_was_typed_for_others_is_none_for_those_that_are_shown_now(
    keys_desk: Desk,
) -> None:
    screen = await mark_two(keys_desk)
    await keys_desk.press("2", "ctrl+r", "enter")

    assert isinstance(screen.state, Shown)
    assert (await statuses(keys_desk.stage))[MARKED[0]] == "active"
    await keys_desk.press("2", "enter")
    await until_done(keys_desk)


async def select_all_of(stage: Stage, desk: Desk) -> RevokeManyScreen:
    await desk.press("X", "ctrl+s")
    return desk.see(RevokeManyScreen)


@pytest.mark.parametrize(("answer", "status"), [("R", "revoked"), ("enter", "active")])
async def test_every_key_of_an_integration_is_asked_about_once_more(
    stage: Stage, answer: str, status: str
) -> None:
    here = await integration_of(stage, "Slack Notifications")
    async with sit_down(stage, f"/oauth/{here.id}/api-keys") as desk:
        screen = await select_all_of(stage, desk)
        assert "No active key left: Slack Notifications" in desk.words
        await desk.press("2", "enter")
        assert "Slack Notifications would have no active key left" in desk.words
        assert "Revoke 2 keys all the same?" in desk.words
        assert (await statuses(stage))["slack-worker-1"] == "active"

        await desk.press(answer)
        await desk.until(lambda: isinstance(screen.state, Ended | LockedOut))
        assert (await statuses(stage))["slack-worker-1"] == status


async def test_looking_again_asks_again_for_the_number(stage: Stage) -> None:
    here = await integration_of(stage, "Slack Notifications")
    async with sit_down(stage, f"/oauth/{here.id}/api-keys") as desk:
        screen = await select_all_of(stage, desk)
        await desk.press("2", "enter", "ctrl+r")

        assert isinstance(screen.state, Shown)
        await desk.press("R", "enter")
        assert (await statuses(stage))["slack-worker-1"] == "active"


async def test_what_something_else_answered_is_unknown_and_not_nothing(
    wired_desk: Desk, network: Network
) -> None:
    screen = await mark_two(wired_desk)
    network.fail(
        "POST", "/revocations", httpx.Response(502, text="<h1>bad gateway"), delivered=True
    )
    await wired_desk.press("2", "enter")

    assert isinstance(screen.state, NotKnown)
    assert "Nothing was revoked" not in wired_desk.words


async def test_a_receipt_whose_lines_were_lost_on_the_way_is_read_on(
    wired_desk: Desk, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revoke_many, "RETRY_SECONDS", 0.01)
    screen = await mark_two(wired_desk)
    network.fail("POST", "/identify", httpx.ReadError("gone"))
    await wired_desk.press("2", "enter")
    await wired_desk.until(
        lambda: isinstance(screen.state, Ended) and screen.state.is_proved and screen.state.is_whole
    )
    await wired_desk.settle()

    assert "refused now" in wired_desk.words


async def test_a_lost_answer_is_asked_for_again_and_is_one_revocation(
    wired_desk: Desk, network: Network
) -> None:
    await mark_two(wired_desk)
    network.fail("POST", "/revocations", httpx.ReadError("gone"), delivered=True)
    await wired_desk.press("2", "enter")
    assert "Unknown, still trying" in wired_desk.text

    screen = wired_desk.see(RevokeManyScreen)
    wired_desk.app.run_change(screen._send)
    await until_done(wired_desk)
    events = await wired_desk.stage.client().audit(limit=500)
    mine = {each.detail.get("revocation") for each in events.items}
    assert mine - {None} == {ended(screen).revocation.id}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("unused:long", "unused: takes 30m"),
        ("created:<soon", "takes a date: created:2026-01-31"),
        ("stauts:active", "Did you mean status:?"),
        ("integration:x", "goes with every integration"),
    ],
)
async def test_a_query_that_cannot_be_meant_says_so(
    keys_desk: Desk, typed: str, words: str
) -> None:
    await keys_desk.press("X")
    await keys_desk.write(typed)
    await keys_desk.press("enter")

    keys_desk.see(SelectKeysDialog)
    assert words in keys_desk.words


async def test_every_key_there_is_is_no_selector(keys_desk: Desk) -> None:
    await keys_desk.press("X", "up", "right", "ctrl+s")

    keys_desk.see(SelectKeysDialog)
    assert "every key there is" in keys_desk.text


async def test_what_matches_nothing_is_said(keys_desk: Desk) -> None:
    await keys_desk.press("X")
    await keys_desk.write("nothing-like-it")
    await keys_desk.press("ctrl+s", "0", "enter")

    assert isinstance(keys_desk.see(RevokeManyScreen).state, Shown)
    assert "Nothing to revoke" in keys_desk.text


async def test_the_filter_is_where_the_selector_begins(keys_desk: Desk) -> None:
    await keys_desk.press("slash")
    await keys_desk.write("worker unused:90d")
    await keys_desk.press("enter", "escape", "slash")
    await keys_desk.write("worker")
    await keys_desk.press("enter", "X")

    asked = keys_desk.see(SelectKeysDialog).query_one("#select-query", QueryInput).value
    assert asked == "worker"


async def test_the_receipt_is_saved_with_a_line_a_key(keys_desk: Desk) -> None:
    await mark_two(keys_desk)
    await keys_desk.press("2", "enter")
    screen = await until_done(keys_desk)
    await keys_desk.press("s")

    saved = json.loads((Path.home() / f"revoked-{ended(screen).revocation.id}.json").read_text())
    assert saved["revoked"] == 2
    assert {each["label"] for each in saved["keys"]} == set(MARKED)
    assert all(each["audit_hash"] for each in saved["keys"])


LEAKED = ("leaked-prod", "leaked-staging")


async def test_everything_that_was_found_dies_but_not_what_was_forged(stage: Stage) -> None:
    from keyconsole.core.credential import Kind, assemble

    here = await integration_of(stage)
    live = [
        await stage.client().create_key(
            here.id, KeyCreate(label=label), idempotency_key=f"{label:x<32}"
        )
        for label in LEAKED
    ]
    healthy = await key_of(stage, "mobile-gateway-prod")
    forged = assemble(Kind.API_KEY, healthy.public_key[4:], bytes(32)).text
    async with sit_down(stage) as desk:
        await desk.press("i")
        await desk.paste(" ".join([*(each.secret.get_secret_value() for each in live), forged]))
        await desk.press("X")
        screen = desk.see(RevokeManyScreen)
        assert shown(desk) == 2
        await desk.press("2", "enter")
        await until_done(desk)
        assert ended(screen).shown.request.reason is RevokeReason.KEY_COMPROMISE
        await desk.press("escape")

        desk.see(IdentifyDialog)
        assert "revoked" in desk.text
    after = await statuses(stage)
    assert after["mobile-gateway-prod"] == "active"
    assert after[LEAKED[0]] == after[LEAKED[1]] == "revoked"


async def test_marks_stay_on_their_keys_and_escape_takes_them(keys_desk: Desk) -> None:
    await keys_desk.press("home", "space", "ctrl+r", "o")
    rows = keys_desk.app.screen.query_one("ListRows")
    assert [row.label for row in rows.marked.values()] == [MARKED[0]]  # type: ignore[attr-defined]
    await keys_desk.press("a")
    assert "7 marked" in keys_desk.text
    await keys_desk.press("escape")

    assert "marked" not in keys_desk.text
    keys_desk.see(IntegrationScreen)
