"""Revoke: what breaks is said, and nothing confirms by accident."""

import asyncio
import re

import httpx
import pytest
from tests.console.desk import IN_USE, REVOKED, UNUSED, Desk, Network, key_of, sit_down
from tests.hands import send
from tests.stage import Stage

from keyconsole.console.screens import revoke
from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.console.screens.receipt import ReceiptScreen
from keyconsole.console.screens.revoke import RevokeDialog
from keyconsole.console.widgets.chip import Chip
from keyconsole.console.widgets.field import GuardedInput
from keyconsole.flows import unknown_outcome
from keyconsole.wire import DisableRequest

NO = {"error": "permission-denied", "detail": "This needs the permission keys:revoke."}


async def ask(desk: Desk, label: str) -> RevokeDialog:
    await desk.put_cursor_on(label)
    await desk.press("x")
    return desk.see(RevokeDialog)


async def status_of(stage: Stage, label: str) -> str:
    return str((await key_of(stage, label)).status)


async def test_an_unused_key_dies_by_a_deliberate_second_key(keys_desk: Desk) -> None:
    await ask(keys_desk, UNUSED)
    assert "NEVER USED" in keys_desk.text
    await keys_desk.press("R")

    keys_desk.see(ReceiptScreen)
    assert await status_of(keys_desk.stage, UNUSED) == "revoked"


async def test_enter_keeps_the_key(keys_desk: Desk) -> None:
    await ask(keys_desk, UNUSED)
    await keys_desk.press("enter")

    keys_desk.see(IntegrationScreen)
    assert await status_of(keys_desk.stage, UNUSED) == "active"


async def test_other_keys_do_not_revoke(keys_desk: Desk) -> None:
    dialog = await ask(keys_desk, UNUSED)
    for key in ("y", "x", "r", "space", "q", "ctrl+s", "delete"):
        await keys_desk.press(key)

        assert await status_of(keys_desk.stage, UNUSED) == "active", key
        if keys_desk.app.screen is not dialog:
            dialog = await ask(keys_desk, UNUSED)


async def test_a_key_in_use_says_what_breaks(keys_desk: Desk) -> None:
    await ask(keys_desk, IN_USE)

    for words in ("IN USE NOW", "requests in the last hour", "10.1.4.7", "401", "91.20.7.5"):
        assert words in keys_desk.text
    assert re.search(r"at least \d+ in the last minute, \d+ in the last day", keys_desk.text)


@pytest.mark.parametrize("typed", ["label", "last four"])
async def test_a_key_in_use_dies_once_it_was_named(keys_desk: Desk, typed: str) -> None:
    key = (await ask(keys_desk, IN_USE)).key
    await keys_desk.write(key.label if typed == "label" else key.public_key[-4:])
    await keys_desk.press("enter")

    keys_desk.see(ReceiptScreen)
    assert await status_of(keys_desk.stage, IN_USE) == "revoked"


async def test_another_text_does_nothing(keys_desk: Desk) -> None:
    await ask(keys_desk, IN_USE)
    for typed in ("", "api-gateway", "API-GATEWAY-PROD", "prod", "R", "yes"):
        await keys_desk.press("ctrl+u")
        await keys_desk.write(typed)
        assert keys_desk.see(RevokeDialog).query_one("#confirm", GuardedInput).value == typed
        await keys_desk.press("enter")

        assert keys_desk.see(RevokeDialog).key.label == IN_USE, typed
        assert await status_of(keys_desk.stage, IN_USE) == "active", typed


async def test_a_paste_does_not_name_it(keys_desk: Desk) -> None:
    await ask(keys_desk, IN_USE)
    await keys_desk.paste(IN_USE)
    await keys_desk.press("enter")

    assert keys_desk.see(RevokeDialog).query_one("#confirm", GuardedInput).value == ""
    assert await status_of(keys_desk.stage, IN_USE) == "active"


