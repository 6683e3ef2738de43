"""From where a key may be used: what is proposed, what is refused, and who may do what."""

import sqlite3

import pytest
from tests.console.desk import IN_USE, UNUSED, Desk, integration_of, key_of, sit_down
from tests.stage import Stage

from keyconsole.console.screens.addresses import AddressesDialog
from keyconsole.console.screens.integration import IntegrationScreen


async def test_who_used_it_is_proposed_and_who_is_new_today_is_not(keys_desk: Desk) -> None:
    await keys_desk.put_cursor_on(IN_USE)
    sources = (await keys_desk.stage.client().usage(
        (await key_of(keys_desk.stage, IN_USE)).public_key
    )).sources  # fmt: skip
    await keys_desk.press("F")

    dialog = keys_desk.see(AddressesDialog)
    at = keys_desk.app.clock()
    old = {each.address for each in sources if (at - each.first_seen_at).total_seconds() >= 86400}
    new = {each.address for each in sources} - old
    assert set(dialog.field.value.split()) == old
    assert all(address in keys_desk.text for address in new)

    await keys_desk.press("ctrl+s")
    keys_desk.see(IntegrationScreen)
    assert set((await key_of(keys_desk.stage, IN_USE)).allowed_ips) == old


async def test_nothing_typed_allows_every_address(keys_desk: Desk) -> None:
    await keys_desk.put_cursor_on(UNUSED)
    await keys_desk.press("F")
    await keys_desk.write("10.1.0.0/16, 192.0.2.7")
    await keys_desk.press("ctrl+s")
    assert (await key_of(keys_desk.stage, UNUSED)).allowed_ips == ["10.1.0.0/16", "192.0.2.7"]
    assert "may be used from 10.1.0.0/16, 192.0.2.7." in keys_desk.text

    await keys_desk.press("F", "ctrl+u")
    assert "every address may use it" in keys_desk.text
    await keys_desk.press("ctrl+s")
    assert "Save once more if you mean that." in keys_desk.text
    await keys_desk.press("ctrl+s")

    assert (await key_of(keys_desk.stage, UNUSED)).allowed_ips == []


@pytest.mark.parametrize("wrong", ["here", "10.0.0.300", "10.0.0.0/33", "10.1.0.0/16 there"])
async def test_what_is_no_address_is_told_at_the_field(keys_desk: Desk, wrong: str) -> None:
    await keys_desk.put_cursor_on(UNUSED)
    await keys_desk.press("F")
    await keys_desk.write(wrong)
    await keys_desk.press("ctrl+s")

    keys_desk.see(AddressesDialog)
    assert "is not an address or a network" in keys_desk.text


async def test_a_responder_may_allow_fewer_and_no_others(stage: Stage) -> None:
    here = await integration_of(stage)
    with sqlite3.connect(stage.service.database_path) as database:
        database.execute("UPDATE memberships SET role = 'responder'")
    database.close()
    async with sit_down(stage, f"/oauth/{here.id}/api-keys") as desk:
        await desk.put_cursor_on(UNUSED)
        await desk.press("F")
        await desk.write("10.1.0.0/16")
        await desk.press("ctrl+s")
        assert (await key_of(stage, UNUSED)).allowed_ips == ["10.1.0.0/16"]

        await desk.press("F", "ctrl+u")
        await desk.write("10.2.0.0/16")
        await desk.press("ctrl+s")

        assert "keys:create" in desk.words
        assert (await key_of(stage, UNUSED)).allowed_ips == ["10.1.0.0/16"]
