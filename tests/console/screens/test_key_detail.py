"""The page of one key."""

from tests.console.desk import IN_USE, REVOKED, UNUSED, Desk, key_of, sit_down
from tests.stage import Stage

from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.console.screens.key_detail import KeyScreen
from keyconsole.console.screens.receipt import ReceiptScreen


async def test_enter_shows_all_that_is_known_of_a_key(keys_desk: Desk) -> None:
    await keys_desk.put_cursor_on(IN_USE)
    await keys_desk.press("enter")

    key = keys_desk.see(KeyScreen).key
    for words in (key.label, key.public_key, "● active", "by ops@acme.example", "IN USE NOW"):
        assert words in keys_desk.text


async def test_escape_goes_back_to_the_row_it_came_from(keys_desk: Desk) -> None:
    await keys_desk.put_cursor_on(UNUSED)
    await keys_desk.press("enter", "escape")

    keys_desk.see(IntegrationScreen)
    assert keys_desk.under_cursor.label == UNUSED


async def test_a_route_to_a_key_has_its_list_above_it(stage: Stage) -> None:
    key = await key_of(stage, UNUSED)
    async with sit_down(stage, f"/api-keys/{key.public_key}") as desk:
        assert desk.see(KeyScreen).key.label == UNUSED
        await desk.press("escape")

        desk.see(IntegrationScreen)
        assert desk.under_cursor.label == UNUSED


async def test_revoking_from_the_page_says_so_there_and_x_shows_the_receipt_again(
    stage: Stage,
) -> None:
    key = await key_of(stage, UNUSED)
    async with sit_down(stage, key.public_key) as desk:
        await desk.press("x", "R")
        first = desk.see(ReceiptScreen).receipt
        await desk.press("enter")
        assert desk.see(KeyScreen).key.status == "revoked"
        assert "✕ revoked" in desk.text

        await desk.press("x")

        again = desk.see(ReceiptScreen).receipt
        assert (again.request_id, again.audit_hash) == (first.request_id, first.audit_hash)
        assert again.already


async def test_a_revoked_key_says_when_by_whom_and_why(stage: Stage) -> None:
    key = await key_of(stage, REVOKED)
    async with sit_down(stage, key.public_key) as desk:
        for words in ("2026-11-03", "superseded", "CHG-118"):
            assert words in desk.text


async def test_in_read_only_mode_the_page_changes_nothing(stage: Stage) -> None:
    key = await key_of(stage, REVOKED)
    async with sit_down(stage, key.public_key, read_only=True) as desk:
        await desk.press("x", "e")

        desk.see(KeyScreen)


async def test_renaming_on_the_page_shows_the_new_label(stage: Stage) -> None:
    key = await key_of(stage, UNUSED)
    async with sit_down(stage, key.public_key) as desk:
        await desk.press("e")
        await desk.write("-2")
        await desk.press("ctrl+s")

        assert desk.see(KeyScreen).key.label == f"{UNUSED}-2"
        assert f"Renamed to {UNUSED}-2" in desk.text