async def test_nor_does_the_clipboard_of_the_app(keys_desk: Desk) -> None:
    await ask(keys_desk, IN_USE)
    keys_desk.app.copy_to_clipboard(IN_USE)
    await keys_desk.press("ctrl+v", "enter")

    assert await status_of(keys_desk.stage, IN_USE) == "active"


@pytest.mark.parametrize(
    "burst",
    [("x", "enter", "R"), ("x", "R"), ("x", "R", "enter", "R")],
    ids=["enter R", "R", "R enter R"],
)
async def test_what_was_typed_ahead_confirms_nothing(stage: Stage, burst: tuple[str, ...]) -> None:
    key = await key_of(stage, UNUSED)
    async with sit_down(stage, key.public_key, settle_seconds=0.3) as desk:
        send(desk.pilot, *burst)
        await desk.settle()

        assert await status_of(stage, UNUSED) == "active"


@pytest.mark.parametrize(
    ("label", "answer"), [(UNUSED, ("R",)), (IN_USE, (*IN_USE, "enter"))], ids=["R", "label"]
)
async def test_no_answer_counts_before_the_question_could_be_read(
    stage: Stage, label: str, answer: tuple[str, ...]
) -> None:
    key = await key_of(stage, label)
    async with sit_down(stage, key.public_key, settle_seconds=3600) as desk:
        await desk.press("x")
        dialog = desk.see(RevokeDialog)
        await desk.until(lambda: dialog.asking.usage is not None)
        await desk.press(*answer)

        assert desk.see(RevokeDialog) is dialog
        assert await status_of(stage, label) == "active"


async def test_a_label_typed_ahead_with_enter_confirms_nothing(stage: Stage) -> None:
    key = await key_of(stage, IN_USE)
    async with sit_down(stage, key.public_key, settle_seconds=0.3) as desk:
        send(desk.pilot, "x", *IN_USE, "enter")
        await desk.settle()

        assert await status_of(stage, IN_USE) == "active"


async def test_in_a_danger_profile_an_unused_key_has_to_be_named_too(stage: Stage) -> None:
    key = await key_of(stage, UNUSED)
    async with sit_down(stage, key.public_key, danger=True, profile="prod") as desk:
        assert "PROD" in desk.text
        await desk.press("x", "R", "enter")
        assert await status_of(stage, UNUSED) == "active"

        await desk.press("ctrl+u")
        await desk.write(UNUSED)
        await desk.press("enter")

        desk.see(ReceiptScreen)


LAST = "workday-worker-1"
LOCKED_OUT = "It is the last active key of Workday HR: nothing gets in there any more."


async def test_the_last_active_key_of_an_integration_is_asked_about_once_more(
    stage: Stage,
) -> None:
    key = await key_of(stage, LAST)
    async with sit_down(stage, key.public_key) as desk:
        await desk.press("x", "R")

        desk.see(RevokeDialog)
        assert LOCKED_OUT in desk.words
        assert "R revoke it all the same" in desk.words
        assert await status_of(stage, LAST) == "active"
        await desk.press("R")

        desk.see(ReceiptScreen)
        assert await status_of(stage, LAST) == "revoked"


@pytest.mark.parametrize("answer", [("escape",), ("enter",), ("y",), ("space",)])
async def test_nothing_else_answers_the_second_question(
    stage: Stage, answer: tuple[str, ...]
) -> None:
    key = await key_of(stage, LAST)
    async with sit_down(stage, key.public_key) as desk:
        await desk.press("x", "R", *answer)

        assert await status_of(stage, LAST) == "active"


async def test_where_the_name_was_typed_it_is_asked_once_more_too(stage: Stage) -> None:
    key = await key_of(stage, LAST)
    async with sit_down(stage, key.public_key, danger=True) as desk:
        await desk.press("x")
        await desk.write(LAST)
        await desk.press("enter")
        assert LOCKED_OUT in desk.words
        assert await status_of(stage, LAST) == "active"

        await desk.press("R")
        desk.see(ReceiptScreen)


