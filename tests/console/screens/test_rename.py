"""Changing a label: rules at the field, and a conflict shows both."""

import httpx
import pytest
from tests.console.desk import UNUSED, Desk, Network, key_of
from textual import events

from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.console.screens.rename import RenameDialog


@pytest.fixture
async def renaming(wired_desk: Desk) -> Desk:
    await wired_desk.put_cursor_on(UNUSED)
    await wired_desk.press("e")
    return wired_desk


async def test_the_label_is_there_to_be_changed_and_the_list_shows_the_new_one(
    renaming: Desk,
) -> None:
    assert renaming.see(RenameDialog).field.value == UNUSED
    await renaming.write("-2")
    await renaming.press("ctrl+s")

    renaming.see(IntegrationScreen)
    assert f"{UNUSED}-2" in renaming.labels
    assert renaming.under_cursor.label == f"{UNUSED}-2"


async def test_escape_keeps_the_label(renaming: Desk) -> None:
    await renaming.write("-2")
    await renaming.press("escape")

    assert UNUSED in renaming.labels


async def test_the_same_label_again_sends_nothing(renaming: Desk, network: Network) -> None:
    await renaming.press("ctrl+s")

    renaming.see(IntegrationScreen)
    assert not [request for request in network.requests if request.method == "PATCH"]


@pytest.mark.parametrize(
    ("label", "rule"), [("\x1b[31m", "<U+001B>"), ("\u202e", "<U+202E>"), ("x" * 100, "at most")]
)
async def test_a_label_that_breaks_a_rule_is_not_sent(
    renaming: Desk, network: Network, label: str, rule: str
) -> None:
    await renaming.paste(label)
    await renaming.press("ctrl+s")

    assert rule in renaming.words
    renaming.see(RenameDialog)
    assert not [request for request in network.requests if request.method == "PATCH"]


async def test_a_label_that_is_taken_is_told_at_the_field(renaming: Desk) -> None:
    await renaming.press("ctrl+u")
    await renaming.write("api-gateway-prod")
    await renaming.press("ctrl+s")

    assert "✕" in renaming.text
    assert renaming.see(RenameDialog).field.value == "api-gateway-prod"


async def test_it_says_where_the_key_belongs(renaming: Desk) -> None:
    assert "Salesforce Production production" in renaming.words


@pytest.mark.parametrize("label", ["\u0430pi-gateway-prod", "api-gateway-prod\U0001f525"])
async def test_a_name_like_another_is_hinted_at_and_not_refused(renaming: Desk, label: str) -> None:
    await renaming.press("ctrl+u")
    await renaming.paste(label)
    assert "unique here, but looks like api-gateway-prod" in renaming.words
    await renaming.press("enter")
    assert label in renaming.labels


async def test_its_own_name_is_not_taken_by_itself(renaming: Desk) -> None:
    assert "taken here" not in renaming.words


async def test_without_hints_the_name_can_be_changed_all_the_same(
    wired_desk: Desk, network: Network
) -> None:
    key = await key_of(wired_desk.stage, UNUSED)
    network.fail("GET", f"/integrations/{key.integration_id}", httpx.ReadTimeout("slow"))
    await wired_desk.put_cursor_on(UNUSED)
    await wired_desk.press("e")
    await wired_desk.write("-2")
    await wired_desk.press("enter")
    assert f"{UNUSED}-2" in wired_desk.labels


@pytest.mark.parametrize("character", ["\u200b", "\u202e", "\ufeff"])
async def test_what_cannot_be_seen_is_told_when_it_is_typed_too(
    renaming: Desk, character: str
) -> None:
    renaming.pilot.app.screen.post_message(events.Key(character, character))
    await renaming.settle()
    assert f"cannot contain <U+{ord(character):04X}>" in renaming.words
    assert renaming.see(RenameDialog).field.value == f"{UNUSED}{character}"


async def test_a_conflict_shows_both_and_saving_again_overwrites(renaming: Desk) -> None:
    key = await key_of(renaming.stage, UNUSED)
    client = renaming.stage.client()
    await client.rename_key(key.public_key, "their-label", version=key.version)
    await renaming.write("-mine")
    await renaming.press("ctrl+s")

    assert "their-label" in renaming.text
    assert f"{UNUSED}-mine" in renaming.text
    await renaming.press("ctrl+s")

    assert (await client.key(key.public_key)).label == f"{UNUSED}-mine"


async def test_no_answer_keeps_what_was_typed_and_sends_it_again(
    renaming: Desk, network: Network
) -> None:
    key = await key_of(renaming.stage, UNUSED)
    network.fail("PATCH", key.public_key, httpx.ReadTimeout("slow"), delivered=True)
    await renaming.write("-2")
    await renaming.press("ctrl+s")
    assert "No answer" in renaming.text
    assert renaming.see(RenameDialog).field.value == f"{UNUSED}-2"

    await renaming.press("ctrl+s", "ctrl+s")

    assert (await renaming.stage.client().key(key.public_key)).label == f"{UNUSED}-2"


async def test_a_revoked_key_keeps_its_label(keys_desk: Desk) -> None:
    await keys_desk.put_cursor_on("old-backend")
    await keys_desk.press("e")

    keys_desk.see(IntegrationScreen)
    assert "keeps its label" in keys_desk.text
