"""What may be done about a member, and the sentence that says why not."""

from datetime import UTC, datetime, timedelta

import pytest

from keyconsole.core.errors import NotFoundError, ServiceUnreachableError, problem
from keyconsole.flows import membership, unknown_outcome
from keyconsole.flows.membership import Standing
from keyconsole.text import members as text
from keyconsole.wire import Member, Role, Token, TokenStatus

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def member(email: str, role: str = "operator", *, pending: bool = False, tokens: int = 1) -> Member:
    return Member(
        account_id=f"acc_{email}", workspace_id="ws_1", email=email, name="", role=Role(role),
        created_at=NOW, pending=pending, tokens=tokens,
    )  # fmt: skip


def token(*, current: bool = False) -> Token:
    return Token(
        id="tok_4k2m9q7x0a1b2c3d", account_id="acc_1", email="ana@acme.example", label="laptop",
        status=TokenStatus.ACTIVE, created_at=NOW, current=current,
    )  # fmt: skip


ANA, OPS = member("ana@acme.example", "admin"), member("ops@acme.example")


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ([ANA, OPS], ANA.account_id),
        ([ANA, member("mei@acme.example", "admin")], None),
        ([ANA, member("mei@acme.example", "admin", pending=True)], ANA.account_id),
        ([OPS], None),
    ],
)
def test_the_only_admin_is_one_who_has_accepted(members: list[Member], found: str | None) -> None:
    assert membership.only_admin(members) == found


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "An account's email address is needed"),
        ("kofi", "An account is an email address."),
        ("a\u202e@b.example", "cannot contain <U+202E>"),
        (f"{'a' * 100}@b.example", "at most 100 characters"),
        (" OPS@acme.example ", "They are a member already, as operator: change that role instead."),
        ("ops@acme.example", "a member already"),
    ],
)
def test_why_an_address_is_not_added(typed: str, sentence: str) -> None:
    assert sentence in (membership.why_not_added(typed, [ANA, OPS]) or "")


def test_who_is_invited_already_is_told_so_and_anybody_else_is_added() -> None:
    invited = member("sam@contoso.example", "viewer", pending=True)
    assert "invited already, as viewer" in (
        membership.why_not_added("sam@contoso.example", [invited]) or ""
    )
    assert membership.why_not_added("kofi@acme.example", [ANA, OPS]) is None


def test_the_last_admin_stays_and_who_is_invited_gets_no_token() -> None:
    assert Standing(ANA, is_last_admin=True).why_not_changed == text.LAST_ADMIN
    assert Standing(ANA).why_not_changed is None
    assert Standing(member("s@b", pending=True)).why_no_token == text.NOT_ACCEPTED
    assert Standing(ANA).why_no_token is None


def test_a_removal_says_what_ends_and_for_whom() -> None:
    other = membership.removal_of(Standing(member("ops@acme.example", tokens=3)), NOW)
    assert other.title == "Remove ops@acme.example from the workspace?"
    assert "Their 3 tokens stop working at once." in other.facts
    assert "That is you" not in other.facts

    mine = membership.removal_of(Standing(ANA, is_me=True), NOW)
    assert "That is you: you lose this workspace at once." in mine.facts

    invited = membership.removal_of(Standing(member("s@b.example", pending=True)), NOW)
    assert (invited.verb, "tokens" in invited.facts) == ("withdraw it", False)


def test_ones_own_token_is_named_by_typing_and_the_last_one_once_more() -> None:
    other, own = (
        membership.revocation_of(token(), NOW),
        membership.revocation_of(token(current=True), NOW),
    )
    assert (other.is_typed, own.is_typed, own.name) == (False, True, "2c3d")
    assert "it signs you out here" in own.facts
    assert own.otherwise is not None
    assert own.otherwise.is_typed
    assert (own.otherwise.name, own.otherwise.facts) == ("ana@acme.example", text.LAST_WAY_IN)


async def test_a_removal_that_finds_nothing_the_second_time_is_done() -> None:
    errors: list[Exception] = [ServiceUnreachableError("cut"), problem("not-found", "None.")]

    async def request() -> None:
        if errors:
            raise errors.pop(0)

    remove = unknown_outcome.removing(request)
    with pytest.raises(ServiceUnreachableError):
        await remove()
    assert await remove()

    errors.append(problem("not-found", "None."))
    with pytest.raises(NotFoundError):
        await unknown_outcome.removing(request)()


@pytest.mark.parametrize(
    ("seen", "tokens", "said"),
    [
        (timedelta(days=91), 1, "quiet"),
        (timedelta(days=89), 1, ""),
        (None, 0, "no token"),
        (None, 1, ""),
    ],
)
def test_what_is_worth_a_look_about_a_member(
    seen: timedelta | None, tokens: int, said: str
) -> None:
    there = member("a@b", tokens=tokens).model_copy(update={"last_seen_at": seen and NOW - seen})
    assert text.remark(there, NOW)[0] == said


def test_an_old_database_does_not_know_since_when() -> None:
    old = OPS.model_copy(update={"created_at": datetime(1970, 1, 1, tzinfo=UTC)})
    assert (text.since(old, NOW), text.since(OPS, NOW)) == ("–", "today")