async def test_an_answer_that_was_typed_ahead_of_the_second_question_is_none(stage: Stage) -> None:
    key = await key_of(stage, LAST)
    async with sit_down(stage, key.public_key, settle_seconds=0.05) as desk:
        await desk.press("x")
        dialog = desk.see(RevokeDialog)
        await desk.until(lambda: dialog.is_readable)
        send(desk.pilot, "R", "R", "R")
        await desk.until(lambda: dialog.is_asked_again)
        await desk.settle()

        desk.see(RevokeDialog)
        assert await status_of(stage, LAST) == "active"


async def test_a_disabled_key_is_not_the_last_one_that_works(stage: Stage) -> None:
    key = await key_of(stage, LAST)
    await stage.client().disable_key(key.public_key, DisableRequest())
    async with sit_down(stage, key.public_key) as desk:
        await desk.press("x")
        assert "last active" not in desk.words
        await desk.press("R")

        desk.see(ReceiptScreen)


async def test_an_answer_of_something_else_is_unknown_too(
    wired_desk: Desk, network: Network
) -> None:
    await ask(wired_desk, UNUSED)
    network.fail("POST", "/revoke", httpx.Response(502, text="<h1>bad gateway"), delivered=True)
    await wired_desk.press("R")

    assert "Unknown, still trying" in wired_desk.words
    assert "Not revoked" not in wired_desk.words


async def test_a_store_that_cannot_write_is_named_while_it_is_tried_again(
    wired_desk: Desk, network: Network
) -> None:
    await ask(wired_desk, UNUSED)
    network.fail("POST", "/revoke", httpx.Response(503, json={"error": "store-unavailable",
        "message": "The store cannot write: its disk is full. Try again."}))  # fmt: skip
    await wired_desk.press("R")

    assert "still trying: The store cannot write: its disk is full. The same" in wired_desk.words


async def test_use_that_cannot_be_known_has_to_be_named_and_does_not_block(
    wired_desk: Desk, network: Network
) -> None:
    await wired_desk.put_cursor_on(UNUSED)
    network.fail("GET", "/usage", httpx.Response(500))
    await wired_desk.press("x")
    assert "USE NOT KNOWN" in wired_desk.text
    await wired_desk.press("enter")
    assert await status_of(wired_desk.stage, UNUSED) == "active"

    await wired_desk.write(UNUSED)
    await wired_desk.press("enter")

    wired_desk.see(ReceiptScreen)


async def test_the_dialog_keeps_the_key_it_was_opened_with(keys_desk: Desk) -> None:
    dialog = await ask(keys_desk, UNUSED)
    now = await key_of(keys_desk.stage, UNUSED)
    await keys_desk.stage.client().rename_key(now.public_key, "aaa-first", version=now.version)
    dialog._refresh_usage()
    await keys_desk.settle()

    assert UNUSED in keys_desk.text
    await keys_desk.press("R")
    assert await status_of(keys_desk.stage, "aaa-first") == "revoked"


async def test_use_that_begins_while_one_looks_asks_for_the_name(keys_desk: Desk) -> None:
    dialog = await ask(keys_desk, "cron-worker-staging")
    assert not dialog.needs_typing
    keys_desk.stage.now = keys_desk.stage.now.replace(hour=5, minute=10)
    dialog._refresh_usage()
    await keys_desk.settle()
    assert dialog.needs_typing

    await keys_desk.press("R", "enter")

    assert await status_of(keys_desk.stage, "cron-worker-staging") == "active"


