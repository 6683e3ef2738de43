"""How figures are held to goals, and when nothing is judged."""

import os
import subprocess
import sys
import time

import pytest
from benchmarks import machine
from benchmarks.figures import (
    YARDSTICK,
    Figures,
    Row,
    Verdict,
    amount,
    row_of,
    status_of,
    table,
    uneven,
    unjudged,
)
from benchmarks.goals import SECTIONS, Goal
from benchmarks.machine import Others

FRAME = Goal("first frame", "frame", 1.0, "smallest app")
RATE = Goal("verification", "service", 0.85, "skeleton", "req/s", is_least=True)
IDLE = Goal("idle", "idle", 0.5, unit="%")


def figures_of(**values: list[tuple[float, float | None]]) -> Figures:
    figures = Figures()
    for name, rounds in values.items():
        for figure, cpu in rounds:
            figures.note(name.replace("_", " "), figure, cpu)
    return figures


def test_the_median_of_the_ratios_within_each_round_counts() -> None:
    figures = figures_of(
        frame=[(1, 0.3), (8, 0.6), (3, 0.9)], smallest_app=[(2, 0.3), (4, 0.3), (1, 0.3)]
    )
    row = row_of(FRAME, figures)

    assert row.value == 2  # of 0.5, 2 and 3; the ratio of the medians would be 1.5
    assert row.cpu_ratio == 2
    assert row.measured is not None
    assert row.measured.figure == 3


@pytest.mark.parametrize(
    ("goal", "ours", "theirs", "verdict"),
    [
        (FRAME, 1.0, 1.0, Verdict.REACHED),
        (FRAME, 1.01, 1.0, Verdict.SHORT),
        (RATE, 85, 100, Verdict.REACHED),
        (RATE, 84, 100, Verdict.SHORT),
        (IDLE, 0.5, None, Verdict.REACHED),
        (IDLE, 0.51, None, Verdict.SHORT),
    ],
)
def test_a_bound_is_reached_by_what_lies_on_it(
    goal: Goal, ours: float, theirs: float | None, verdict: Verdict
) -> None:
    figures = Figures()
    figures.note(goal.measured, ours)
    if theirs is not None:
        figures.note(goal.against, theirs)

    assert row_of(goal, figures).verdict is verdict


def test_what_was_not_measured_is_told_and_not_missed() -> None:
    rows = [row_of(goal, figures_of(frame=[(1, None)])) for goal in (FRAME, RATE, IDLE)]

    assert {row.verdict for row in rows} == {Verdict.NOT_MEASURED}
    assert status_of(rows, []) == 0


def test_what_a_missing_rival_is_needed_for_is_skipped() -> None:
    figures = figures_of(service=[(1000, None)], frame=[(1, None)], smallest_app=[(1, None)])
    figures.skipped["skeleton"] = "no network"

    assert row_of(RATE, figures).verdict is Verdict.SKIPPED
    assert row_of(FRAME, figures).verdict is Verdict.REACHED


@pytest.mark.parametrize(
    ("frame", "noise", "status"), [(1, [], 0), (2, [], 1), (1, ["busy"], 2), (2, ["busy"], 2)]
)
def test_the_status_says_reached_short_or_not_judged(
    frame: float, noise: list[str], status: int
) -> None:
    row = row_of(FRAME, figures_of(frame=[(frame, None)], smallest_app=[(1, None)]))

    assert status_of([row], noise) == status


def test_without_judgement_the_figures_stay_and_the_verdict_goes() -> None:
    row = row_of(FRAME, figures_of(frame=[(2, None)], smallest_app=[(1, None)]))
    [left] = unjudged([row])

    assert (left.verdict, left.value) == (Verdict.NOT_JUDGED, 2)
    assert unjudged([Row(IDLE, Verdict.SKIPPED)]) == [Row(IDLE, Verdict.SKIPPED)]


@pytest.mark.parametrize("name", [YARDSTICK, FRAME.against])
def test_what_does_not_change_and_is_uneven_is_noise(name: str) -> None:
    even, odd = Figures(), Figures()
    for number in range(5):
        even.note(name, 1 + number / 100)
        odd.note(name, 1 + number / 4)

    assert uneven([FRAME], even) == []
    [told] = uneven([FRAME], odd)
    assert told.startswith(f"{name}: 33% between rounds")


def test_rounds_of_our_own_that_are_uneven_are_no_noise() -> None:
    uneven_rounds: list[tuple[float, float | None]] = [(1, None), (9, None), (30, None)]
    figures = figures_of(frame=uneven_rounds, p50=uneven_rounds)

    assert uneven([FRAME, Goal("p99", "p99", 5, "p50")], figures) == []


@pytest.mark.parametrize(("load", "noise"), [(0.0, []), (99.0, ["load average 99.00"])])
def test_a_machine_that_is_busy_before_the_start_is_told(
    load: float, noise: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (load, load, load))
    told = machine.noise_before(waits=False)

    assert [each.partition(",")[0] for each in told] == noise


@pytest.mark.parametrize(("ours", "noise"), [(9.9, []), (7.0, ["other processes took 40%"])])
def test_what_others_took_is_what_was_not_ours(
    ours: float, noise: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten seconds in which eleven seconds of a core were spent, three of them before."""
    times = {"monotonic": iter((0.0, 10.0)), "busy": iter((3.0, 14.0)), "ours": iter((0.0, ours))}
    monkeypatch.setattr(time, "monotonic", lambda: next(times["monotonic"]))
    monkeypatch.setattr(machine, "_busy", lambda: next(times["busy"]))
    monkeypatch.setattr(machine, "_ours", lambda: next(times["ours"]))
    others = Others(most=0.1)
    with others.watched():
        pass

    assert [each.partition(" of a core")[0] for each in others.noise()] == noise


def test_what_a_process_of_ours_took_is_ours_after_its_end() -> None:
    before = machine._ours()
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    subprocess.run([sys.executable, "-c", busy], check=True)

    assert machine._ours() - before >= 0.2


def test_the_table_has_a_line_for_each_goal() -> None:
    figures = figures_of(frame=[(0.352, 0.31)], smallest_app=[(0.327, 0.2)], idle=[(1.06, None)])
    lines = table([row_of(goal, figures) for goal in (FRAME, RATE, IDLE)]).splitlines()

    assert [" ".join(line.split()) for line in lines] == [
        "of measured ratio goal CPU ratio",
        "first frame smallest app 327 ms 352 ms 1.08 ≤ 1 fell short 310 ms 1.55",
        "verification skeleton ≥ 0.85 not measured",
        "idle 1.06 % ≤ 0.50 % fell short",
    ]


@pytest.mark.parametrize(
    ("figure", "unit", "text"),
    [
        (0.0006, "s", "600 µs"),
        (0.0444, "s", "44.4 ms"),
        (5, "s", "5 s"),
        (18_400.4, "req/s", "18,400 req/s"),
        (0.5, "%", "0.50 %"),
    ],
)
def test_a_figure_has_its_unit(figure: float, unit: str, text: str) -> None:
    assert amount(figure, unit) == text


def test_no_two_goals_of_a_section_have_the_same_name() -> None:
    for section in SECTIONS.values():
        names = [goal.what for goal in section.goals]
        assert sorted(set(names)) == sorted(names)
