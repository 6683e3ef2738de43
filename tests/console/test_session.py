"""Who is signed in, and how the connection is doing."""

from keyconsole.console.session import Link, Person
from keyconsole.wire import Me, Membership, Role

MOMENT = "2026-03-12T08:15:00.000Z"


def me(*workspaces: str) -> Me:
    memberships = [
        Membership(
            workspace_id=f"ws_{name}",
            workspace=name,
            role=Role.VIEWER,
            permissions=["keys:read"],
        )
        for name in workspaces
    ]
    return Me.model_validate(
        {
            "account_id": "acc_1",
            "email": "ops@acme.example",
            "name": "Ops",
            "memberships": [membership.model_dump() for membership in memberships],
            "service_version": "1",
            "server_time": MOMENT,
        }
    )


def test_a_person_is_one_in_the_first_workspace_or_in_the_one_asked_for() -> None:
    assert Person.of(me("acme", "other")).workspace == "acme"
    assert Person.of(me("acme", "other"), "other").workspace == "other"
    assert Person.of(me("acme", "other"), "ws_other").workspace == "other"


def test_a_person_may_what_the_service_says_as_plain_words() -> None:
    person = Person.of(me("acme"))

    assert (person.account, person.role) == ("ops@acme.example", "viewer")
    assert person.permissions == {"keys:read"}


def test_a_person_without_a_workspace_may_nothing() -> None:
    assert Person.of(me()).permissions == frozenset()
    assert Person.of(me("acme"), "another").permissions == frozenset()


def test_only_a_link_without_an_answer_is_lost() -> None:
    assert Link("lost").lost
    assert not Link("ok").lost
    assert not Link().lost
