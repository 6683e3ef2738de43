"""ctrl+f: keys across integrations while one types, nothing typed lost, no stale answer."""

import asyncio
import csv
from pathlib import Path

from tests.console.desk import Desk, Network, Trouble, key_of, sit_down
from tests.stage import Stage

from keyconsole.console.screens.find import FindScreen
from keyconsole.console.screens.integrations import IntegrationsScreen
from keyconsole.console.screens.key_detail import KeyScreen
from keyconsole.console.screens.revoke_many import RevokeManyScreen
from keyconsole.console.screens.select_keys import SelectKeysDialog
from keyconsole.core.credential import abbreviate
from keyconsole.core.queries.keys import KeyQuery
from keyconsole.flows.bulk_revocation import Ended


async def look_for(desk: Desk, text: str) -> FindScreen:
    """Open the screen, type, and wait for what the service finds."""
    await desk.press("ctrl+f")
    screen = desk.see(FindScreen)
    await desk.write(text)
    await desk.until(lambda: screen.filter == KeyQuery.parse(text))
    await desk.settle()
    return screen


async def test_keys_of_every_integration_are_found_while_one_types(desk: Desk) -> None:
    await look_for(desk, "worker-1")
    assert desk.labels == [
        "netsuite-worker-1", "salesforce-worker-1", "slack-worker-1", "workday-worker-1",
        "zendesk-worker-1",
    ]  # fmt: skip
    assert "NetSuite Finance" in desk.text
    found = desk.labels
    await desk.press("enter")
    await desk.click_on("Label")
    assert desk.labels == found[::-1]
    await desk.click_on("Label ↓")
    assert desk.labels == found
    await desk.press("home", "down", "enter")
    assert desk.see(KeyScreen).key.label == "salesforce-worker-1"


async def test_terms_narrow_it_down(desk: Desk) -> None:
    await look_for(desk, "env:staging status:active")
    assert desk.labels == ["zendesk-worker-1", "zendesk-worker-2", "zendesk-worker-3"]


async def test_a_key_is_found_by_the_short_form_that_the_console_writes(
    desk: Desk, stage: Stage
) -> None:
    key = await key_of(stage, "api-gateway-prod")
    await look_for(desk, abbreviate(key.public_key))
    assert desk.labels == ["api-gateway-prod"]


async def test_what_is_found_is_ordered_and_written_to_a_file(
    desk: Desk, surroundings: Path
) -> None:
    await look_for(desk, "worker-1")
    by_label = desk.labels
    await desk.press("enter", "o")
    assert "Created" in desk.text.split("Label")[1]
    assert sorted(desk.labels) == by_label
    assert [row.created_at for row in desk.rows] == sorted(
        (row.created_at for row in desk.rows), reverse=True
    )
    await desk.resize(80, 24)
    assert "ordered by created ↓" in desk.text
    await desk.press("s", "enter")
    rows = list(csv.reader((surroundings / "keys.csv").read_text().splitlines()))
    assert [row[0] for row in rows] == ["label", *desk.labels]


async def test_what_is_found_is_marked_and_revoked_together(desk: Desk, stage: Stage) -> None:
    await look_for(desk, "worker-1")
    await desk.press("enter", "space", "space")
    marked = desk.labels[:2]
    assert "2 marked" in desk.text
    await desk.press("x")
    assert "revokes what is marked" in desk.text
    await desk.press("X")
    screen = desk.see(RevokeManyScreen)
    assert sorted(key.label for key in screen.listing.rows.rows) == marked
    await desk.write("2")
    await desk.press("enter")
    await desk.until(lambda: isinstance(screen.state, Ended))
    await desk.press("escape")
    desk.see(FindScreen)
    assert "Revoked 2 keys." in desk.text, desk.text
    assert {(await key_of(stage, label)).status for label in marked} == {"revoked"}

    await desk.press("X")
    assert desk.see(SelectKeysDialog).query_before == KeyQuery.parse("worker-1")


async def test_enter_before_the_answer_goes_to_the_keys_once_they_are_there(desk: Desk) -> None:
    await desk.press("ctrl+f")
    await desk.write("gateway")
    await desk.press("enter")
    screen = desk.see(FindScreen)
    await desk.until(lambda: desk.app.focused is screen.listing.rows)
    assert "api-gateway-prod" in desk.labels


async def test_what_was_typed_is_there_again(desk: Desk) -> None:
    await look_for(desk, "billing")
    await desk.press("escape")
    desk.see(IntegrationsScreen)
    await desk.press("ctrl+f")
    assert desk.see(FindScreen).bar.text == "billing"
    await desk.write("gateway")
    assert desk.see(FindScreen).bar.text == "gateway"


async def test_a_bad_term_is_named_under_it_and_the_keys_stay(desk: Desk) -> None:
    await look_for(desk, "billing")
    await desk.write(" stauts:active")
    await desk.settle()
    assert "╰─ stauts: is no filter. Did you mean status:?" in desk.text
    assert desk.labels == ["billing-worker-prod"]


async def test_a_bad_term_is_named_on_the_smallest_terminal_too(desk: Desk) -> None:
    await desk.resize(60, 16)
    await look_for(desk, "billing")
    assert "╰─" not in desk.text
    await desk.write(" unused:soon")
    await desk.settle()
    assert "unused: takes 30m, 12h, 7d, 2w" in desk.text


async def test_what_is_typed_goes_into_the_line_at_once(desk: Desk) -> None:
    await desk.press("ctrl+f")
    screen = desk.see(FindScreen)
    assert screen.begins_in() is desk.app.focused is screen.bar.input


async def test_tab_completes_the_term(desk: Desk) -> None:
    await desk.press("ctrl+f")
    await desk.write("sta")
    await desk.press("tab")
    assert desk.see(FindScreen).bar.text == "status:"


async def test_tab_completes_who_made_a_key_that_was_found(desk: Desk) -> None:
    screen = await look_for(desk, "gateway")
    await desk.write(" by:o")
    await desk.until(lambda: screen.filter.created_by == "o")
    await desk.press("tab")
    assert screen.bar.text == "gateway by:ops@acme.example"


async def test_an_answer_to_what_is_no_longer_asked_is_dropped(
    stage: Stage, network: Network
) -> None:
    async with sit_down(stage, connect=network.session) as desk:
        held = asyncio.Event()
        network.troubles.append(Trouble("GET", "/keys", held))
        await desk.press("ctrl+f")
        screen = desk.see(FindScreen)
        screen.bar.input.value = "gateway"
        await desk.until(lambda: not network.troubles)
        screen.bar.input.value = "billing"
        await desk.until(lambda: desk.labels == ["billing-worker-prod"])
        held.set()
        await desk.settle()
        assert desk.labels == ["billing-worker-prod"]


async def test_nothing_found_says_so(desk: Desk) -> None:
    await look_for(desk, "no-such-key")
    assert "No key matches." in desk.text


async def test_where_nothing_is_found_what_may_have_been_meant_is_said(desk: Desk) -> None:
    await look_for(desk, "env:prdo")
    assert "No key matches. Did you mean env:prod?" in desk.text


async def test_a_viewer_finds_and_is_offered_nothing_that_changes(stage: Stage) -> None:
    async with sit_down(stage, read_only=True) as desk:
        await look_for(desk, "gateway")
        await desk.press("enter")
        assert "api-gateway-prod" in desk.labels
        assert "revoke" not in desk.text
        assert "rename" not in desk.text
