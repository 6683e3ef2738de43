"""Rotating a key by hand: explained, revealed once, watched, and ended only when that is meant."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from tests import hands
from tests.console.desk import IN_USE, UNUSED, Desk, Network, key_of
from tests.console.secrets import secret_of
from tests.scenes import rotate, use_old
from tests.stage import NOW

from keyconsole.console.screens.ask import AskDialog
from keyconsole.console.screens.deadline import DeadlineDialog
from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.console.screens.key_created import KeyCreatedScreen
from keyconsole.console.screens.key_detail import KeyScreen
from keyconsole.console.screens.receipt import ReceiptScreen
from keyconsole.console.screens.replacement_created import ReplacementCreatedScreen
from keyconsole.console.screens.revoke import RevokeDialog
from keyconsole.console.screens.rotate import RotateForm
from keyconsole.console.screens.rotation import RotationScreen
from keyconsole.console.screens.rotations import RotationsScreen
from keyconsole.core.errors import ServiceUnreachableError
from keyconsole.service import scheduler
from keyconsole.wire import RevokeRequest, SettingsPatch


@pytest.fixture
async def form(wired_desk: Desk) -> Desk:
    await wired_desk.put_cursor_on(IN_USE)
    await wired_desk.press("t")
    return wired_desk


@pytest.fixture
async def watched(keys_desk: Desk) -> Desk:
    """A rotation whose replacement is in use and whose old key has been quiet for long enough."""
    secret = await rotate(keys_desk.stage)
    keys_desk.stage.now += timedelta(minutes=9)
    await keys_desk.stage.use(secret, 3)
    keys_desk.stage.now += timedelta(minutes=22)
    await keys_desk.press("ctrl+r")
    await keys_desk.put_cursor_on(IN_USE)
    await keys_desk.press("t")
    return keys_desk


async def test_a_key_that_has_been_quiet_for_weeks_can_be_rotated(keys_desk: Desk) -> None:
    await keys_desk.put_cursor_on(IN_USE)
    keys_desk.stage.now += timedelta(days=21)
    await keys_desk.press("ctrl+r", "t")
    keys_desk.see(RotateForm)
    assert "It was not used in the last 7 days: its rhythm is not known." in keys_desk.words


async def test_the_page_and_its_dialog_agree_on_what_is_in_use(watched: Desk) -> None:
    assert "● ready" in watched.text
    await watched.press("x")

    watched.see(RevokeDialog)
    assert "IN USE NOW" not in watched.text
    assert "IN USE WITHIN THE HOUR" in watched.text
    assert "none in the last minute" not in watched.words
    assert "was last used 22 min ago; this key was last used 31 min ago." in watched.words


async def test_it_explains_the_name_and_how_long_the_pauses_are(form: Desk) -> None:
    form.see(RotateForm)
    assert f"It is called {IN_USE} (next) until the old key is gone" in form.words
    assert "longest pause in the last 7 days" in form.words
    await form.press("escape")
    form.see(IntegrationScreen)


async def test_the_value_is_revealed_once_and_done_leads_to_both_keys(form: Desk) -> None:
    await form.press("ctrl+s")
    shown = form.see(ReplacementCreatedScreen)
    value = secret_of(form)
    await form.press("v")
    assert value in form.text
    await form.press("enter")

    form.see(RotationScreen)
    assert value not in form.text
    assert shown.secret.is_dropped
    assert "nobody has used it yet" in form.words
    card = await form.stage.client().key(shown.key.public_key)
    assert card.confirmed
    assert card.replaces == (await key_of(form.stage, IN_USE)).public_key


async def test_leaving_without_the_value_is_asked_about(form: Desk) -> None:
    await form.press("ctrl+s", "enter")
    form.see(AskDialog)
    await form.press("escape")
    form.see(ReplacementCreatedScreen)


async def test_a_lost_answer_makes_one_replacement(form: Desk, network: Network) -> None:
    network.fail("POST", "/rotation", httpx.ReadTimeout("slow"), delivered=True)
    await form.press("ctrl+s")
    form.see(RotateForm)
    await form.press("ctrl+s")

    made = form.see(ReplacementCreatedScreen).key
    page = await form.stage.client().rotations.under_way()
    assert [each.new.key.public_key for each in page.items] == [made.public_key]
    first, again = network.sent("POST", "/rotation")
    assert first.headers["idempotency-key"] == again.headers["idempotency-key"]
    assert first.content == again.content


async def test_another_choice_is_another_request(form: Desk, network: Network) -> None:
    network.fail("POST", "/rotation", httpx.ConnectError("refused"))
    await form.press("ctrl+s", "left", "ctrl+s")

    first, again = network.sent("POST", "/rotation")
    assert first.headers["idempotency-key"] != again.headers["idempotency-key"]
    assert b'"quiet_minutes":10' in again.content


async def test_what_is_chosen_is_what_is_agreed(form: Desk) -> None:
    await form.press("right", "down", "right", "down", "right", "ctrl+s", "s", "escape", "c")
    page = await form.stage.client().rotations.under_way()
    [agreed] = page.items
    assert (agreed.quiet_minutes, agreed.automatic) == (120, True)
    assert agreed.deadline - agreed.started_at == timedelta(days=30)


async def test_more_quiet_than_there_is_until_the_deadline_is_refused_in_the_form(
    form: Desk,
) -> None:
    await form.press("right", "right", "right", "down", "left", "ctrl+s")
    form.see(RotateForm)
    assert "The quiet, 10,080 minutes, is longer than the rotation" in form.words
    assert not (await form.stage.client().rotations.under_way()).items


async def test_a_deadline_of_a_rotation_is_typed_where_its_days_are_chosen(form: Desk) -> None:
    await form.press("down")
    await form.write("2027-02-01")
    assert "through 1 February 2027, UTC" in form.words
    await form.press("ctrl+s", "s", "escape", "c")
    [agreed] = (await form.stage.client().rotations.under_way()).items
    assert agreed.deadline == datetime(2027, 2, 2, tzinfo=UTC)


async def test_a_deadline_that_has_passed_is_told_in_the_form_and_not_sent(
    form: Desk, network: Network
) -> None:
    await form.press("down")
    await form.write("2026-02-01")
    await form.press("ctrl+s")
    assert form.see(RotateForm).deadline.field.value == "2026-02-01"
    assert "✕ That is in the past: write a time in the future." in form.words
    assert network.sent("POST", "/rotation") == []


async def test_the_deadline_of_the_workspace_is_there_whatever_it_is(
    wired_desk: Desk, network: Network
) -> None:
    [workspace] = (await wired_desk.stage.client().me()).memberships
    await wired_desk.stage.client().workspaces.change(
        workspace.workspace_id, SettingsPatch(rotation_deadline_days=14)
    )
    await wired_desk.put_cursor_on(IN_USE)
    await wired_desk.press("t")
    assert wired_desk.see(RotateForm).deadline.typed == "14"
    await wired_desk.press("escape")
    wired_desk.see(IntegrationScreen)


async def test_what_was_chosen_before_the_settings_came_stays(
    wired_desk: Desk, network: Network
) -> None:
    held = asyncio.Event()
    await wired_desk.put_cursor_on(IN_USE)
    [me] = (await wired_desk.stage.client().me()).memberships
    network.fail("GET", me.workspace_id, held)
    hands.send(wired_desk.pilot, "t")
    await wired_desk.until(lambda: bool(network.sent("GET", me.workspace_id)))
    form = wired_desk.see(RotateForm)
    hands.send(wired_desk.pilot, "down", "5")
    await wired_desk.until(lambda: form.deadline.typed == "5" and bool(form.decided))
    held.set()
    await wired_desk.settle()
    assert form.deadline.typed == "5"


async def test_while_the_replacement_is_generated_leaving_is_refused(
    form: Desk, network: Network
) -> None:
    held = asyncio.Event()
    network.fail("POST", "/rotation", held)
    hands.send(form.pilot, "ctrl+s")
    await form.until(lambda: bool(network.sent("POST", "/rotation")))
    assert form.see(RotateForm).exit_blocker() is not None
    held.set()
    await form.settle()
    form.see(ReplacementCreatedScreen)


async def test_a_key_that_somebody_rotates_meanwhile_is_told(form: Desk) -> None:
    await rotate(form.stage)
    await form.press("ctrl+s")
    form.see(RotateForm)
    assert "part of a rotation already" in form.words


async def test_t_on_either_key_shows_the_rotation_under_way(keys_desk: Desk) -> None:
    await rotate(keys_desk.stage)
    await keys_desk.press("ctrl+r")
    for label in (IN_USE, f"{IN_USE} (next)"):
        await keys_desk.put_cursor_on(label)
        await keys_desk.press("t")
        keys_desk.see(RotationScreen)
        await keys_desk.press("escape")


async def test_it_says_who_still_uses_the_old_key(keys_desk: Desk) -> None:
    await rotate(keys_desk.stage)
    keys_desk.stage.now += timedelta(seconds=5)
    await use_old(keys_desk.stage, 14)
    await keys_desk.press("ctrl+r", "t")
    # 51 of them two seconds before the picture of the stage.
    assert f"old: {51 + 14} requests in the last minute from 10.1.4.7" in keys_desk.words


async def test_x_asks_the_usual_question_and_ends_with_a_receipt(watched: Desk) -> None:
    assert "x revokes the old one" in watched.words
    await watched.press("x")
    watched.see(RevokeDialog)
    await watched.press("enter")
    watched.see(RevokeDialog)
    await watched.write(IN_USE)
    await watched.press("enter")
    receipt = watched.see(ReceiptScreen).receipt
    assert receipt.reason == "superseded"
    await watched.press("enter")

    rotation = watched.see(RotationScreen).rotation
    assert rotation.state == "completed"
    assert rotation.new.key.label == IN_USE
    await watched.press("r")
    assert watched.see(ReceiptScreen).receipt.audit_sequence == receipt.audit_sequence


async def test_pause_and_go_on(watched: Desk) -> None:
    await watched.press("space")
    assert "The old key stays, whatever the deadline" in watched.words
    await watched.press("space")
    assert watched.see(RotationScreen).rotation.state == "ready"


async def test_going_on_after_the_deadline_asks_for_another(watched: Desk) -> None:
    await watched.press("space")
    watched.stage.now += timedelta(days=9)
    await watched.press("ctrl+r", "space")
    watched.see(DeadlineDialog)
    assert "Its deadline passed meanwhile" in watched.words
    await watched.press("enter")
    rotation = watched.see(RotationScreen).rotation
    assert rotation.state == "ready"
    assert rotation.deadline == watched.stage.now + timedelta(days=7)


async def test_enter_alone_never_brings_a_deadline_nearer(watched: Desk) -> None:
    await watched.press("E")
    await watched.write("45")
    await watched.press("enter", "E")
    assert watched.see(DeadlineDialog).deadline.typed == "90"
    assert "goes at the latest in 45 days. How many days from now instead?" in watched.words


async def test_another_deadline_is_chosen(watched: Desk) -> None:
    await watched.press("E", "right", "enter")
    rotation = watched.see(RotationScreen).rotation
    assert rotation.deadline == watched.stage.now + timedelta(days=30)


async def test_any_other_deadline_is_typed(watched: Desk) -> None:
    for typed, deadline in (
        ("14", NOW + timedelta(minutes=31, days=14)),
        ("3 days", NOW + timedelta(minutes=31, days=3)),
        ("2w", NOW + timedelta(minutes=31, weeks=2)),
        ("2027-01-15", datetime(2027, 1, 16, tzinfo=UTC)),
    ):
        await watched.press("E")
        await watched.write(typed)
        assert watched.see(DeadlineDialog).deadline.field.value == typed
        await watched.press("enter")
        assert watched.see(RotationScreen).rotation.deadline == deadline


async def test_a_deadline_that_cannot_be_is_told_and_stays_to_be_changed(watched: Desk) -> None:
    before = watched.see(RotationScreen).rotation.deadline
    for typed, sentence in (
        ("2026-01-15", "That is in the past: write a time in the future."),
        ("0", "Write at least 1m, such as 30m."),
        ("2027-13-41", "Write 12h, 7d or 3mo, a date or a time: 2027-06-30, 2027-06-30T18:00."),
        ("400", "At most 365 days ahead."),
    ):
        await watched.press("E")
        await watched.write(typed)
        await watched.press("enter")
        assert watched.see(DeadlineDialog).deadline.field.value == typed
        assert f"✕ {sentence}" in watched.words
        await watched.press("escape")
        assert watched.see(RotationScreen).rotation.deadline == before


async def test_no_answer_keeps_the_deadline_that_was_typed(
    wired_desk: Desk, network: Network
) -> None:
    await rotate(wired_desk.stage)
    await wired_desk.press("ctrl+r", "t", "E")
    network.fail("PATCH", "/rotation", httpx.ReadTimeout("slow"))
    await wired_desk.write("21")
    await wired_desk.press("enter")
    assert "may or may not be saved" in wired_desk.words
    await wired_desk.press("ctrl+s")
    rotation = wired_desk.see(RotationScreen).rotation
    assert rotation.deadline == wired_desk.stage.now + timedelta(days=21)


async def test_cancel_keeps_both_and_t_begins_anew(watched: Desk) -> None:
    await watched.press("C", "escape")
    assert watched.see(RotationScreen).rotation.state == "ready"
    await watched.press("C", "C")
    assert watched.see(RotationScreen).rotation.state == "cancelled"
    assert (await key_of(watched.stage, IN_USE)).status == "active"
    await watched.press("t")
    watched.see(RotateForm)


async def test_cancel_and_revoke_the_new_one_asks_first(watched: Desk) -> None:
    await watched.press("C", "x")
    dialog = watched.see(RevokeDialog)
    assert dialog.key.label == f"{IN_USE} (next)"
    assert (await key_of(watched.stage, f"{IN_USE} (next)")).status == "active"


async def test_what_the_service_ended_shows_where_one_looks(keys_desk: Desk) -> None:
    secret = await rotate(keys_desk.stage, automatic=True)
    await keys_desk.press("ctrl+r", "t")
    keys_desk.see(RotationScreen)
    await keys_desk.stage.use(secret)
    await keys_desk.stage.service.app.runtime.recorder.flush()
    keys_desk.stage.now += timedelta(hours=1)
    await scheduler.run_due_jobs(keys_desk.stage.service.app.runtime)
    await keys_desk.press("ctrl+r")
    assert "The old key was revoked just now by ops@acme.example" in keys_desk.words


async def test_an_old_key_that_a_person_revoked_meanwhile_is_said_to_be(keys_desk: Desk) -> None:
    await rotate(keys_desk.stage)
    await keys_desk.press("ctrl+r", "t")
    keys_desk.see(RotationScreen)
    old = await key_of(keys_desk.stage, IN_USE)
    await keys_desk.stage.client().revoke_key(old.public_key, RevokeRequest())
    await keys_desk.press("ctrl+r")
    told = "The old key was revoked just now by ops@acme.example, not by this rotation."
    assert told in keys_desk.words


async def test_the_rotations_under_way_open_from_their_list(desk: Desk) -> None:
    await desk.press("T")
    assert "No rotation is under way" in desk.text
    await rotate(desk.stage)
    await desk.press("ctrl+r", "enter")
    desk.see(RotationScreen)
    await desk.press("escape")
    desk.see(RotationsScreen)


async def test_the_routes_lead_there(desk: Desk) -> None:
    await rotate(desk.stage)
    old = (await key_of(desk.stage, IN_USE)).public_key
    await desk.go(f"/api-keys/{old}/rotation")
    desk.see(RotationScreen)
    await desk.press("1")
    assert desk.see(KeyScreen).key.public_key == old
    await desk.go("/api-keys/rotations")
    desk.see(RotationsScreen)


async def test_a_key_just_made_is_rotated_once_its_value_is_taken(keys_desk: Desk) -> None:
    await keys_desk.press("n")
    await keys_desk.write("checkout-prod")
    await keys_desk.press("ctrl+s", "t")
    keys_desk.see(KeyCreatedScreen)
    assert "Copy, show or save the value first" in keys_desk.text
    value = secret_of(keys_desk)
    await keys_desk.press("v", "t")
    assert keys_desk.see(RotateForm).key.label == "checkout-prod"
    assert value not in keys_desk.text


async def test_a_dead_key_is_not_rotated(keys_desk: Desk) -> None:
    await keys_desk.put_cursor_on("old-backend")
    await keys_desk.press("t")
    assert "nobody uses it" in keys_desk.text
    keys_desk.see(IntegrationScreen)


async def test_the_lineage_is_on_the_page_and_in_the_question(keys_desk: Desk) -> None:
    secret = await rotate(keys_desk.stage)
    new = await key_of(keys_desk.stage, f"{IN_USE} (next)")
    await keys_desk.press("ctrl+r", "enter")
    assert f"Being replaced {new.public_key}" in keys_desk.words
    await keys_desk.stage.use(secret)
    await keys_desk.press("x")
    assert f"being replaced by kcp_…{new.public_key[-4:]}" in keys_desk.words


async def test_before_its_successor_is_used_a_key_is_revoked_by_its_name_only(
    keys_desk: Desk,
) -> None:
    await rotate(keys_desk.stage)
    keys_desk.stage.now += timedelta(days=2)
    await keys_desk.press("ctrl+r", "x")
    assert "nobody has used the key yet that replaces it" in keys_desk.words
    assert f"type {IN_USE}" in keys_desk.words
    await keys_desk.press("R")
    assert (await key_of(keys_desk.stage, IN_USE)).revoked_at is None


async def test_while_the_service_is_away_what_was_seen_stays(watched: Desk) -> None:
    watched.app.failed(ServiceUnreachableError("The service does not answer."))
    await watched.settle()
    assert f"{IN_USE} (next)" in watched.text


async def test_an_unused_key_says_that_nobody_uses_it(keys_desk: Desk) -> None:
    await keys_desk.put_cursor_on(UNUSED)
    await keys_desk.press("t")
    assert "Nobody has used it yet" in keys_desk.text


async def test_on_the_smallest_terminal_every_way_on_is_in_the_footer(watched: Desk) -> None:
    await watched.resize(60, 16)
    assert watched.text.splitlines()[-1].split() == (
        ["x", "revoke", "␣", "pause", "E", "deadline", "C", "cancel", "esc", "back", "?", "help"]
    )


async def test_on_the_smallest_terminal_what_has_the_focus_is_in_sight(form: Desk) -> None:
    await form.resize(60, 16)
    await form.press("down", "4", "5")
    screen = form.app.screen
    for _ in range(5):
        await form.press("tab")

        def is_in_sight() -> bool:
            focused, end = screen.focused, screen.query_one("#form-end")
            assert focused is not None
            lines = range(screen.query_one("#form").region.y, end.region.y)
            return focused.region.y in lines or focused in end.children

        await form.until(is_in_sight)
