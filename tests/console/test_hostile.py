"""Names that are code for a terminal or for Textual, wherever a service could send them.

What the service refuses to store is put into its database here, as a broken or hostile one may
have it; the client shows it, and nothing that is drawn acts.
"""

import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tests.console.desk import Desk, Network, integration_of, key_of, sit_down
from tests.stage import Stage, set_up

from keyconsole.console.routes import Place, Route
from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.console.screens.receipt import ReceiptScreen
from keyconsole.console.screens.revoke import RevokeDialog

CLICK, CLOSING, COLOUR = "[@click=app.quit]x[/]", "prod[/foo]", "[red]gone"
CODES = "\x1b]52;c;eA==\x07", "\x1b[6n", "a\u202eb", "a\u200bb", "a\nb"
SHOWN = ("<U+001B>]52;c;eA==<U+0007>", "<U+001B>[6n", "a<U+202E>b", "a<U+200B>b", "a<U+000A>b")
NAMES = (CLICK, CLOSING, COLOUR, *CODES)
AS_SHOWN = (CLICK, CLOSING, COLOUR, *SHOWN)
ACTING = ("\x1b", "\x07", "\u202e", "\u200b", "\x9b")


def poison(path: Path, name: str) -> None:
    """Put a name where the service would not let anyone put it."""
    database = sqlite3.connect(path)
    with database:
        database.execute(
            "UPDATE integrations SET name = ?, provider = ?, environment = ?, client_id = ?"
            " WHERE name = 'Salesforce Production'",
            (name, name, name, name),
        )
        database.execute("UPDATE api_keys SET label = ? WHERE label = 'api-gateway-prod'", (name,))
        database.execute("UPDATE usage_sources SET agent = ?", (name,))
        database.execute("UPDATE accounts SET email = ?", (name,))
    database.close()


@pytest.fixture(params=NAMES, ids=[ascii(name) for name in NAMES])
async def poisoned(
    template: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[Desk, str]]:
    async with set_up(template, tmp_path / "data") as stage:
        here = await integration_of(stage)
        key = await key_of(stage, "api-gateway-prod")
        poison(stage.service.database_path, request.param)
        async with sit_down(stage, f"/oauth/{here.id}/api-keys", size=(160, 50)) as desk:
            desk.see(IntegrationScreen).keys.listing.rows.select(key.public_key)
            await desk.settle()
            yield desk, AS_SHOWN[NAMES.index(request.param)]


def is_calm(desk: Desk) -> bool:
    return desk.app.is_running and not any(character in desk.text for character in ACTING)


async def test_it_is_drawn_as_text_on_every_screen_and_acts_nowhere(
    poisoned: tuple[Desk, str],
) -> None:
    desk, shown = poisoned
    assert shown in desk.text
    await click_all(desk, shown)
    assert is_calm(desk)
    tour = (("1",), ("3",), ("2",), ("enter",), ("x",), ("escape",), ("e",), ("escape", "escape"))
    for keys in (*tour, ("n",), ("escape",), ("ctrl+p",), ("escape",), ("question_mark",)):
        await desk.press(*keys)
        assert is_calm(desk), keys
    await desk.press("escape", "escape")
    assert shown in desk.text
    assert is_calm(desk)
    assert not any("\x1b]52" in text for text in desk.written)


async def click_all(desk: Desk, shown: str) -> None:
    """Clicks on what is shown wherever it stands, near its end, and opens the list again."""
    places = [
        (line.index(shown) + len(shown) * 3 // 4, y)
        for y, line in enumerate(desk.text.split("\n"))
        if shown in line
    ]
    assert len(places) >= 2  # in the crumbs and in the list
    here = Route(Place.INTEGRATION, desk.see(IntegrationScreen).integration.id)
    for place in places:
        await desk.pilot.click(offset=place)
    desk.app.router.go(here, afresh=True)
    await desk.settle()


@pytest.mark.parametrize("name", [CLICK, CLOSING, COLOUR])
async def test_a_key_by_that_name_is_revoked_by_typing_it(stage: Stage, name: str) -> None:
    key = await key_of(stage, "api-gateway-prod")
    poison(stage.service.database_path, name)
    async with sit_down(stage, key.public_key, danger=True) as desk:
        await desk.press("x")
        assert name in desk.text
        await desk.write(name)
        assert desk.see(RevokeDialog).asking.is_typed
        await desk.press("enter")

        assert name in desk.text
        desk.see(ReceiptScreen)


async def test_a_hostile_refusal_is_a_sentence_like_any_other(
    wired_desk: Desk, network: Network
) -> None:
    await wired_desk.press("n")
    await wired_desk.write("checkout-prod")
    for sentence, shown in zip(NAMES, AS_SHOWN, strict=True):
        refusal = {
            "error": "request-invalid",
            "detail": sentence,
            "errors": [{"field": sentence, "code": sentence, "message": sentence}],
        }
        network.fail("POST", "/keys", httpx.Response(422, json=refusal))
        await wired_desk.press("ctrl+s")

        assert is_calm(wired_desk), ascii(sentence)
        assert shown in wired_desk.text


async def test_a_hostile_workspace_and_role_stand_in_the_frame_as_text(
    stage: Stage, network: Network
) -> None:
    me = json.loads((await stage.client().me()).model_dump_json())
    me["memberships"][0]["workspace"] = f"{CLICK}\x1b[31m"
    network.fail("GET", "/me", httpx.Response(200, json=me))
    async with sit_down(stage, connect=network.session) as desk:
        assert f"{CLICK}<U+001B>[31m" in desk.text.split("\n")[0]
        await desk.pilot.click(offset=(desk.text.index("[@click") + 18, 0))
        await desk.settle()

        assert is_calm(desk)


async def test_a_filter_that_is_markup_is_said_as_it_was_typed(desk: Desk) -> None:
    await desk.press("slash")
    await desk.paste(f"{CLICK}{CLOSING}")
    await desk.press("enter")

    assert f"{CLICK}{CLOSING}" in desk.text
    assert is_calm(desk)


@pytest.mark.parametrize("text", ["\x1b]52;c;eA==\x07", "a\u202eb", "x\x9b6n"])
async def test_a_pasted_filter_or_command_does_not_reach_the_terminal(
    desk: Desk, text: str
) -> None:
    await desk.press("slash")
    await desk.paste(text)
    assert is_calm(desk)

    await desk.press("enter", "escape", "colon")
    await desk.paste(text)
    await desk.press("enter")

    assert is_calm(desk)
