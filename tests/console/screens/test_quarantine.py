"""Disabling takes one deliberate key, and one lets the key go again."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from tests.console.desk import IN_USE, REVOKED, UNUSED, Desk, Network, key_of, sit_down
from tests.hands import send
from tests.stage import Stage

from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.console.screens.quarantine import QuarantineDialog


async def status_of(stage: Stage, label: str) -> str:
    return str((await key_of(stage, label)).status)


async def test_it_is_disabled_until_somebody_decides(keys_desk: Desk) -> None:
    await keys_desk.put_cursor_on(IN_USE)
    await keys_desk.press("d")
    for words in ("Disable this key?", IN_USE, "IN USE NOW", "91.20.7.5", "until somebody"):
        assert words in keys_desk.text

    await keys_desk.press("D")

    key = await key_of(keys_desk.stage, IN_USE)
    assert (key.status, key.disabled_until) == ("disabled", None)
    assert "◐ disabled" in keys_desk.text
    assert f"Disabled {IN_USE}" in keys_desk.text


@pytest.mark.parametrize(("then", "end"), [("revoke", "revoked for ever"), ("enable", "enabled")])
async def test_a_fuse_says_what_it_leads_to(keys_desk: Desk, then: str, end: str) -> None:
    await keys_desk.put_cursor_on(UNUSED)
    await keys_desk.press("d", "right", "tab", *(["right"] if then == "enable" else []))
    assert end in keys_desk.text
    await keys_desk.press("D")

    key = await key_of(keys_desk.stage, UNUSED)
    assert key.disabled_then == then
    assert key.disabled_until is not None
    assert (key.disabled_until - keys_desk.stage.now).total_seconds() == 3600
    assert ("revoked in 1 h" if then == "revoke" else "enabled in 1 h") in keys_desk.text


@pytest.mark.parametrize("then", ["revoke", "enable"])
async def test_the_dialog_opens_with_what_is_set(keys_desk: Desk, then: str) -> None:
    await keys_desk.put_cursor_on(UNUSED)
    keys = ["d", "right", "right", "tab", *(["right"] if then == "enable" else []), "D"]
    await keys_desk.press(*keys)
    before = await key_of(keys_desk.stage, UNUSED)
    keys_desk.stage.now += timedelta(minutes=5)

    await keys_desk.press("d")
    assert "▸as it is set" in keys_desk.text
    await keys_desk.press("D")

    after = await key_of(keys_desk.stage, UNUSED)
    assert (after.disabled_until, after.disabled_then) == (before.disabled_until, then)


async def test_history_says_what_will_happen(keys_desk: Desk) -> None:
    await keys_desk.put_cursor_on(UNUSED)
    await keys_desk.press("d", "right", "D", "enter")

    assert "disabled since 09:00; revokes itself on 2026-11-24 10:00 UTC" in keys_desk.words
    assert "until 2026-11-24" not in keys_desk.words
    assert keys_desk.words.count("revokes itself on 2026-11-24 10:00 UTC") == 2


async def test_one_key_lets_it_go(keys_desk: Desk) -> None:
    await keys_desk.put_cursor_on(UNUSED)
    await keys_desk.press("d", "right", "D", "d")
    assert "Since 09:00; revokes itself on 2026-11-24 10:00 UTC." in keys_desk.words
    await keys_desk.press("O")

    assert await status_of(keys_desk.stage, UNUSED) == "active"
    assert "works again" in keys_desk.text


async def test_reason_and_incident_stand_in_the_audit_log(keys_desk: Desk) -> None:
    await keys_desk.put_cursor_on(UNUSED)
    await keys_desk.press("d", "tab", "right", "tab")
    await keys_desk.write("INC-7")
    await keys_desk.press("tab", "D")

    key = await key_of(keys_desk.stage, UNUSED)
    events = await keys_desk.stage.client().audit(target=key.public_key)
    assert events.items[0].action == "key.disabled"
    assert events.items[0].detail["reason"] == "key_compromise"
    assert events.items[0].detail["incident"] == "INC-7"


async def test_what_was_typed_ahead_disables_nothing(stage: Stage) -> None:
    key = await key_of(stage, UNUSED)
    async with sit_down(stage, f"/api-keys/{key.public_key}", settle_seconds=0.3) as desk:
        send(desk.pilot, "d", "D", "enter")
        await desk.settle()

        desk.see(QuarantineDialog)
        assert await status_of(stage, UNUSED) == "active"


async def test_escape_leaves_it(keys_desk: Desk) -> None:
    await keys_desk.press("d", "escape")

    keys_desk.see(IntegrationScreen)
    assert await status_of(keys_desk.stage, IN_USE) == "active"


async def test_a_revoked_key_is_not_disabled(keys_desk: Desk) -> None:
    await keys_desk.put_cursor_on(REVOKED)
    await keys_desk.press("d")

    keys_desk.see(IntegrationScreen)


@pytest.mark.parametrize(
    "outcome", [httpx.ReadError("gone"), httpx.Response(502, text="<h1>bad gateway")]
)
async def test_no_clear_answer_is_said_and_asked_again(
    wired_desk: Desk, network: Network, outcome: Exception | httpx.Response
) -> None:
    network.fail("POST", "/disable", outcome, delivered=True)
    await wired_desk.put_cursor_on(UNUSED)
    await wired_desk.press("d", "D")
    assert "may or may not have been done" in wired_desk.words

    await wired_desk.press("D")
    wired_desk.see(IntegrationScreen)
    assert await status_of(wired_desk.stage, UNUSED) == "disabled"


async def test_while_it_is_on_its_way_it_is_not_sent_twice(
    wired_desk: Desk, network: Network
) -> None:
    held = asyncio.Event()
    network.fail("POST", "/disable", held)
    await wired_desk.put_cursor_on(UNUSED)
    await wired_desk.press("d")
    send(wired_desk.pilot, "D", "D", "escape")
    await wired_desk.until(lambda: bool(network.sent("POST", "/disable")))
    held.set()
    await wired_desk.settle()

    assert len(network.sent("POST", "/disable")) == 1
    wired_desk.see(IntegrationScreen)


async def test_read_only_offers_none_of_it(stage: Stage) -> None:
    key = await key_of(stage, UNUSED)
    async with sit_down(stage, f"/api-keys/{key.public_key}", read_only=True) as desk:
        await desk.press("d")

        assert not isinstance(desk.app.screen, QuarantineDialog)
