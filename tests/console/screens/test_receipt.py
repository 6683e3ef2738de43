"""The receipt of a revoke: proof that can be kept."""

import base64
import json
import sqlite3
from pathlib import Path

import httpx
import pytest
from tests.console.desk import REVOKED, UNUSED, Desk, Network, key_of, sit_down
from tests.stage import Stage

from keyconsole.console.screens import receipt as receipt_module
from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.console.screens.receipt import ReceiptScreen
from keyconsole.wire import RevokeRequest


@pytest.fixture
async def at_receipt(wired_desk: Desk) -> Desk:
    await wired_desk.put_cursor_on(UNUSED)
    await wired_desk.press("x", "R")
    return wired_desk


def saved_in(home: Path) -> list[Path]:
    return list(home.glob("*.json"))


async def test_it_says_when_by_whom_and_that_it_is_refused(at_receipt: Desk) -> None:
    receipt = at_receipt.see(ReceiptScreen).receipt
    for words in (
        UNUSED,
        receipt.public_key,
        "2026-11-24 09:00:00.000 UTC",
        "by ops",
        "bastion:4021",
        receipt.request_id,
        f"event {receipt.audit_sequence}",
        receipt.audit_hash[:16],
    ):
        assert words in at_receipt.text


async def test_it_is_copied_as_text_without_keeping_it(at_receipt: Desk) -> None:
    await at_receipt.press("c")

    sent = next(text for text in at_receipt.written if text.startswith("\x1b]52;c;"))
    text = base64.b64decode(sent[7:-1]).decode()
    assert at_receipt.see(ReceiptScreen).receipt.request_id in text
    assert "bastion:4021" in text


async def test_it_is_saved_as_json_that_only_its_owner_can_read(
    at_receipt: Desk, surroundings: Path
) -> None:
    receipt = at_receipt.see(ReceiptScreen).receipt
    await at_receipt.press("s")

    [path] = saved_in(surroundings)
    document = json.loads(path.read_text())
    assert path.stat().st_mode & 0o777 == 0o600
    assert document["public_key"] == receipt.public_key
    assert document["label"] == UNUSED
    assert document["integration_name"] == "Salesforce Production"
    assert document["revoked_at"] == "2026-11-24T09:00:00.000Z"
    assert document["audit_hash"] == receipt.audit_hash
    assert document["verification"]["would_authenticate"] is False
    assert "Saved to" in at_receipt.text


async def test_it_is_never_saved_over_another_file(at_receipt: Desk, surroundings: Path) -> None:
    await at_receipt.press("s", "s")

    assert "there already" in at_receipt.text
    assert len(saved_in(surroundings)) == 1


@pytest.mark.parametrize("key", ["enter", "escape"])
async def test_closing_it_shows_the_dead_key_in_the_list(at_receipt: Desk, key: str) -> None:
    await at_receipt.press(key)

    at_receipt.see(IntegrationScreen)
    assert at_receipt.under_cursor.label == UNUSED
    assert at_receipt.under_cursor.status == "revoked"
    assert "✕ revoked" in at_receipt.text


async def test_it_asks_again_until_the_verification_path_answers(
    wired_desk: Desk, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipt_module, "RETRY_SECONDS", 0.2)
    network.fail("POST", "/identify", httpx.ReadTimeout("slow"))
    await wired_desk.put_cursor_on(UNUSED)
    await wired_desk.press("x", "R")
    screen = wired_desk.see(ReceiptScreen)
    assert "bastion:4021" not in wired_desk.text

    await wired_desk.until(lambda: screen.proven.proof is not None)
    await wired_desk.settle()

    assert "bastion:4021" in wired_desk.text


async def test_a_key_that_still_authenticates_is_never_called_refused(
    wired_desk: Desk, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipt_module, "RETRY_SECONDS", 3600)
    key = await key_of(wired_desk.stage, UNUSED)
    answer = (await wired_desk.stage.client().identify(key.public_key)).model_dump(mode="json")
    assert answer["would_authenticate"]
    network.fail("POST", "/identify", httpx.Response(200, json=answer))
    await wired_desk.put_cursor_on(UNUSED)
    await wired_desk.press("x", "R")

    assert "still authenticates" in wired_desk.text
    assert "✓" not in wired_desk.text


@pytest.mark.parametrize(
    ("role", "read_only"), [("viewer", False), ("responder", False), ("admin", True)]
)
@pytest.mark.parametrize("keys", [("r",), ("enter", "r")], ids=["list", "page"])
async def test_whoever_may_look_shows_the_receipt_and_sends_no_revoke(
    stage: Stage, network: Network, role: str, read_only: bool, keys: tuple[str, ...]
) -> None:
    dead = await key_of(stage, REVOKED)
    first = await stage.client().revoke_key(dead.public_key, RevokeRequest())
    with sqlite3.connect(stage.service.database_path) as database:
        database.execute("UPDATE memberships SET role = ?", (role,))
    database.close()
    route = f"/oauth/{dead.integration_id}/api-keys"
    async with sit_down(stage, route, connect=network.session, read_only=read_only) as desk:
        await desk.put_cursor_on(REVOKED)
        await desk.press(*keys)

        assert desk.see(ReceiptScreen).receipt == first
        assert "✓ refused now" in desk.words
        assert "CHG-118" in desk.text
        assert f"event {first.audit_sequence}" in desk.text
    assert {each.method for each in network.requests if "identify" not in each.url.path} == {"GET"}


async def test_a_receipt_that_cannot_be_read_is_said_where_one_is(
    wired_desk: Desk, network: Network
) -> None:
    await wired_desk.put_cursor_on(REVOKED)
    network.fail("GET", "/audit", httpx.Response(200, json={"items": []}))
    await wired_desk.press("r")

    assert "The audit log has no receipt of it that you may read." in wired_desk.words
