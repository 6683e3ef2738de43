"""What a key may be used for: what is proposed, refused, and shown where it is nothing."""

from tests.console.desk import IN_USE, Desk, integration_of, key_of

from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.console.screens.key_detail import KeyScreen
from keyconsole.console.screens.scopes import ScopesDialog
from keyconsole.wire import IntegrationPatch


async def test_a_key_is_narrowed_and_opened_again(keys_desk: Desk) -> None:
    await keys_desk.put_cursor_on(IN_USE)
    await keys_desk.press("S")
    dialog = keys_desk.see(ScopesDialog)
    assert dialog.field.value == "api refresh_token"

    await keys_desk.press("ctrl+u")
    await keys_desk.write("api orders")
    await keys_desk.press("ctrl+s")
    keys_desk.see(ScopesDialog)
    assert "The integration has no scope orders." in keys_desk.text

    await keys_desk.press("ctrl+u")
    await keys_desk.write("api")
    await keys_desk.press("ctrl+s")
    keys_desk.see(IntegrationScreen)
    assert "may be used for api." in keys_desk.text
    assert (await key_of(keys_desk.stage, IN_USE)).scopes == ["api"]

    client, here = keys_desk.stage.client(), await integration_of(keys_desk.stage)
    await client.update_integration(here.id, IntegrationPatch(scopes=["refresh_token"]))
    await keys_desk.press("ctrl+r")
    assert "no scope" in keys_desk.text
    await keys_desk.press("enter")
    keys_desk.see(KeyScreen)
    assert "the integration lacks api" in keys_desk.text

    await keys_desk.press("S", "ctrl+u")
    assert "all that its integration has" in keys_desk.text
    await keys_desk.press("ctrl+s")
    assert "Save once more if you mean that." in keys_desk.text
    await keys_desk.press("ctrl+s")
    keys_desk.see(KeyScreen)
    assert (await key_of(keys_desk.stage, IN_USE)).scopes is None


async def test_a_new_key_gets_some_scopes(keys_desk: Desk) -> None:
    await keys_desk.press("n")
    await keys_desk.write("narrow-prod")
    await keys_desk.press("tab", "tab", "tab")
    await keys_desk.write("refresh_token")
    await keys_desk.press("ctrl+s")

    assert (await key_of(keys_desk.stage, "narrow-prod")).scopes == ["refresh_token"]
