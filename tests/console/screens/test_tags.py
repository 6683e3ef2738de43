"""Tags of a key on its page: seen, changed and taken away."""

from tests.console.desk import UNUSED, Desk, key_of

from keyconsole.console.screens.key_detail import KeyScreen
from keyconsole.console.screens.tags import TagsDialog


async def test_tags_are_changed_on_the_page_of_a_key(keys_desk: Desk) -> None:
    await keys_desk.put_cursor_on(UNUSED)
    await keys_desk.press("enter", "equals_sign")
    keys_desk.see(TagsDialog)
    await keys_desk.write("team")
    await keys_desk.press("enter")
    assert "A tag is name=value, and team is none." in keys_desk.text

    await keys_desk.write('=pay note="two words"')
    await keys_desk.press("enter")
    keys_desk.see(KeyScreen)
    assert 'Tags team=pay note="two words"' in keys_desk.words
    key = await key_of(keys_desk.stage, UNUSED)
    assert key.metadata == {"team": "pay", "note": "two words"}

    client = keys_desk.stage.client()
    await keys_desk.press("equals_sign", "ctrl+u")
    await client.change_metadata(key.public_key, {"team": "crm"}, version=key.version)
    await keys_desk.press("enter")
    assert "Someone else changed it meanwhile: they are team=crm." in keys_desk.words
    await keys_desk.press("ctrl+s")
    assert (await key_of(keys_desk.stage, UNUSED)).metadata == {}
    assert "Tags none" in keys_desk.words
