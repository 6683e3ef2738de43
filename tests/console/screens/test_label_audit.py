"""L: a queue of keys to look at; renamed, reviewed, taken away."""

import csv
import re
from pathlib import Path

import pytest
from tests.console.desk import Desk, key_of, sit_down
from tests.stage import Stage

from keyconsole.console import files
from keyconsole.console.screens import label_audit
from keyconsole.console.screens.key_detail import KeyScreen
from keyconsole.console.screens.label_audit import LabelAuditScreen

LINE = re.compile(r"[│ ][▌ ] [● ] ?([A-Z][a-z -]+?) +([0-9,–]+)")


async def test_each_key_says_what_was_found_and_why(desk: Desk) -> None:
    await desk.press("L")
    desk.see(LabelAuditScreen)
    assert "cron-worker-staging" in desk.labels_of_keys
    assert "It names staging, but Salesforce Production is production." in desk.words
    await desk.press("enter")
    assert desk.see(KeyScreen).key.label == "cron-worker-staging"


async def test_a_reviewed_key_leaves_the_queue(desk: Desk, stage: Stage) -> None:
    await desk.press("L", "m", "2")
    assert "cron-worker-staging" not in desk.labels_of_keys
    assert "back in 90 days" in desk.text
    key = await key_of(stage, "cron-worker-staging")
    events = await stage.client().audit(target=key.public_key, action="key.reviewed")
    assert events.items[0].actor == "ops@acme.example"


async def test_not_yet_changes_nothing(desk: Desk) -> None:
    await desk.press("L", "m", "escape")
    assert "cron-worker-staging" in desk.labels_of_keys


async def test_a_rename_in_place_settles_a_finding(desk: Desk) -> None:
    await desk.press("L", "e")
    await desk.press(*["backspace"] * len("staging"))
    await desk.write("prod")
    await desk.press("enter")
    assert "cron-worker-staging" not in desk.labels_of_keys
    assert "cron-worker-prod" not in desk.labels_of_keys


@pytest.mark.parametrize("size", [(80, 24), (60, 16)])
async def test_the_integration_of_a_key_is_seen_on_a_narrow_terminal(
    stage: Stage, size: tuple[int, int]
) -> None:
    async with sit_down(stage, size=size) as desk:
        await desk.press("L")
        head = next(line for line in desk.text.splitlines() if "Found" in line)
        assert "Integration" in head
        assert "Salesforce Production" in desk.words.partition("other environment")[2]


async def test_renaming_shows_where_the_key_belongs_and_what_was_found(desk: Desk) -> None:
    await desk.press("L", "e")
    assert "Salesforce Production production" in desk.words
    assert "It names staging, but Salesforce Production is production." in desk.words


async def test_renaming_says_it_in_a_line_on_the_smallest_terminal(stage: Stage) -> None:
    async with sit_down(stage, size=(60, 16)) as desk:
        await desk.press("L", "e")
        assert "Rename this key" in desk.text
        assert "◐ other environment" in desk.text
        assert "Salesforce Production production" in desk.words


