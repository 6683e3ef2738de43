"""That a key is dead is shown by whoever may look."""

import json

import pytest
from tests.cli.conftest import Known, Run


@pytest.fixture
def looking(known: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on somebody asks who may change nothing."""
    monkeypatch.setenv("KEYCONSOLE_TOKEN", known.viewer)


def test_it_is_the_receipt_that_the_revoke_printed(
    remote: str, known: Known, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = json.loads(
        run("keys", "revoke", known.public_key, "--yes", "--incident", "INC-7", "--json").out
    )
    monkeypatch.setenv("KEYCONSOLE_TOKEN", known.viewer)

    done = run("keys", "receipt", known.public_key, "--json", "--read-only")

    again = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert again["verification"].pop("would_authenticate") is False
    for changing in ("already", "verification"):
        del first[changing], again[changing]
    assert again == first


def test_for_people_it_says_when_by_whom_and_that_it_is_refused(
    unchanged: str, known: Known, looking: None, run: Run
) -> None:
    done = run("keys", "receipt", known.revoked_key)

    assert done.code == 0, done.err
    for words in (known.revoked_key, "Committed", "Refused", "Audit", "event "):
        assert words in done.out


def test_a_key_that_lives_has_none(unchanged: str, known: Known, looking: None, run: Run) -> None:
    done = run("keys", "receipt", known.public_key)

    assert (done.code, done.out) == (4, "")
    assert "is active, not revoked: there is no receipt" in done.err
