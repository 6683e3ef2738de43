"""Who presents dead keys is seen while it happens, and can be saved."""

import csv
from datetime import timedelta
from pathlib import Path

import pytest
from tests.console.desk import IN_USE, Desk, key_of, sit_down
from tests.scenes import try_dead_keys
from tests.stage import Stage

from keyconsole.console.screens.key_detail import KeyScreen
from keyconsole.console.screens.watch import WatchScreen


async def test_a_forged_value_and_a_disabled_key_are_told_apart(desk: Desk) -> None:
    await desk.press("w")
    assert "Nobody presents a key that is refused" in desk.text

    await try_dead_keys(desk.stage)
    await desk.press("ctrl+r")
    assert "◌ forged" in desk.text
    assert "◐ disabled" in desk.text
    assert "10.1.9.77" in desk.text
    assert "python-requests/2.31" in desk.text


async def test_what_has_come_since_it_was_opened_stands_out(desk: Desk) -> None:
    await try_dead_keys(desk.stage)
    await desk.press("w")
    assert "+" not in desk.text

    desk.stage.now += timedelta(minutes=1)
    await try_dead_keys(desk.stage)
    await desk.press("ctrl+r")
    assert "+12 24" in desk.text


LONG = "salesforce-nightly-export-worker-prod"


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 16)])
async def test_a_long_label_and_who_it_is_are_readable_at_every_size(
    stage: Stage, size: tuple[int, int]
) -> None:
    await try_dead_keys(stage)
    key = await key_of(stage, "ci-old")
    await stage.client().rename_key(key.public_key, LONG, version=key.version)
    async with sit_down(stage, "/refusals", size=size) as desk:
        await desk.put_cursor_on(LONG)

        for words in (LONG, "10.1.9.77", "python-requests/2.31", "◐ disabled", "12", "20 s ago"):
            assert words in desk.words


async def test_enter_opens_the_key(desk: Desk) -> None:
    await try_dead_keys(desk.stage)
    await desk.press("w", "home")
    label = desk.under_cursor.label
    await desk.press("enter")

    assert desk.see(KeyScreen).key.label == label


async def test_it_is_exported_and_a_spreadsheet_takes_no_text_for_a_formula(desk: Desk) -> None:
    await try_dead_keys(desk.stage, agent="=HYPERLINK(1)")
    await desk.press("w", "s", "enter")
    desk.see(WatchScreen)
    path = Path.home() / "refused-keys.csv"
    rows = list(csv.DictReader(path.read_text().splitlines()))

    assert path.stat().st_mode & 0o777 == 0o600
    assert {row["label"] for row in rows} == {IN_USE, "ci-old"}
    assert {row["count"] for row in rows} == {"12", "3"}
    assert "'=HYPERLINK(1)" in {row["agent"] for row in rows}
