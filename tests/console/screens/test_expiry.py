"""When a key expires: said in words as it nears, changed within policy, never silently."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from tests.console.desk import IN_USE, UNUSED, Desk, Network, integration_of, key_of

from keyconsole.console.key_runs import expiry_runs
from keyconsole.console.screens.expiry import ExpiryDialog
from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.text.keys import status_of
from keyconsole.wire import IntegrationPatch, KeyCreate


@pytest.fixture
async def asked(wired_desk: Desk) -> Desk:
    await wired_desk.put_cursor_on(UNUSED)
    await wired_desk.press("E")
    return wired_desk


async def test_it_says_what_holds_now_and_saves_what_is_chosen(asked: Desk) -> None:
    assert "never expires" in asked.text
    await asked.press("right", "right", "ctrl+s")

    asked.see(IntegrationScreen)
    assert "expires in 90 days" in asked.words
    key = await key_of(asked.stage, UNUSED)
    assert key.expires_at == asked.stage.now + timedelta(days=90)


async def test_enter_does_what_the_dialog_says_that_it_does(asked: Desk) -> None:
    await asked.press("right", "enter")

    asked.see(IntegrationScreen)
    key = await key_of(asked.stage, UNUSED)
    assert key.expires_at == asked.stage.now + timedelta(days=30)


async def test_a_date_counts_to_its_end(asked: Desk) -> None:
    await asked.press("left", "enter")
    await asked.write("2027-06-30")
    await asked.press("enter")
    key = await key_of(asked.stage, UNUSED)
    assert key.expires_at == datetime(2027, 7, 1, tzinfo=UTC)


async def test_a_date_that_has_passed_is_not_sent(asked: Desk, network: Network) -> None:
    await asked.press("left", "enter")
    await asked.write("2026-06-30")
    await asked.press("enter")
    assert "in the future" in asked.text
    assert network.sent("PATCH", "") == []


async def test_a_conflict_shows_what_somebody_else_made_of_it(asked: Desk) -> None:
    key = await key_of(asked.stage, UNUSED)
    theirs = asked.stage.now + timedelta(days=2)
    await asked.stage.client().change_expiry(key.public_key, theirs, version=key.version)
    await asked.press("right", "ctrl+s")
    assert "Someone else changed it meanwhile" in asked.text
    assert "expires in 2 days" in asked.words
    await asked.press("ctrl+s")
    changed = await key_of(asked.stage, UNUSED)
    assert changed.expires_at == asked.stage.now + timedelta(days=30)


async def test_beyond_policy_it_is_refused_in_the_dialog(keys_desk: Desk) -> None:
    here = await integration_of(keys_desk.stage)
    await keys_desk.stage.client().update_integration(
        here.id, IntegrationPatch(max_key_age_days=14)
    )
    await keys_desk.press("ctrl+r")
    await keys_desk.put_cursor_on(UNUSED)
    await keys_desk.press("E")
    assert keys_desk.words.count("never") == 1  # what holds now, and no choice
    await keys_desk.press("ctrl+s")
    keys_desk.see(ExpiryDialog)
    assert "at most 14 days" in keys_desk.words


async def test_no_answer_keeps_the_dialog(asked: Desk, network: Network) -> None:
    key = await key_of(asked.stage, UNUSED)
    network.fail("PATCH", key.public_key, httpx.ReadTimeout("slow"))
    await asked.press("right", "ctrl+s")
    asked.see(ExpiryDialog)
    assert "No answer" in asked.text


async def test_what_is_due_is_marked_and_found(keys_desk: Desk) -> None:
    here = await integration_of(keys_desk.stage)
    await keys_desk.stage.client().update_integration(
        here.id, IntegrationPatch(max_key_age_days=180)
    )
    await keys_desk.press("ctrl+r")
    assert keys_desk.text.count("↻ due") == 4
    await keys_desk.press("slash")
    await keys_desk.write("due:rotation")
    await keys_desk.press("enter")
    assert IN_USE in keys_desk.labels
    assert "mobile-gateway-prod" not in keys_desk.labels


@pytest.mark.parametrize(
    ("left", "words", "role"),
    [
        (timedelta(days=40), "expires in 40 days", "ink"),
        (timedelta(days=13), "expires in 13 days", "amber"),
        (timedelta(hours=20), "expires in 20 h", "amber bold"),
        (timedelta(days=-2), "expired 2 days ago", "amber bold"),
    ],
)
async def test_it_is_worded_and_coloured_as_it_nears(
    desk: Desk, left: timedelta, words: str, role: str
) -> None:
    at = desk.stage.now
    key = (await key_of(desk.stage, IN_USE)).model_copy(update={"expires_at": at + left})
    assert expiry_runs(key, at)[0] == (words, role)


async def test_the_list_says_how_long_a_key_still_works(keys_desk: Desk) -> None:
    here = await integration_of(keys_desk.stage)
    client = keys_desk.stage.client()
    soon = keys_desk.stage.now + timedelta(days=5)
    created = await client.create_key(
        here.id, KeyCreate(label="partner-prod", expires_at=soon), idempotency_key="p" * 32
    )
    key = await client.acknowledge(created.key.public_key)
    assert status_of(key, keys_desk.stage.now) == ("◔ 5 days left", "amber")


async def test_days_are_typed_where_a_date_is(asked: Desk) -> None:
    await asked.press("left", "enter")
    await asked.write("45")
    await asked.press("enter")
    key = await key_of(asked.stage, UNUSED)
    assert key.expires_at == asked.stage.now + timedelta(days=45)
