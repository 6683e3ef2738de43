"""The owner of a key, on its page and for marked keys: seen, changed and given back."""

from tests.console.desk import UNUSED, Desk, key_of

from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.console.screens.key_detail import KeyScreen
from keyconsole.console.screens.owner import OwnerDialog
from keyconsole.wire import OwnerRequest


async def test_an_owner_is_named_on_the_page_of_a_key(keys_desk: Desk) -> None:
    await keys_desk.put_cursor_on(UNUSED)
    await keys_desk.press("enter", "at")
    keys_desk.see(OwnerDialog)
    maker = (await key_of(keys_desk.stage, UNUSED)).created_by
    assert f"now {maker}" in keys_desk.words
    await keys_desk.write("eve@other.example")
    await keys_desk.press("enter")
    assert "eve@other.example is no member here." in keys_desk.words

    await keys_desk.press("ctrl+u")
    await keys_desk.write("payments")
    assert "a team: a member has an address with an @" in keys_desk.words
    await keys_desk.press("enter")
    keys_desk.see(KeyScreen)
    assert "Owner payments" in keys_desk.words
    key = await key_of(keys_desk.stage, UNUSED)
    assert key.owned_by == "payments"

    await keys_desk.press("at")
    other = OwnerRequest(name="crm")
    await keys_desk.stage.client().change_owner(key.public_key, other, version=key.version)
    await keys_desk.press("enter")
    assert "Someone else changed it meanwhile: crm answers for it." in keys_desk.words
    await keys_desk.press("ctrl+s")
    assert (await key_of(keys_desk.stage, UNUSED)).owned_by == maker


async def test_marked_keys_are_handed_over_and_the_revoked_stay(keys_desk: Desk) -> None:
    await keys_desk.press("a")
    marked = len(keys_desk.see(IntegrationScreen).marked)
    assert f"owner of {marked} keys" in keys_desk.words
    await keys_desk.press("at")
    keys_desk.see(OwnerDialog)
    assert "Who answers for them?" in keys_desk.words
    await keys_desk.write("payments")
    await keys_desk.press("enter")

    place = (await key_of(keys_desk.stage, UNUSED)).integration_id
    page = await keys_desk.stage.client().keys(integration=place, limit=500)
    living = [key for key in page.items if key.status != "revoked"]
    assert f"{len(living)} keys: payments answers now." in keys_desk.words
    assert {key.owned_by for key in living} == {"payments"}
    assert "payments" not in {key.owned_by for key in page.items if key.status == "revoked"}
    assert not keys_desk.see(IntegrationScreen).marked
