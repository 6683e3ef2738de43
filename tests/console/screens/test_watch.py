"""Who presents dead keys is seen while it happens, and can be saved."""

import csv
from datetime import timedelta
from pathlib import Path

from tests.console.desk import IN_USE, Desk
from tests.scenes import try_dead_keys

from keyconsole.console.screens.key_detail import KeyScreen
from keyconsole.console.screens.watch import WatchScreen, as_csv
from keyconsole.wire import Refusal


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


async def test_enter_opens_the_key(desk: Desk) -> None:
    await try_dead_keys(desk.stage)
    await desk.press("w", "home")
    label = desk.under_cursor.label
    await desk.press("enter")

    assert desk.see(KeyScreen).key.label == label


async def test_it_is_saved_as_csv(desk: Desk) -> None:
    await try_dead_keys(desk.stage)
    await desk.press("w", "s")
    desk.see(WatchScreen)
    [path] = Path.home().glob("refused-*.csv")
    rows = list(csv.DictReader(path.read_text().splitlines()))

    assert path.stat().st_mode & 0o777 == 0o600
    assert {row["label"] for row in rows} == {IN_USE, "ci-old"}
    assert {row["count"] for row in rows} == {"12", "3"}


def test_a_spreadsheet_takes_no_text_for_a_formula() -> None:
    row = Refusal.model_validate(
        {
            "public_key": "kcp_0123456789abcdef",
            "label": "=HYPERLINK(1)",
            "integration_id": "int_1",
            "integration_name": "-1+2",
            "reason": "key-revoked",
            "address": "10.0.0.1",
            "agent": "@SUM(A1)",
            "count": 1,
            "first_at": "2026-11-24T09:00:00Z",
            "last_at": "2026-11-24T09:00:00Z",
        }
    )
    [written] = list(csv.DictReader(as_csv([row]).splitlines()))
    assert written["label"] == "'=HYPERLINK(1)"
    assert written["integration"] == "'-1+2"
    assert written["agent"] == "'@SUM(A1)"
