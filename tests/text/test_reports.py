"""The rows of a report: what a table and a file say, and what is said beside them."""

from datetime import UTC, datetime

from keyconsole.text import reports
from keyconsole.wire import KeyReport, ReportBy, ReportGroup


def report(*keys: int, more: int = 0, is_complete: bool = True) -> KeyReport:
    groups = [
        ReportGroup(
            group={ReportBy.INTEGRATION: f"App {each}", ReportBy.ENVIRONMENT: None}, keys=each
        )
        for each in keys
    ]
    return KeyReport(
        by=[ReportBy.INTEGRATION, ReportBy.ENVIRONMENT],
        groups=groups,
        more_groups=more,
        total=sum(keys) + more,
        counted_at=datetime(2026, 3, 12, tzinfo=UTC),
        is_complete=is_complete,
    )


def test_a_table_has_counts_to_the_right_and_a_total() -> None:
    assert reports.table(report(1200, 5)) == [
        ["INTEGRATION", "ENVIRONMENT", " KEYS"],
        ["App 1200", "-", "1,200"],
        ["App 5", "-", "    5"],
        ["total", "", "1,205"],
    ]


def test_one_group_is_its_own_total() -> None:
    assert len(reports.table(report(5))) == 2


def test_a_file_has_plain_numbers_and_empty_cells() -> None:
    assert reports.rows(report(1200)) == [
        ["integration", "environment", "keys"],
        ["App 1200", "", "1200"],
    ]


def test_what_is_not_in_it_is_said() -> None:
    assert reports.remarks(report(5)) == []
    assert reports.remarks(report(5, more=3, is_complete=False)) == [
        "3 smaller groups are left out; the total has them.",
        "There are too many keys: only the newest were counted. Narrow the query.",
    ]


def test_counts_by_age_are_a_row_each_the_largest_first() -> None:
    def group(name: str, age: str, keys: int) -> ReportGroup:
        told = {ReportBy.INTEGRATION: name, ReportBy.AGE: age}
        return ReportGroup(group=told, integration_id=f"int_{name}", keys=keys)

    groups = [group("b", "over a year", 2), group("a", "over a year", 1), group("a", "new", 4)]
    counted = report().model_copy(
        update={"by": [ReportBy.INTEGRATION, ReportBy.AGE], "groups": groups}
    )

    found = reports.by_age(counted)

    assert [(row.row_id, row.ages, row.total) for row in found] == [
        ("int_a", {"over a year": 1, "new": 4}, 5),
        ("int_b", {"over a year": 2}, 2),
    ]