async def test_use_that_is_slower_to_come_than_it_is_asked_for_comes(
    wired_desk: Desk, network: Network
) -> None:
    await wired_desk.put_cursor_on(UNUSED)
    held = asyncio.Event()
    network.fail("GET", "/usage", held)
    send(wired_desk.pilot, "x")
    await wired_desk.until(lambda: bool(network.sent("GET", "/usage")))
    dialog = wired_desk.see(RevokeDialog)
    for _ in range(3):
        dialog._refresh_usage()
        await wired_desk.pilot.pause()
    assert len(network.sent("GET", "/usage")) == 1
    assert dialog.asking.usage is None

    held.set()
    await wired_desk.settle()
    assert dialog.asking.usage is not None


async def test_a_label_that_is_half_typed_when_its_use_is_known_goes_on_being_typed(
    wired_desk: Desk, network: Network
) -> None:
    await wired_desk.put_cursor_on(UNUSED)
    network.fail("GET", "/usage", httpx.Response(500))
    await wired_desk.press("x")
    await wired_desk.write("lap")
    wired_desk.see(RevokeDialog)._refresh_usage()
    await wired_desk.settle()
    await wired_desk.write("R")

    assert wired_desk.see(RevokeDialog).query_one("#confirm", GuardedInput).value == "lapR"
    assert await status_of(wired_desk.stage, UNUSED) == "active"


async def test_the_key_that_is_offered_once_the_use_is_known_counts_at_once(
    wired_desk: Desk, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revoke, "PATIENCE_SECONDS", 0.01)
    await wired_desk.put_cursor_on(UNUSED)
    known = asyncio.Event()
    network.fail("GET", "/usage", known)
    send(wired_desk.pilot, "x")
    await wired_desk.until(lambda: isinstance(wired_desk.app.focused, GuardedInput))

    known.set()
    dialog = wired_desk.see(RevokeDialog)
    await wired_desk.until(lambda: dialog.query_one("#do-revoke", Chip).key == "R")
    assert not isinstance(wired_desk.app.focused, GuardedInput)
    await wired_desk.press("R")

    wired_desk.see(ReceiptScreen)


async def test_no_frame_offers_a_key_that_does_not_count_yet(stage: Stage) -> None:
    key = await key_of(stage, UNUSED)
    async with sit_down(stage, key.public_key, settle_seconds=3600) as desk:
        await desk.press("x")

        chip = desk.see(RevokeDialog).query_one("#do-revoke", Chip)
        assert chip.key == "◌"
        (unmounted,) = [
            child
            for widget in RevokeDialog(key).box()
            for child in (widget, *widget._pending_children)
            if child.id == "do-revoke"
        ]
        assert isinstance(unmounted, Chip)
        assert unmounted.key == "◌"


async def test_reason_and_incident_go_into_the_receipt(keys_desk: Desk) -> None:
    await ask(keys_desk, IN_USE)
    await keys_desk.write(IN_USE)
    await keys_desk.press("up")
    await keys_desk.write("INC-4211")
    await keys_desk.press("up", "right", "down", "down", "enter")

    receipt = keys_desk.see(ReceiptScreen).receipt
    assert (receipt.reason, receipt.incident) == ("key_compromise", "INC-4211")


async def test_an_incident_that_could_act_is_refused_here(keys_desk: Desk) -> None:
    await ask(keys_desk, IN_USE)
    await keys_desk.write(IN_USE)
    await keys_desk.press("up")
    await keys_desk.paste("INC\x1b[31m")
    await keys_desk.press("down", "enter")

    assert "<U+001B>" in keys_desk.text
    assert await status_of(keys_desk.stage, IN_USE) == "active"


@pytest.mark.parametrize("delivered", [True, False], ids=["committed", "lost"])
async def test_a_timeout_is_unknown_until_the_receipt_is_there(
    wired_desk: Desk, network: Network, monkeypatch: pytest.MonkeyPatch, delivered: bool
) -> None:
    answer = await lose_the_answer(wired_desk, network, monkeypatch, delivered=delivered)
    assert "Unknown, still trying" in wired_desk.text
    assert "failed" not in wired_desk.text.lower()

    answer.set()
    await wired_desk.until(lambda: isinstance(wired_desk.app.screen, ReceiptScreen))
    await wired_desk.settle()

    assert wired_desk.see(ReceiptScreen).receipt.already is delivered
    assert await status_of(wired_desk.stage, UNUSED) == "revoked"


