"""A moment is a span from now, or a time."""

from datetime import UTC, datetime, timedelta

import pytest

from keyconsole.cli import spans
from keyconsole.core.errors import UsageError

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("30m", "2026-11-24T09:30:00+00:00"),
        ("2h", "2026-11-24T11:00:00+00:00"),
        ("7 d", "2026-12-01T09:00:00+00:00"),
        ("2026-11-24T12:00", "2026-11-24T12:00:00+00:00"),
        ("2026-11-24T12:00+01:00", "2026-11-24T11:00:00+00:00"),
    ],
)
def test_a_span_or_a_time(text: str, moment: str) -> None:
    parsed = spans.ahead(text, "--until", NOW)
    assert parsed is not None
    assert parsed.isoformat() == moment


@pytest.mark.parametrize("text", ["", "soon", "0h", "-1h", "2026-11-24T08:59Z", "99999999d", "1w"])
def test_what_is_neither_or_has_passed_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--until"):
        spans.ahead(text, "--until", NOW)


def test_a_span_counts_back_where_it_has_been() -> None:
    assert spans.ago("2h", "--since", NOW) == NOW - timedelta(hours=2)
    assert spans.ago("2026-11-24T12:00", "--since", NOW) is not None
    assert spans.ago(None, "--since", NOW) is None
