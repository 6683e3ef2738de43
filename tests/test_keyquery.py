"""The query language of keys: what it asks for, what it completes, what it says of a bad term."""

from datetime import UTC, datetime, timedelta

import pytest

from keyconsole.core.queries.keys import LONGEST, KeyQuery, QueryError, complete

DAY = timedelta(days=1)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
QUERIES: tuple[tuple[str, KeyQuery], ...] = (
    ("", KeyQuery()),
    ("gateway  prod", KeyQuery("gateway prod")),
    ('"status:active" now', KeyQuery("status:active now")),
    ('"say ""hi"" twice"', KeyQuery('say "hi" twice')),
    ('"never closed', KeyQuery("never closed")),
    ('"', KeyQuery()),
    ('x"y', KeyQuery('x"y')),
    ("status:active,unconfirmed", KeyQuery(statuses=("active", "unconfirmed"))),
    ("unused:90d age:4w", KeyQuery(unused_for=90 * DAY, older_than=28 * DAY)),
    ("unused:3mo age:>1y", KeyQuery(unused_for=90 * DAY, older_than=365 * DAY)),
    ("unused:99999y", KeyQuery(unused_for=99999 * 365 * DAY)),
    ("age:<30m", KeyQuery(younger_than=timedelta(minutes=30))),
    ("age:<7d age:2d", KeyQuery(younger_than=7 * DAY, older_than=2 * DAY)),
    ("created:2026-01-01", KeyQuery(created_from=NEW_YEAR, created_before=NEW_YEAR + DAY)),
    ("created:<2026-01-01", KeyQuery(created_before=NEW_YEAR)),
    ("created:<=2026-01-01", KeyQuery(created_before=NEW_YEAR + DAY)),
    ("created:>2026-01-01", KeyQuery(created_from=NEW_YEAR + DAY)),
    ("created:>=2026-01-01T06:00Z", KeyQuery(created_from=NEW_YEAR + DAY / 4)),
    (
        "created:>=2026-01-01 created:<2026-01-02",
        KeyQuery(created_from=NEW_YEAR, created_before=NEW_YEAR + DAY),
    ),
    ("expires:30d", KeyQuery(expires_within=30 * DAY)),
    ("expires:NEVER", KeyQuery(never_expires=True)),
    ("expires:<=2026-01-01", KeyQuery(expires_before=NEW_YEAR + DAY)),
    ("revoked:12h", KeyQuery(revoked_within=DAY / 2)),
    ("revoked:2026-01-01", KeyQuery(revoked_from=NEW_YEAR, revoked_before=NEW_YEAR + DAY)),
    ("revoked:>=2026-01-01", KeyQuery(revoked_from=NEW_YEAR)),
    ('in:"Sales *"', KeyQuery(integration="Sales *")),
    ("by:ops env:prod", KeyQuery(created_by="ops", environment="prod")),
    ("from:10.1.4.7", KeyQuery(source="10.1.4.7")),
    ("from:10.1.", KeyQuery(source="10.1.")),
    ("from:2001:db8::7", KeyQuery(source="2001:db8::7")),
    ("label:ci-*", KeyQuery(label="ci-*")),
    ('label:"two words" integration:"Sales*"', KeyQuery(label="two words", integration="Sales*")),
    ("integration:int_7k2m4q9x0a1b2c3d", KeyQuery(integration="int_7k2m4q9x0a1b2c3d")),
    ('by:"ops"', KeyQuery(created_by="ops")),
    ("due:ROTATION", KeyQuery(due=True)),
    ("due:owner", KeyQuery(owner_left=True)),
    ("due:rotation,owner", KeyQuery(due=True, owner_left=True)),
    ("owner:payments", KeyQuery(owner="payments")),
    ('owner:"our team"', KeyQuery(owner="our team")),
    ("tag:team", KeyQuery(tag=("team", None))),
    ("tag:team=pay", KeyQuery(tag=("team", "pay"))),
    ('tag:"cost center=a=b"', KeyQuery(tag=("cost center", "a=b"))),
    ("tag:team=", KeyQuery(tag=("team", ""))),
    ("https://keys.example.com", KeyQuery("https://keys.example.com")),
    ("[@click=app.quit]", KeyQuery("[@click=app.quit]")),
    ("Status:active IN:a", KeyQuery(statuses=("active",), integration="a")),
    ("kcp_\u20266g3k", KeyQuery("kcp_\u20266g3k")),
    ('"status=active"', KeyQuery("status=active")),
    ("team=pay", KeyQuery("team=pay")),
)


@pytest.mark.parametrize(("query", "asked"), QUERIES)
def test_a_query_is_words_and_terms(query: str, asked: KeyQuery) -> None:
    assert KeyQuery.parse(query) == asked
    assert bool(asked) == bool(query.strip('"'))


@pytest.mark.parametrize("asked", [asked for _, asked in QUERIES])
def test_a_query_is_written_as_it_is_read(asked: KeyQuery) -> None:
    assert KeyQuery.parse(str(asked)) == asked


