"""The query language of keys: what it asks for, what it completes, what it says of a bad term."""

import pytest

from keyconsole.core.queries.keys import LONGEST, KeyFilter, QueryError, complete


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("", KeyFilter()),
        ("gateway prod", KeyFilter("gateway prod")),
        ('"status:active" now', KeyFilter("status:active now")),
        ("status:active,unconfirmed", KeyFilter(statuses=("active", "unconfirmed"))),
        ("unused:90d age:4w", KeyFilter(unused_for="90d", older_than="4w")),
        ("age:<7d", KeyFilter(younger_than="7d")),
        ("by:ops env:prod from:10.1.4.7", KeyFilter(None, (), None, None, None, "ops", "prod",
                                                    "10.1.4.7")),
        ("from:10.1.", KeyFilter(source="10.1.")),
        ("from:2001:db8::7", KeyFilter(source="2001:db8::7")),
        ('by:"ops"', KeyFilter(created_by="ops")),
        ("https://keys.example.com", KeyFilter("https://keys.example.com")),
        ("[@click=app.quit]", KeyFilter("[@click=app.quit]")),
    ],
)  # fmt: skip
def test_a_query_is_words_and_terms(query: str, asked: KeyFilter) -> None:
    assert KeyFilter.parse(query) == asked
    assert bool(asked) == bool(query)


@pytest.mark.parametrize(
    ("query", "under", "told"),
    [
        ("gateway stauts:active", "stauts:", "Did you mean status:"),
        ("status:dead prod", "status:dead", "one of active, unconfirmed"),
        ("prod unused:90", "unused:90", "unused:90d"),
        ("unused:0d", "unused:0d", "unused: takes at least 1h"),
        ("age:00w", "age:00w", "age: takes at least 1h"),
        ("unused:>90d", "unused:>90d", "unused: takes no < and no >"),
        ("unused:>soon", "unused:>soon", "takes hours, days or weeks"),
        ("status:actve", "status:actve", "status: did you mean active\\?"),
        ("status:active,REVOKD", "status:active,REVOKD", "did you mean revoked\\?"),
        ("due:rotation,rotation", "due:rotation,rotation", "takes rotation, as in"),
        ("due:rotaton", "due:rotaton", "did you mean rotation\\?"),
        ("prod label:gateway", "label:gateway", "a part of the label alone"),
        ("name:gateway", "name:gateway", "a part of the label alone"),
        ("age:<>7d", "age:<>7d", "age:<7d"),
        ("from:host.example", "from:host.example", "an address"),
        ("by: prod", "by:", "an account"),
        ("by:ops by:ana", "by:ana", "twice"),
    ],
)
def test_a_wrong_term_is_told_where_it_stands(query: str, under: str, told: str) -> None:
    with pytest.raises(QueryError, match=told) as caught:
        KeyFilter.parse(query)
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
    ],
)
def test_an_environment_may_be_called_anything_and_what_is_nearly_one_is_doubted(
    query: str, doubt: str | None
) -> None:
    assert KeyFilter.parse(query).doubt == doubt


def test_who_is_known_completes_who_made_it() -> None:
    people = {"ops@acme.example", "olga@acme.example", "ana@acme.example"}
    assert [each.text for each in complete("gateway by:o", people)] == [
        "by:olga@acme.example",
        "by:ops@acme.example",
    ]
    assert not list(complete("gateway o", people))


def test_a_term_that_is_still_being_typed_is_not_wrong_and_not_asked_for() -> None:
    asked = KeyFilter.parse("gateway status:", typing=True)
    assert asked == KeyFilter("gateway")
    assert asked.as_query() == {"query": "gateway"}
    with pytest.raises(QueryError):
        KeyFilter.parse("gateway status:")
    with pytest.raises(QueryError):
        KeyFilter.parse("status: gateway", typing=True)


def test_what_is_sent_means_what_was_typed() -> None:
    for query in ("gateway  status:active", '"two words" by:ops', "age:<7d x"):
        asked = KeyFilter.parse(query)
        assert KeyFilter.parse(asked.typed) == asked


def test_a_query_without_end_is_refused() -> None:
    with pytest.raises(QueryError, match="at most"):
        KeyFilter.parse("x" * (LONGEST + 1))


@pytest.mark.parametrize(
    ("query", "offered"),
    [
        ("st", ["status:"]),
        ("gateway u", ["unused:"]),
        ("status:re", ["status:revoked"]),
        ("status:active,ex", ["status:active,expired"]),
        ("env:", ["env:production", "env:staging", "env:sandbox", "env:development"]),
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


def test_what_is_due_is_asked_for_in_any_case() -> None:
    assert KeyFilter.parse("due:ROTATION") == KeyFilter.parse("due:rotation")
