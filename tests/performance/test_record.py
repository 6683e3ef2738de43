"""The page of the figures is what the record says."""

import json
from typing import Any

from benchmarks import record
from benchmarks.figures import Row, Verdict
from benchmarks.goals import SECTIONS, Goal

FRAME = SECTIONS["console"].goals[0]
IDLE = SECTIONS["console"].goals[-1]


def entry(date: str, **values: float) -> dict[str, Any]:
    named = {FRAME.what: values.get("frame"), IDLE.what: values.get("idle")}
    return {
        "date": date,
        "rounds": 5,
        "keys": 1_000_000,
        "cores": 2,
        "versions": {"Python": "3.11.7"},
        "values": {name: value for name, value in named.items() if value is not None},
        "skipped": [],
    }


def line_of(page: str, goal: Goal) -> str:
    [line] = [each for each in page.splitlines() if each.startswith(f"| {goal.what} |")]
    return line


def test_the_page_is_that_of_the_record() -> None:
    assert record.PAGE.read_text() == record.page(record.read())


def test_a_goal_that_no_run_measured_says_so() -> None:
    page = record.page({})

    for section in SECTIONS.values():
        for goal in section.goals:
            assert line_of(page, goal).endswith("| not measured |")


def test_the_runs_of_a_goal_stand_beside_it_and_bold_is_what_fell_short() -> None:
    runs = [entry("2026-11-30", frame=0.97, idle=0.4), entry("2026-11-29", frame=1.08)]
    page = record.page({"console": runs})

    assert line_of(page, FRAME) == "| first frame, remote | smallest app | ≤ 1 | 0.97, **1.08** |"
    assert line_of(page, IDLE).endswith("| ≤ 0.50 % | 0.40 %, not measured |")
    assert "Python 3.11.7; 2 cores; 2026-11-30; rounds: 5; many keys: 1,000,000." in page


def test_what_was_skipped_says_so() -> None:
    run = entry("2026-11-30") | {"skipped": [FRAME.what]}

    assert line_of(record.page({"console": [run]}), FRAME).endswith("| skipped |")


def test_a_run_keeps_the_three_newest_of_its_section_and_no_other_section() -> None:
    kept: record.Record = {"bulk": [entry("2026-11-01")]}
    for day in range(10, 15):
        kept = record.with_entry(kept, "console", entry(f"2026-11-{day}"))

    assert [each["date"] for each in kept["console"]] == ["2026-11-14", "2026-11-13", "2026-11-12"]
    assert [each["date"] for each in kept["bulk"]] == ["2026-11-01"]


def test_what_is_kept_of_a_run_is_plain_data() -> None:
    rows = [Row(FRAME, Verdict.SHORT, 1.07654), Row(IDLE, Verdict.SKIPPED)]
    kept = record.entry_of(
        rows, date="2026-11-30", rounds=5, keys=9, cores=2, versions={"Python": "3.11.7"}
    )

    assert kept == json.loads(json.dumps(kept))
    assert kept["values"] == {FRAME.what: 1.08}
    assert kept["skipped"] == [IDLE.what]
