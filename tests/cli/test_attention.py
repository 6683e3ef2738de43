"""`keyconsole attention`: a table for people, an exit code and JSON for cron."""

import json

from tests.cli.conftest import SALESFORCE, Known, Run


def test_the_exit_code_says_if_there_is_something(remote: str, known: Known, run: Run) -> None:
    nothing = run("attention")
    assert (nothing.code, nothing.out) == (0, "")
    assert nothing.err == "Nothing needs attention.\n"
    assert json.loads(run("attention", "--json").out)["counts"] == []

    created = run(
        "keys", "create", known.integration, "--label", "etl-nightly-prod", "--expires", "3d"
    )
    assert created.code == 0, created.err
    item = f"expiring-{known.integration}"

    found = run("attention")
    assert (found.code, found.err) == (1, "1 soon.\n")
    head, row = found.out.splitlines()
    assert head.split()[:2] == ["ITEM", "MATTERS"]
    for told in (item, "soon", "expires", "etl-nightly-prod", SALESFORCE):
        assert told in row
    as_json = run("attention", "--json")
    assert (as_json.code, as_json.err) == (1, "")
    assert [each["id"] for each in json.loads(as_json.out)["items"]] == [item]

    refused = run("attention", "dismiss", item, "--until", "91d")
    assert refused.code == 1
    assert "At most 90 days from now." in refused.err
    dismissed = run("attention", "dismiss", item, "--until", "30d")
    assert dismissed.code == 0, dismissed.err
    assert run("attention").code == 0
    again = run("attention", "--dismissed")
    assert (again.code, item in again.out, "DISMISSED UNTIL" in again.out) == (0, True, True)
    events = run("audit", "list", "what:dismissed").out
    assert SALESFORCE in events


def test_a_viewer_looks_and_dismisses_nothing(viewer: str, known: Known, run: Run) -> None:
    assert run("attention").code == 0
    assert run("attention", "dismiss", f"due-{known.integration}").code == 3
