"""What is done to a service on purpose, what must hold, and the page that says what was found."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults import processes, restores
from tests.faults.kinds import KINDS

RECORD = Path(__file__).parents[2] / "docs" / "reliability.jsonl"
"""A line for each kind of fault that was played: commit, date, seed and counts."""


@dataclass(frozen=True, slots=True)
class Row:
    """A class of faults: what is done, what must hold, and what does it."""

    fault: str
    holds: str
    kinds: Sequence[str] = ()
    """Kinds that `make faults-N` plays; none where the suite has what there is."""
    tests: str = ""
    missing: str = ""


def _processes(*beginnings: str) -> tuple[str, ...]:
    return tuple(kind for kind in processes.KINDS if kind.startswith(beginnings))


ROWS = {
    1: Row(
        "The service or one of its workers is killed while keys are revoked",
        "No key is accepted whose revoke was acknowledged",
        _processes("parent_killed", "worker_killed-"),
        missing="Load of creates, disables and rotations; one process instead of two.",
    ),
    2: Row(
        "Power is lost between two writes",
        "Nothing acknowledged is lost",
        missing="No file system is rebuilt from recorded writes.",
    ),
    3: Row(
        "Several processes are asked at once",
        "Nothing is accepted that began after a revoke was answered",
        tests="tests/service/test_promise.py",
        missing="Two processes, not three; no history of lists, cards and audit.",
    ),
    4: Row(
        "Connections to PostgreSQL are cut, the server stops, hangs, or a standby takes over",
        "503, then recovery; no revoke undone",
        _processes("connections_cut"),
        tests="tests/service/store/postgres",
        missing="A standby is promoted a few times in the suite, not twenty.",
    ),
    5: Row(
        "A proxy cuts requests and answers",
        "Each create makes one key with a usable secret; no revoke is told failed that happened",
        tests="tests/contract/test_interrupted_creates.py, tests/terminal",
    ),
    6: Row(
        "Files are swapped, cut, removed or overwritten under the service; its disk is full; its "
        "clock jumps",
        "No key is accepted whose revoke was acknowledged, nothing is acknowledged afterwards, and "
        "the service says that it is not ready",
        (*KINDS, *_processes("disk_full", "worker_killed_on", "clock_set")),
        tests="tests/terminal/test_full_disk.py",
        missing="A remount that is read-only under open files, and quotas, cannot be made here.",
    ),
    7: Row(
        "The audit log cannot be written, or is edited",
        "The change is refused; the edit is found at its event",
        tests="tests/service/test_checkpoints.py, tests/service/rules/test_unaudited.py",
        missing="A hundred edits in the suite, not a thousand.",
    ),
    8: Row(
        "The service is killed for good, and an old backup is restored with the log of revokes",
        "No key lives again whose revoke was acknowledged",
        tuple(restores.KINDS),
    ),
    9: Row(
        "Floods: verifications, lists, searches, slow clients, sources without number",
        "A revoke by somebody else is answered in time; memory is bounded",
        tests="tests/service/test_limits.py, benchmarks/search.py",
        missing="No hour of a flood.",
    ),
    10: Row(
        "Any operation of any role in any order",
        "No rule is broken",
        tests="tests/service/rules/test_scopes_machine.py, tests/service/test_authorization.py",
        missing="The state machine is of scopes alone.",
    ),
    11: Row(
        "Requests made from the OpenAPI document",
        "No 5xx, no answer outside the document",
        tests="tests/contract/test_openapi_fuzzing.py",
        missing="Fewer than ten thousand cases in a run.",
    ),
    12: Row(
        "The console's service is killed, restarted, slow; its terminal is closed",
        "Nothing typed is lost, no secret is left behind",
        tests="tests/terminal, tests/console/test_connection.py",
    ),
    13: Row(
        "A hostile service, or hostile names",
        "A sentence each; nothing is executed; memory is bounded",
        tests="tests/hostile, tests/client/test_transport.py",
    ),
    14: Row(
        "An upgrade from the oldest release with data",
        "Keys, revokes and the audit log are as they were; who waits is told to wait",
        tests="tests/service/store/test_upgrade.py, benchmarks/upgrade.py",
        missing="No rolling upgrade under traffic.",
    ),
    15: Row(
        "A year passes",
        "Everything that is due happens once",
        missing="No year is played as a whole; each kind of deadline is tested by itself.",
    ),
    16: Row(
        "A mistake in the source",
        "The suite fails",
        tests="make mutants",
        missing="Seventy mistakes, not eighty.",
    ),
}


def of(number: int) -> Row:
    """Returns a row that `make faults-N` plays. Raises `ValueError` for another one."""
    row = ROWS.get(number)
    if row is None or not row.kinds:
        played = ", ".join(str(each) for each, row in ROWS.items() if row.kinds)
        raise ValueError(f"{number} is none of the rows that are played: {played}")
    return row


def page() -> str:
    """The page of all rows with what was found when each kind was last played."""
    lines = RECORD.read_text().splitlines() if RECORD.exists() else []
    last = {found["kind"]: found for found in map(json.loads, lines)}
    return "\n".join(_page(last))


def _page(last: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield "# Reliability"
    yield ""
    yield "What is done to the service on purpose, what must hold, and what was found. The rows"
    yield "with a table are played by `make faults-N`: fifty faults and 1,000 revokes of each kind."
    yield "Each run adds lines to `docs/reliability.jsonl`, from which this page is made."
    yield ""
    for number, row in ROWS.items():
        yield f"## {number}. {row.fault}"
        yield ""
        yield f"Must hold: {row.holds[0].lower()}{row.holds[1:]}."
        if row.tests:
            yield f"In the suite: {', '.join(f'`{each}`' for each in row.tests.split(', '))}."
        if row.missing:
            yield f"**Not shown**: {row.missing[0].lower()}{row.missing[1:]}"
        yield ""
        if row.kinds:
            yield "| Kind | Faults | Acknowledged | Accepted afterwards | Told ready | When |"
            yield "|---|---|---|---|---|---|"
            yield from (_line(kind, last.get(kind)) for kind in row.kinds)
            yield ""


def _line(kind: str, found: dict[str, Any] | None) -> str:
    if found is None:
        return f"| {kind} | not played | | | | |"
    counts = (found["faults"], f"{found['acknowledged']:,} of {found['asked']:,}")
    broken = (found["accepted"] + found["late"], found["unnoticed"])
    when = f"{found['date']}, `{found['commit']}`, seed {found['seed']}"
    return "| " + " | ".join(str(each) for each in (kind, *counts, *broken, when)) + " |"