async def test_left_while_the_outcome_is_unknown_it_goes_on_and_ends_in_the_receipt(
    wired_desk: Desk, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = await lose_the_answer(wired_desk, network, monkeypatch)
    assert "it goes on" in wired_desk.text
    send(wired_desk.pilot, "escape")
    await wired_desk.until(lambda: isinstance(wired_desk.app.screen, IntegrationScreen))

    answer.set()
    await wired_desk.until(lambda: isinstance(wired_desk.app.screen, ReceiptScreen))

    await wired_desk.press("enter")
    wired_desk.see(IntegrationScreen)
    assert await status_of(wired_desk.stage, UNUSED) == "revoked"


async def lose_the_answer(
    desk: Desk, network: Network, monkeypatch: pytest.MonkeyPatch, *, delivered: bool = False
) -> asyncio.Event:
    """Revoke over a line that loses the first answer; the second comes once the event is set."""
    monkeypatch.setattr(unknown_outcome, "RETRY_SECONDS", 0.01)
    await ask(desk, UNUSED)
    answer = asyncio.Event()
    network.fail("POST", "/revoke", httpx.ReadTimeout("slow"), delivered=delivered)
    network.fail("POST", "/revoke", answer)
    send(desk.pilot, "R")
    await desk.until(lambda: len(network.sent("POST", "/revoke")) == 2)
    return answer


async def test_a_refusal_says_not_revoked_and_may_be_tried_again(
    wired_desk: Desk, network: Network
) -> None:
    await ask(wired_desk, UNUSED)
    network.fail("POST", "/revoke", httpx.Response(403, json=NO))
    await wired_desk.press("R")
    assert "Not revoked" in wired_desk.text
    assert "keys:revoke" in wired_desk.text

    await wired_desk.press("R")

    wired_desk.see(ReceiptScreen)


async def test_a_refusal_after_a_lost_answer_does_not_say_not_revoked(
    wired_desk: Desk, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unknown_outcome, "RETRY_SECONDS", 0.01)
    await ask(wired_desk, UNUSED)
    network.fail("POST", "/revoke", httpx.ReadTimeout("slow"), delivered=True)
    network.fail("POST", "/revoke", httpx.Response(403, json=NO))
    send(wired_desk.pilot, "R")
    await wired_desk.until(lambda: len(network.sent("POST", "/revoke")) == 2)
    await wired_desk.settle()

    assert "Unknown: " in wired_desk.words
    assert "The audit log tells." in wired_desk.words
    assert "Not revoked" not in wired_desk.words


async def test_a_key_that_someone_else_revoked_gives_the_same_receipt(keys_desk: Desk) -> None:
    await keys_desk.put_cursor_on(REVOKED)
    await keys_desk.press("x", "R")

    assert keys_desk.see(ReceiptScreen).receipt.already
    assert keys_desk.see(ReceiptScreen).receipt.incident == "CHG-118"


async def test_revoking_from_the_created_page_leads_to_the_list_without_acknowledging(
    created: Desk, network: Network
) -> None:
    await created.press("x", "R", "enter")

    created.see(IntegrationScreen)
    assert await status_of(created.stage, "checkout-prod") == "revoked"
    assert not network.sent("POST", "/acknowledge")
    assert "checkout-prod" in created.labels


async def test_keeping_it_on_the_created_page_keeps_the_value(created: Desk) -> None:
    from keyconsole.console.screens.key_created import KeyCreatedScreen

    await created.press("x", "escape")

    assert created.see(KeyCreatedScreen).secret.reveal() is not None
