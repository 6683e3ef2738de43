"""A run of the benchmarks: what is written, when nothing is, and what it ends with."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from benchmarks import __main__ as command
from benchmarks import bulk, machine, record, rivals
from benchmarks.machine import Others
from benchmarks.run import Run

Bench = Callable[..., int]


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the record is written."""
    path = tmp_path / "performance.json"
    path.write_text("{}\n")
    monkeypatch.setattr(record, "RECORD", path)
    monkeypatch.setattr(record, "PAGE", tmp_path / "performance.md")
    return path


@pytest.fixture
def bench(written: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Runs the section of bulk revokes, which takes so many seconds for each figure."""

    def run(*arguments: str, seconds: float = 0.05, noise: tuple[str, ...] = ()) -> int:
        def measure(run: Run) -> None:
            for name in ("bulk revoke", "single revoke", "slowest single revoke"):
                run.figures.note(name, seconds)

        monkeypatch.setattr(bulk, "measure", measure)
        monkeypatch.setattr(machine, "adopt_daemons", lambda: None)
        monkeypatch.setattr(machine, "noise_before", lambda *, waits: [*noise])
        monkeypatch.setattr("sys.argv", ["bench", "bulk", *arguments])
        return command.main()

    return run


@pytest.mark.parametrize(("seconds", "status"), [(0.05, 0), (0.2, 1)])
def test_a_run_is_written_whether_its_goals_were_reached_or_not(
    seconds: float, status: int, bench: Bench, written: Path
) -> None:
    assert bench(seconds=seconds) == status
    [kept] = json.loads(written.read_text())["bulk"]
    assert kept["values"]["a single revoke meanwhile"] == seconds
    assert written.with_suffix(".md").read_text() == record.page(record.read())


def test_what_a_busy_machine_measured_is_printed_and_not_written(
    bench: Bench, written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench(noise=("load average 9.00",)) == 2
    assert written.read_text() == "{}\n"
    told = capsys.readouterr().out
    assert "not judged: the machine was not quiet (load average 9.00)" in told
    assert "50 ms" in told
    assert "reached" not in told


def test_what_others_took_meanwhile_is_noise(
    bench: Bench, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Others, "noise", lambda _: ["other processes took 40% of a core"])

    assert bench() == 2
    assert written.read_text() == "{}\n"


def test_a_dry_run_is_not_written(bench: Bench, written: Path) -> None:
    assert bench("--dry", "--keys", "10", "--rounds", "1") == 0
    assert written.read_text() == "{}\n"


@pytest.mark.parametrize("option", [["--keys", "10"], ["--rounds", "1"], ["--no-rivals"]])
def test_a_run_that_is_kept_is_whole(option: list[str], bench: Bench, written: Path) -> None:
    with pytest.raises(SystemExit):
        bench(*option)
    assert written.read_text() == "{}\n"


def test_a_rival_that_cannot_be_installed_is_named_and_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str) -> Path:
        raise rivals.InstallError(f"no matching distribution for {name}")

    monkeypatch.setattr(rivals, "installed", refuse)
    run = Run(keys=1, rounds=1, directory=tmp_path)

    assert run.rival("toolong") is None
    assert run.figures.skipped == {"toolong": "no matching distribution for toolong"}


def test_the_first_round_warms_up_and_is_not_kept(tmp_path: Path) -> None:
    run = Run(keys=1, rounds=3, directory=tmp_path)
    for number, figures in enumerate(run.each_round()):
        figures.note("number", number)

    assert [value.figure for value in run.figures.values["number"]] == [1, 2, 3]