@pytest.mark.parametrize("size", [(120, 40), (60, 16)])
async def test_the_head_says_how_many_are_fetched_and_that_more_follow(
    stage: Stage, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(label_audit, "PAGE", 10)
    async with sit_down(stage, size=size) as desk:
        await desk.press("L")
        # The cursor is near the end of so few rows, so the next page comes as soon as it moves.
        assert "the first 10, more follow" in desk.text
        await desk.press("down")
        assert "15 to look at" in desk.text


async def test_what_is_saved_is_called_so_on_its_button_and_in_the_footer(desk: Desk) -> None:
    await desk.press("L", "s")
    assert "↵ save" in desk.text.splitlines()[-1]
    assert "export" not in desk.words.lower()


async def test_a_kind_is_chosen_by_how_many_keys_have_it(desk: Desk) -> None:
    await desk.press("L", "K")
    lines = {name.strip(): count for name, count in LINE.findall(desk.text)}
    assert lines["All kinds"] == "15"
    assert lines["Other environment"] == "1"
    await desk.press("j", "down", "enter")
    assert desk.labels_of_keys == ["cron-worker-staging"]
    assert "Other environment" in desk.text
    await desk.press("K", "escape")
    assert desk.labels_of_keys == ["cron-worker-staging"]
    await desk.press("K", "home", "k", "k", "enter")
    assert len(desk.rows) == 15


async def test_marked_keys_are_reviewed_at_once(desk: Desk, stage: Stage) -> None:
    await desk.press("L", "space", "space")
    left = desk.labels_of_keys[2:]
    assert "2 marked" in desk.text
    await desk.press("m")
    assert "Are these 2 keys all right as they are?" in desk.text
    await desk.press("1")
    assert desk.labels_of_keys == left
    assert "2 keys: back in 30 days" in desk.text
    assert "marked" not in desk.text
    key = await key_of(stage, "cron-worker-staging")
    assert (await stage.client().audit(target=key.public_key, action="key.reviewed")).items

    await desk.press("space", "escape")
    desk.see(LabelAuditScreen)
    assert "marked" not in desk.text


async def test_the_odd_letter_of_a_look_alike_is_marked_and_named(desk: Desk, stage: Stage) -> None:
    key = await key_of(stage, "cron-worker-staging")
    odd = "api-g\u0430teway-prod"
    await stage.client().rename_key(key.public_key, odd, version=key.version)
    await desk.press("L")
    rows = desk.labels_of_keys
    await desk.press(*["down"] * rows.index(odd))
    assert "It has Cyrillic small letter a for small a." in desk.words
    line = desk.see(LabelAuditScreen).listing.rows.render_line(rows.index(odd))
    assert [each.text for each in line if each.style and each.style.underline] == ["\u0430"]
    await desk.press("e")
    assert "It has Cyrillic small letter a for small a." in desk.words
    assert "IN USE" in desk.text or "last" in desk.text


async def test_the_export_is_whole_and_never_written_over(desk: Desk, surroundings: Path) -> None:
    await desk.press("L", "s", "enter")
    path = surroundings / "label-audit.csv"
    rows = list(csv.reader(path.read_text().splitlines()))
    assert len(rows) == 1 + 15
    assert rows[1][:4] == [
        "cron-worker-staging", rows[1][1], "Salesforce Production", "other_environment"
    ]  # fmt: skip
    assert "15 lines in ~/label-audit.csv" in desk.words
    await desk.press("s", "enter")
    assert "is there already; nothing was written" in desk.words


async def test_an_export_that_must_not_or_cannot_be_written_is_told(
    desk: Desk, surroundings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(files.CONFINED, "1")
    (surroundings / ".ssh").mkdir()
    await desk.press("L", "s")
    for path, sentence in (
        (f"~/{'a' * 300}.csv", "file name too long"),
        ("~/a.json", "The name ends with .csv, or with .jsonl for one JSON document a line."),
        ("~/a\x1b]0;x\x07.csv", "cannot contain <U+001B>"),
        ("../outside.csv", "Here files are written in your home directory only"),
        ("~/.ssh/hidden.csv", "Here nothing is written into hidden places"),
    ):
        await desk.press("ctrl+u")
        await desk.paste(path)
        await desk.press("enter")

        assert sentence in desk.words
        await desk.write("x")
        assert sentence not in desk.words
        assert list(surroundings.parent.rglob("*.csv")) == []


async def test_a_viewer_sees_the_queue_and_cannot_review(stage: Stage) -> None:
    async with sit_down(stage, read_only=True) as desk:
        await desk.press("L")
        assert "cron-worker-staging" in desk.labels_of_keys
        assert "reviewed" not in desk.text
        await desk.press("m")
        desk.see(LabelAuditScreen)
