"""When a key expires, who uses it, and that somebody looked at it: as in the console."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from tests.cli.conftest import SALESFORCE, Known, Run


def test_a_key_gets_another_end_and_none_again(anywhere: str, known: Known, run: Run) -> None:
    done = run("keys", "expiry", known.public_key, "2099-01-31", "--json")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["expires_at"] == "2099-02-01T00:00:00.000Z"

    assert "2099-02-01" in run("keys", "expiry", "api-gateway-prod", "2099-01-31").out
    done = run("keys", "expiry", known.public_key, "never", "--json")
    assert json.loads(done.out)["expires_at"] is None


@pytest.mark.parametrize("when", ["yesterday", "2001-01-01", "0d", ""])
def test_an_end_that_cannot_be_meant_changes_nothing(
    when: str, unchanged: str, known: Known, run: Run
) -> None:
    done = run("keys", "expiry", known.public_key, when)

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("keyconsole: WHEN ")


def test_the_end_of_a_dead_key_stays(remote: str, known: Known, run: Run) -> None:
    done = run("keys", "expiry", known.revoked_key, "90d")

    assert (done.code, done.out) == (5, "")


def test_a_key_that_nobody_used_says_so(unchanged: str, known: Known, run: Run) -> None:
    done = run("keys", "usage", known.public_key)

    assert (done.code, done.err) == (0, "")
    assert "Last used    never" in done.out
    assert "FROM" not in done.out
    assert "No request came in this time." in run("keys", "usage", known.public_key, "--plot").out


def test_use_is_told_by_where_it_came_from(remote: str, known: Known, run: Run) -> None:
    for _ in range(2):
        headers = {"Authorization": f"Bearer {known.secret}", "User-Agent": "gateway/1"}
        assert httpx.get(f"{remote}/v1/forward-auth", headers=headers).status_code == 200

    done = run("keys", "usage", "api-gateway-prod")
    document = json.loads(run("keys", "usage", known.public_key, "--json").out)

    assert "Last hour    2" in done.out
    head, row = done.out.splitlines()[-2:]
    assert head.split() == ["FROM", "WITH", "LAST", "SINCE", "LET", "IN", "REFUSED"]
    assert row.split()[:2] == ["127.0.0.1", "gateway/1"]
    assert row.split()[-2:] == ["2", "0"]
    assert (document["last_hour"], document["hours"][0]["accepted"]) == (2, 2)

    drawn = run("keys", "usage", "api-gateway-prod", "--plot")
    assert (drawn.code, drawn.err) == (0, "")
    assert "Let in       2" in drawn.out
    assert "2 ┤" in drawn.out
    assert " now\n" in drawn.out
    counted = run("keys", "usage", "api-gateway-prod", "--days", "8").out.splitlines()
    days = counted[counted.index("SINCE                     LET IN  REFUSED  WHY") + 1 :][:8]
    assert [row.split()[1:] for row in days] == [*[["0", "0"]] * 7, ["2", "0"]]
    assert run("keys", "usage", "api-gateway-prod", "--days", "8", "--hours", "3").code == 2
    for subject in ([SALESFORCE], []):
        told = run("integrations", "usage", *subject, "--hours", "2")
        assert (told.code, told.err) == (0, "")
        assert told.out.splitlines()[-1].split()[-3:-1] == ["2", "0"]
    document = json.loads(run("integrations", "usage", SALESFORCE, "--json").out)
    assert sum(point["accepted"] for point in document["series"]["points"]) == 2
    assert document["parts"][0]["name"] == "api-gateway-prod"


def test_what_was_looked_at_rests(anywhere: str, known: Known, run: Run) -> None:
    assert run("keys", "create", known.integration, "--label", "test").code == 0
    found = {row["key"]["label"] for row in json.loads(run("keys", "audit", "--json").out)["items"]}
    assert "test" in found

    done = run("keys", "review", "test")
    assert (done.code, done.err) == (0, "")
    assert "generic" in done.out

    left = json.loads(run("keys", "audit", "--json").out)["items"]
    assert "test" not in {row["key"]["label"] for row in left}
    assert run("keys", "review", "test").err == "Nothing was found about test.\n"


def test_one_finding_rests_until_a_day(remote: str, known: Known, run: Run) -> None:
    run("keys", "create", known.integration, "--label", "test")
    until = (datetime.now(UTC) + timedelta(days=9)).strftime("%Y-%m-%d")

    done = run("keys", "review", "test", "--finding", "generic", "--until", until, "--json")

    document = json.loads(done.out)
    assert document["label"] == "test"
    assert list(document["reviews"]) == ["generic"]
    ends = datetime.fromisoformat(document["reviews"]["generic"]["until"])
    assert ends == datetime.fromisoformat(f"{until}T00:00Z") + timedelta(days=1)


def test_several_keys_are_reviewed_at_once(remote: str, known: Known, run: Run) -> None:
    for label in ("test", "foo"):
        run("keys", "create", known.integration, "--label", label)

    done = run("keys", "review", "test", "foo", "--json")

    items = json.loads(done.out)["items"]
    assert [each["label"] for each in items] == ["test", "foo"]
    assert all("generic" in each["reviews"] for each in items)


def test_what_rests_is_listed_with_who_said_so_and_until_when(
    remote: str, known: Known, run: Run, tmp_path: Path
) -> None:
    run("keys", "create", known.integration, "--label", "test")
    until = (datetime.now(UTC) + timedelta(days=9)).strftime("%Y-%m-%d")
    run("keys", "review", "test", "--finding", "generic", "--until", until)
    row = next(
        row
        for row in json.loads(run("keys", "audit", "--reviewed", "--json").out)["items"]
        if row["key"]["label"] == "test"
    )
    by = row["key"]["created_by"]

    assert "RESTS" not in run("keys", "audit").out
    listed = run("keys", "audit", "--reviewed").out
    assert f"generic until {until} ({by}, {datetime.now(UTC):%Y-%m-%d})" in listed

    path = tmp_path / "reviewed.csv"
    assert run("keys", "audit", "--reviewed", "--output", str(path)).code == 0
    rows = list(csv.DictReader(path.read_text().splitlines()))
    (reviews,) = [each["reviews"] for each in rows if each["label"] == "test"]
    ends = (datetime.now(UTC) + timedelta(days=10)).strftime("%Y-%m-%d")
    assert reviews.startswith(f"generic until {ends}T00:00:00.000Z ({by}, ")


def test_a_list_that_was_cut_says_how_to_get_the_rest(remote: str, known: Known, run: Run) -> None:
    for number in (1, 2):
        run("keys", "create", known.integration, "--label", f"test-{number}")
    cut = run("keys", "audit", "--limit", "1")
    assert "There is more. Without --limit all of it is listed; --cursor " in cut.err
    events = run("audit", "list", "--limit", "1")
    assert "There is more. With a higher --limit more is listed; --cursor " in events.err


def test_an_integration_has_an_age_of_its_own_for_keys(remote: str, known: Known, run: Run) -> None:
    edit = ("integrations", "edit", known.integration)

    assert "Rotate every  90 days" in run(*edit, "--rotate-every", "90").out
    document = json.loads(run("integrations", "show", known.integration, "--json").out)
    assert document["max_key_age_days"] == 90
    assert "Rotate every" not in run(*edit, "--rotate-every", "").out
    for days in ("often", "0", "-3"):
        assert run(*edit, "--rotate-every", days).code == 2
    refused = run(*edit, "--rotate-every", "7")
    assert refused.code == 1
    assert "The warning, 14 days before a key is due, is longer" in refused.err
    assert "The rotation age is from 1 to 3,650 days." in run(*edit, "--rotate-every", "9999").err


def test_a_key_gets_an_owner_and_whoever_made_it_again(
    anywhere: str, known: Known, run: Run
) -> None:
    maker = json.loads(run("keys", "show", known.public_key, "--json").out)["created_by"]
    for given, owner in ((["payments"], "payments"), ([maker], maker), (["--creator"], maker)):
        done = run("keys", "owner", known.public_key, *given)
        assert (done.code, done.err) == (0, "")
        assert f"Owner         {owner}" in done.out

    for wrong, told in (
        ([], "Name the owner, or say --creator."),
        (["payments", "--creator"], "Name the owner, or say --creator."),
        (["eve@other.example"], "eve@other.example is no member here."),
    ):
        done = run("keys", "owner", known.public_key, *wrong)
        assert (done.code != 0, done.out) == (True, "")
        assert told in done.err


def test_a_key_gets_limits_and_loses_them_again(anywhere: str, known: Known, run: Run) -> None:
    for given, told in (
        (["--rate", "100/60s"], "100/60s"),
        (["--quota", "1,000/day"], "100/60s, 1000/day"),
        (["--rate", "20/s"], "20/1s, 1000/day"),
        (["--rate", "none", "--quota", "5000/Month"], "5000/month"),
        (["--quota", "none"], "none"),
    ):
        done = run("keys", "limits", known.public_key, *given)
        assert (done.code, done.err) == (0, "")
        assert f"Limits        {told}\n" in done.out
        shown = run("keys", "show", known.public_key)
        assert f"Limits        {told}\n" in shown.out

    made = run("keys", "create", known.integration, "--label", "few", "--rate", "5/m",
               "--quota", "9/day", "--json")  # fmt: skip
    key = json.loads(made.out)["key"]
    assert key["rate_limit"] == {"requests": 5, "seconds": 60}
    assert key["quota"] == {"requests": 9, "per": "day"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([], "Say --rate, --quota or both."),
        (["--rate", "fast"], "--rate takes 100/60s, 20/s, 300/m or none."),
        (["--rate", "100"], "--rate takes"),
        (["--rate", "100/0s"], "from 1 to 86,400 seconds"),
        (["--rate", "0/60s"], "from 1 to 1,000,000 requests"),
        (["--quota", "10/week"], "--quota takes 1000/day, 50000/month or none."),
        (["--quota", "999999999/day"], "from 1 to 100,000,000 requests"),
    ],
)
def test_what_is_no_limit_is_told_and_changes_nothing(
    anywhere: str, known: Known, run: Run, given: list[str], told: str
) -> None:
    done = run("keys", "limits", known.public_key, *given)

    assert (done.code != 0, done.out) == (True, "")
    assert told in done.err
    assert "Limits        none\n" in run("keys", "show", known.public_key).out


def test_all_keys_of_somebody_are_handed_over(anywhere: str, known: Known, run: Run) -> None:
    maker = json.loads(run("keys", "show", known.public_key, "--json").out)["created_by"]
    place = known.integration
    assert run("keys", "create", place, "--label", "made-for", "--owner", "crm").code == 0
    assert run("keys", "create", place, "--label", "made").code == 0
    before = json.loads(run("keys", "list", f"owner:{maker}", "--json").out)["items"]
    living = {each["public_key"] for each in before if each["status"] in ("active", "disabled")}

    done = run("keys", "hand-over", maker, "Payments", "--json")

    document = json.loads(done.out)
    assert (document["from"], document["to"]) == (maker, "Payments")
    assert set(document["keys"]) == living
    after = json.loads(run("keys", "list", "owner:payments", "--json").out)["items"]
    assert {each["public_key"] for each in after} == living
    assert "crm" in run("keys", "list", "owner:crm").out

    done = run("keys", "hand-over", maker, "Payments")
    assert done.code == 4
    assert f"There is no living key that {maker} answers for." in done.err
    done = run("keys", "hand-over", "payments", "Payments")
    assert (done.code, done.err) == (2, "keyconsole: Payments answers for them already.\n")
    done = run("keys", "hand-over", "crm", "nobody@acme.example")
    assert done.code == 1
    assert "made-for" in done.err
    assert "nobody@acme.example is no member here." in done.err
    assert "1 key of crm: support answers now." in run("keys", "hand-over", "crm", "support").err


def test_whose_keys_are_handed_over_is_said_exactly(remote: str, known: Known, run: Run) -> None:
    for label, owner in (("one", "Ops"), ("two", "ops")):
        run("keys", "create", known.integration, "--label", label, "--owner", owner)

    done = run("keys", "hand-over", "ops", "payments")

    assert done.code == 2
    assert "ops is Ops and ops" in done.err