@pytest.mark.parametrize(
    ("query", "under", "told"),
    [
        ("gateway stauts:active", "stauts:", "Did you mean status:"),
        ("status:dead prod", "status:dead", "one of active, unconfirmed"),
        ("prod unused:90", "unused:90", "unused: takes 30m, 12h, 7d, 2w, 3mo or 1y"),
        ("unused:0d", "unused:0d", "unused: takes at least 1m"),
        ("age:00w", "age:00w", "age: takes at least 1m"),
        ("unused:>90d", "unused:>90d", "unused: takes no < and no >"),
        ("unused:>soon", "unused:>soon", "unused: takes 30m"),
        ("status:actve", "status:actve", "status: did you mean active\\?"),
        ("status:active,REVOKD", "status:active,REVOKD", "did you mean revoked\\?"),
        ("due:rotaton", "due:rotaton", "did you mean rotation\\?"),
        ("due:tomorrow", "due:tomorrow", "takes rotation or owner, as in"),
        ("name:gateway", "name:", "Did you mean label:"),
        ("created_by:ops", "created_by:", "Did you mean by:"),
        ("expired:30d", "expired:", "Did you mean expires:"),
        (
            "colour:red",
            "colour:",
            "colour: is no filter. To look for it as text, put it in quotes.",
        ),
        ("Colour:red", "Colour:", "colour: is no filter"),
        ("owned:ops", "owned:", "Did you mean owner:"),
        ("team:payments", "team:", "Did you mean owner:"),
        ("tag:=pay", "tag:=pay", "a name, or name=value"),
        ("due:owner due:owner,rotation", "due:owner,rotation", "twice"),
        ("expires-in:30d", "expires-in:", "Did you mean expires:"),
        ("prod status=active", "status=", "status= is no filter. Did you mean status:"),
        ("Age>90d", "Age>", "Did you mean age:"),
        ("expires:soon", "expires:soon", "expires: takes a duration, a date or never"),
        ("expires:<30d", "expires:<30d", "expires: takes a duration, a date or never"),
        ("revoked:yesterday", "revoked:yesterday", "a duration or a date, as in revoked:7d"),
        ("revoked:0d", "revoked:0d", "revoked: takes at least 1m"),
        ("in:a integration:b", "integration:b", "twice"),
        ("age:<>7d", "age:<>7d", "age:<7d"),
        ("created:7d", "created:7d", "created: takes a date: created:2026-01-31"),
        ("created:<", "created:<", "created: takes a date: created:2026-01-31"),
        ("from:host.example", "from:host.example", "an address"),
        ("by: prod", "by:", "an account"),
        ('label:"" prod', 'label:""', "the whole label"),
        ("by:ops by:ana", "by:ana", "twice"),
        ("created:2026-01-01 created:<2026-02-01", "created:<2026-02-01", "twice"),
    ],
)
def test_a_wrong_term_is_told_where_it_stands(query: str, under: str, told: str) -> None:
    with pytest.raises(QueryError, match=told) as caught:
        KeyQuery.parse(query)
    assert query[caught.value.start : caught.value.end] == under
    assert caught.value.marker == " " * query.index(under) + "^" * len(under)


@pytest.mark.parametrize(
    ("query", "doubt"),
    [
        ("env:prdo", "Did you mean env:prod?"),
        ("env:Stagging", "Did you mean env:staging?"),
        ("env:prod", None),
        ("env:sand", None),
        ("env:eu7", None),
        ("gateway", None),
        ("label:gateway", "label: is the whole label; a part of it is label:*part*."),
        ("label:*gateway*", None),
    ],
)
def test_what_finds_nothing_may_have_been_meant_otherwise(query: str, doubt: str | None) -> None:
    assert KeyQuery.parse(query).doubt == doubt


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("gateway", "in:gateway*"),
        ("my shop", 'in:"my shop*"'),
        ("gateway age:7d", None),
        ("", None),
    ],
)
def test_a_text_may_be_the_name_of_an_integration(query: str, meant: str | None) -> None:
    assert KeyQuery.parse(query).by_integration == meant


def test_who_is_known_completes_who_made_it() -> None:
    people = {"ops@acme.example", "olga@acme.example", "ana@acme.example"}
    assert [each.text for each in complete("gateway by:o", people)] == [
        "by:olga@acme.example",
        "by:ops@acme.example",
    ]
    assert not list(complete("gateway z", people))


def test_whoever_made_a_key_and_a_team_complete_its_owner() -> None:
    people = {"ops@acme.example", "oil"}
    assert [each.text for each in complete("owner:o", people)] == [
        "owner:oil",
        "owner:ops@acme.example",
    ]
    assert [each.text for each in complete("by:o", people)] == ["by:ops@acme.example"]


def test_a_term_that_is_still_being_typed_is_not_wrong_and_not_asked_for() -> None:
    for query in ("gateway status:", "gateway https:", 'gateway label:"'):
        asked = KeyQuery.parse(query, typing=True)
        assert asked == KeyQuery("gateway")
        assert str(asked) == "gateway"
        with pytest.raises(QueryError):
            KeyQuery.parse(query)
    with pytest.raises(QueryError):
        KeyQuery.parse("status: gateway", typing=True)


def test_a_query_without_end_is_refused() -> None:
    with pytest.raises(QueryError, match="at most"):
        KeyQuery.parse("x" * (LONGEST + 1))


@pytest.mark.parametrize(
    ("query", "offered"),
    [
        ("st", ["status:"]),
        ("gateway u", ["unused:"]),
        ("status:re", ["status:revoked"]),
        ("status:active,ex", ["status:active,expired"]),
        ("env:", ["env:production", "env:staging", "env:sandbox", "env:development"]),
        ("lab", ["label:"]),
        ("", []),
        ("gateway ", []),
        ("status:active", []),
        ("nothing:x", []),
    ],
)
def test_the_end_of_a_query_is_completed(query: str, offered: list[str]) -> None:
    assert [each.text for each in complete(query)] == offered
    for each in complete(query):
        assert query[: each.start] + each.text
