"""A: who did what; filtered, followed, taken away, and proved whole."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.console.desk import Desk, Network, key_of, sit_down
from tests.stage import Stage

from keyconsole.console.screens.audit import AuditScreen
from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.console.screens.key_detail import KeyScreen
from keyconsole.console.screens.path_dialogs import ExportDialog
from keyconsole.service.rules import audit_pages
from keyconsole.wire import RevocationRequest, RevocationTarget


def line_of(desk: Desk, words: str) -> str:
    return next(line for line in desk.text.splitlines() if words in line)


async def filter_by(desk: Desk, text: str) -> None:
    await desk.press("slash")
    await desk.write(text)
    await desk.press("enter")


async def test_events_are_filtered_by_who_and_what(stage: Stage) -> None:
    async with sit_down(stage, "/audit") as desk:
        await filter_by(desk, "by:ops what:revoked")
        assert [event.action for event in desk.rows] == ["key.revoked"]
        assert "CHG-118" in desk.text
        await desk.press("escape")
        assert len(desk.rows) > 10


async def test_a_text_finds_events_by_what_they_say(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sit_down(stage, "/audit") as desk:
        await filter_by(desk, "CHG-118 OLD")
        assert [event.target_name for event in desk.rows] == ["old-backend"]
        await desk.press("escape")
        monkeypatch.setattr(audit_pages, "MOST_SEARCHED", 4)
        await filter_by(desk, "CHG-118")
        assert "No event matches. Older events were not searched; until:" in desk.words
        assert "not all searched" in desk.text
        await desk.press("escape")
        assert "not all searched" not in desk.text


async def test_a_row_names_the_integration_and_when_exactly_on_demand(stage: Stage) -> None:
    async with sit_down(stage, "/audit") as desk:
        named = next(row for row in desk.rows if row.integration_name and row.target_name)
        assert line_of(desk, named.target_name).count(named.integration_name[:12]) == 1
        assert "2026-11-24 07:00:00" not in line_of(desk, named.target_name)
        await desk.press("W")
        assert "When (UTC)" in desk.text
        assert "2026-11-24 07:00:00" in line_of(desk, named.target_name)
        assert line_of(desk, named.target_name).count(named.integration_name[:12]) == 1
        assert "W ages" in desk.text
        await desk.press("W")
        assert "When (UTC)" not in desk.text


async def test_a_bulk_revoke_is_one_row_that_opens_and_is_saved_event_by_event(
    stage: Stage, surroundings: Path
) -> None:
    keys = [await key_of(stage, label) for label in ("laptop-test", "api-gateway-prod")]
    asked = RevocationRequest(keys=[RevocationTarget(public_key=key.public_key) for key in keys])
    revocations = stage.client().revocations
    done = await revocations.start(asked, await revocations.show(asked))
    while (await revocations.read(done.id)).finished_at is None:  # noqa: ASYNC110
        await asyncio.sleep(0)
    async with sit_down(stage, "/audit") as desk:
        assert [row.action for row in desk.rows[:2]] != ["key.revoked"] * 2
        assert "revoked 2 keys" in desk.text
        await desk.press("s", "enter")
        saved = (surroundings / "audit-log.csv").read_text().splitlines()
        assert sum(f'"{done.id}"' in line for line in saved) == 2
        await desk.press("enter")
        assert "Bulk revoke" in desk.text
        assert {row.target for row in desk.rows} == {key.public_key for key in keys}
        await filter_by(desk, " laptop")
        assert [row.target_name for row in desk.rows] == ["laptop-test"]
        await desk.press("escape")
        assert len(desk.rows) > 2
        await desk.press("escape")
        assert "Bulk revoke" not in desk.text
        assert "revoked 2 keys" in desk.text
        assert len(desk.rows) > 2
    integration = keys[0].integration_id
    async with sit_down(stage, f"/oauth/{integration}/activity") as desk:
        assert "revoked 2 keys" in desk.text
        await desk.press("enter")
        assert len(desk.see(AuditScreen).listing.rows.rows) == 2


async def test_a_bad_filter_keeps_the_list_and_says_so(stage: Stage) -> None:
    async with sit_down(stage, "/audit") as desk:
        before = len(desk.rows)
        await filter_by(desk, "waht:revoked")
        assert "Did you mean what:?" in desk.text
        assert len(desk.rows) == before


async def test_a_mistake_is_told_below_its_term_while_one_types(stage: Stage) -> None:
    async with sit_down(stage, "/audit") as desk:
        await desk.press("slash")
        await desk.write("by:ops waht:revoked")
        typed, told = (
            next(line for line in desk.text.splitlines() if words in line)
            for words in ("waht:revoked", "Did you mean what:?")
        )
        assert typed.index("waht") == told.index("╰─")


@pytest.mark.parametrize("begun", ["what:rev", "since:7", "until:2026-1", "on:kc", "bulk:re"])
async def test_what_is_only_begun_is_no_mistake_until_enter(stage: Stage, begun: str) -> None:
    async with sit_down(stage, "/audit") as desk:
        await desk.press("slash")
        await desk.write(f"by:ops {begun}")
        assert "╰─" not in desk.text
        await desk.press("enter")
        assert "╰─" in desk.text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("what:revokd", "what: has no revokd. Did you mean revoked?"),
        ("on:7 by:ops", "on: takes a public key or an id"),
        ("since:soon", "since: takes 12h, 7d or 3mo, a date or"),
        ("waht:", "waht is no filter. Did you mean what:?"),
    ],
)
async def test_what_a_term_takes_is_told_on_the_smallest_terminal_too(
    stage: Stage, typed: str, sentence: str
) -> None:
    async with sit_down(stage, "/audit", size=(60, 16)) as desk:
        await desk.press("slash")
        await desk.write(typed)
        assert sentence in desk.words


@pytest.mark.parametrize("size", [(80, 24), (60, 16)])
async def test_where_the_list_is_narrow_a_line_below_says_what_changed(
    stage: Stage, size: tuple[int, int]
) -> None:
    key = await key_of(stage, "laptop-test")
    await stage.client().rename_key(key.public_key, "laptop-dev", version=key.version)
    async with sit_down(stage, "/audit", size=size) as desk:
        assert "laptop-test → laptop-dev" in desk.words
        assert "2026-11-24 09:00:00 UTC" in desk.words
        await desk.press("down")
        assert "laptop-test → laptop-dev" not in desk.words
        await desk.resize(160, 40)
        assert "UTC" not in desk.words


async def test_every_event_leads_to_its_object(stage: Stage) -> None:
    async with sit_down(stage, "/audit") as desk:
        await filter_by(desk, "what:revoked")
        await desk.press("enter")
        assert desk.see(KeyScreen).key.label == "old-backend"
        await desk.press("escape", "escape")
        await filter_by(desk, "what:integration.disabled")
        await desk.press("enter")
        assert desk.see(IntegrationScreen).integration.name == "Zendesk Mirror"


async def test_following_shows_what_happens_and_stops_when_the_cursor_leaves(
    stage: Stage,
) -> None:
    async with sit_down(stage, "/audit") as desk:
        screen = desk.see(AuditScreen)
        await desk.press("f")
        assert "● following" in desk.text
        key = await key_of(stage, "laptop-test")
        await stage.client().rename_key(key.public_key, "laptop-dev", version=key.version)
        await desk.let_seconds_pass(1)
        assert desk.rows[0].action == "key.renamed"
        assert "laptop-test → laptop-dev" in desk.text
        await desk.press("down")
        assert not screen.is_following


def put_back(database: Path) -> str:
    """Puts away the last event of the log, as an older copy of the database; returns its id."""
    last = "SELECT id FROM audit_events ORDER BY sequence DESC LIMIT 1"
    with closing(sqlite3.connect(database)) as raw:
        raw.execute("DROP TRIGGER audit_events_never_deleted")
        (found,) = raw.execute(last).fetchone()
        raw.execute("DELETE FROM audit_events WHERE id = ?", (found,))
        raw.commit()
    return str(found)


async def test_what_is_followed_over_a_slow_line_comes(stage: Stage, network: Network) -> None:
    async with sit_down(stage, "/oauth", connect=network.session) as desk:
        await desk.press("A")
        screen = desk.see(AuditScreen)
        held, before = asyncio.Event(), len(network.sent("GET", "/audit"))
        network.fail("GET", "/audit", held)
        for _ in range(3):
            screen._look()
            await desk.until(lambda: len(network.sent("GET", "/audit")) > before)
        held.set()
        await desk.settle()
        assert len(network.sent("GET", "/audit")) == before + 1
        assert screen.is_current_truth


async def test_a_log_that_was_put_back_is_followed_from_its_end(stage: Stage) -> None:
    async with sit_down(stage, "/audit") as desk:
        await desk.press("f")
        lost = await asyncio.to_thread(put_back, stage.service.database_path)
        assert lost in {row.id for row in desk.rows}
        await desk.let_seconds_pass(1)
        assert lost not in {row.id for row in desk.rows}


async def test_the_verdict_is_plain(stage: Stage) -> None:
    async with sit_down(stage, "/audit") as desk:
        await desk.press("V")
        assert "✓ The audit log is whole" in desk.text


def change_an_event(database: Path) -> None:
    with closing(sqlite3.connect(database)) as raw:
        raw.execute("DROP TRIGGER audit_events_never_changed")
        raw.execute("UPDATE audit_events SET actor = 'nobody' WHERE sequence = 5")
        raw.commit()


async def test_a_changed_event_is_found(stage: Stage) -> None:
    # In a thread: the service, in this loop, may hold the lock.
    await asyncio.to_thread(change_an_event, stage.service.database_path)
    async with sit_down(stage, "/audit") as desk:
        await desk.press("V")
        assert "✕ The audit log was changed" in desk.text
        assert "event 5 does not follow" in desk.words


async def test_what_is_listed_is_exported_whole(stage: Stage, surroundings: Path) -> None:
    async with sit_down(stage, "/audit") as desk:
        await filter_by(desk, "what:revoked")
        await desk.press("s")
        await desk.press(*["backspace"] * 3)
        await desk.write("jsonl")
        await desk.press("enter")
        (line,) = (surroundings / "audit-log.jsonl").read_text().splitlines()
        assert json.loads(line)["action"] == "key.revoked"


async def test_the_page_of_a_key_tells_its_history(stage: Stage) -> None:
    key = await key_of(stage, "laptop-test")
    await stage.client().rename_key(key.public_key, "laptop-dev", version=key.version)
    async with sit_down(stage, f"/api-keys/{key.public_key}") as desk:
        assert "HISTORY 2 changes" in desk.words
        assert "renamed ops from 127.0.0.1 laptop-test → laptop-dev" in desk.words


async def test_nothing_is_exported_while_the_filter_is_wrong(stage: Stage) -> None:
    async with sit_down(stage, "/audit") as desk:
        await filter_by(desk, "since:yesterday")
        await desk.press("s")
        desk.see(AuditScreen)
        assert "Nothing was saved" in desk.words
        await desk.press("escape", "s")
        desk.see(ExportDialog)
