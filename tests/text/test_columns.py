"""Each list has its columns once, for the console, the commands and the files."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from keyconsole.cli.lists import in_table, rows_of
from keyconsole.console.widgets.columns import drawn
from keyconsole.text import columns
from keyconsole.text.columns import Column
from keyconsole.text.export_files import FILES
from keyconsole.text.runs import plain
from keyconsole.wire import UsageSource

AT = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
LISTS: dict[str, tuple[Column[Any], ...]] = {
    name: value
    for name, value in vars(columns).items()
    if isinstance(value, tuple) and value and isinstance(value[0], Column)
}

SHOWN_ONLY = {"SELECTED_KEYS", "REVOKED_KEYS", "PARTS"}
"""The lists of a bulk revoke, which its receipt holds, and the busiest keys beside a plot."""


class Row(BaseModel):
    """Something that was seen."""

    at: datetime = AT


@pytest.mark.parametrize("name", LISTS)
def test_no_two_columns_of_a_list_have_a_name_or_a_title(name: str) -> None:
    names = [each.name for each in LISTS[name]]
    titles = [each.title for each in LISTS[name] if each.in_table or each.width]

    assert len(set(names)) == len(names)
    assert len(set(titles)) == len(titles)
    assert all(titles)


def test_every_list_has_a_file_and_it_has_columns_of_the_list() -> None:
    assert {id(file.columns) for file in FILES.values()} == {
        id(listed) for name, listed in LISTS.items() if name not in SHOWN_ONLY
    }
    for file in FILES.values():
        assert set(file.names) <= {each.name for each in file.columns}
        assert len(set(file.names)) == len(file.names) > 3


def test_the_sources_of_a_key_say_which_it_refuses_now() -> None:
    seen: dict[str, Any] = {"agent": "", "first_seen_at": AT, "last_seen_at": AT, "accepted": 1}
    sources = [
        UsageSource(address=each, refused=0, **seen) for each in ("10.1.4.7", "::1", "unknown")
    ]

    now = columns.sources_of(["10.1.0.0/16"])[-1]
    assert [now.value(each) for each in sources] == [None, "refused", "refused"]
    assert columns.sources_of([]) is columns.SOURCES


def test_a_new_column_is_in_the_console_and_in_the_table() -> None:
    seen: Column[Row] = Column("seen", "Seen", lambda row: row.at, width=8)

    [placed] = drawn([seen], lambda: AT + timedelta(hours=2))
    assert (placed.title, plain(placed.draw(Row()))) == ("Seen", "2 h ago")
    assert rows_of([Row()], [seen], str) == [["SEEN"], [str(AT)]]


def test_a_table_begins_with_what_scripts_look_for() -> None:
    titles = [each.title for each in in_table(columns.KEYS)]

    assert titles[:3] == ["Public key", "Label", "Status"]
    assert [each.title for each in columns.KEYS][:2] == ["Label", "Public key"]
