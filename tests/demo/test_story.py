"""The story: the same every time, and without a contradiction, at whatever moment it is told."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from keyconsole.core import safetext
from keyconsole.demo.catalogue import SALESFORCE
from keyconsole.demo.crowd import STATES
from keyconsole.demo.notable import IN_TROUBLE, STRANGER
from keyconsole.demo.people import ANA, FOUNDED, PEOPLE
from keyconsole.demo.plan import State, moment
from keyconsole.demo.rows import MadeKey
from keyconsole.demo.story import Story, tell
from keyconsole.demo.use import KEPT
from keyconsole.service.clock import DAY, HOUR
from keyconsole.service.store.usage import ACCEPTED
from keyconsole.wire import IntegrationStatus

MOMENTS = [
    datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
    datetime(2028, 2, 27, 0, 0, 1, tzinfo=UTC),
    datetime(2027, 8, 1, 23, 59, 59, tzinfo=UTC),
]


def milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


@pytest.fixture(scope="module", params=MOMENTS, ids=str)
def now(request: pytest.FixtureRequest) -> int:
    return milliseconds(request.param)


@pytest.fixture(scope="module")
def story(now: int) -> Story:
    return tell("ws_0000000000000000", now)


def state_of(key: MadeKey, now: int) -> State:
    """What the service will say, from the row alone."""
    columns = key.columns
    if key.sample.revoked is not None:
        return State.REVOKED
    if columns["expires_at"] is not None and columns["expires_at"] <= now:
        return State.EXPIRED
    if columns["disabled_at"] is not None:
        return State.DISABLED
    used = columns["acknowledged_at"] is not None or columns["last_used_at"]
    return State.ACTIVE if used else State.UNCONFIRMED


def test_it_is_the_same_whenever_it_is_told(story: Story, now: int) -> None:
    assert tell("ws_0000000000000000", now) == story


def test_the_same_keys_appear_at_another_time(story: Story) -> None:
    other = tell("ws_0000000000000000", milliseconds(MOMENTS[0]))

    def named(told: Story) -> list[tuple[object, ...]]:
        return [(key.pid, key.sample.label, key.sample.by, key.integration.id) for key in told.keys]

    assert named(other) == named(story)


def test_there_are_600_keys_in_the_promised_states(story: Story, now: int) -> None:
    assert len(story.keys) == len({key.pid for key in story.keys}) == 600
    assert Counter(state_of(key, now) for key in story.keys) == STATES


def test_there_are_40_integrations_and_each_draft_lacks_something_else(story: Story) -> None:
    assert Counter(each.status for each in story.integrations) == {
        IntegrationStatus.CONFIGURED: 34,
        IntegrationStatus.DRAFT: 4,
        IntegrationStatus.DISABLED: 2,
    }
    missing = [each.missing for each in story.integrations if each.missing]
    assert sorted(missing) == [["client_id"], ["environment"], ["redirect_uri"], ["scopes"]]


def test_every_name_is_one_that_the_service_accepts(story: Story) -> None:
    names = [key.sample.label for key in story.keys] + [each.name for each in story.integrations]
    assert [name for name in names if safetext.name_problem(name)] == []
    assert [name for name in names if safetext.normalize(name) != name] == []


def test_no_two_keys_in_force_share_a_label_in_an_integration(story: Story, now: int) -> None:
    dead = (State.REVOKED, State.EXPIRED)
    labels = Counter(
        (key.integration.id, key.columns["label_skeleton"])
        for key in story.keys
        if state_of(key, now) not in dead
    )
    assert [label for label, count in labels.items() if count > 1] == []


def test_keys_were_made_only_while_their_integration_could_have_some(story: Story) -> None:
    for key in story.keys:
        integration = key.integration
        assert not integration.missing
        assert integration.created_at < key.columns["created_at"]
        if integration.disabled_at is not None:
            assert key.columns["created_at"] < integration.disabled_at


def test_people_act_only_while_they_are_there(story: Story, now: int) -> None:
    there = {
        person.email: (
            moment(now, person.joined),
            now if person.left is None else moment(now, person.left),
        )
        for person in PEOPLE
    }
    there[ANA] = (now - round(FOUNDED * DAY), now)
    for happening in story.happenings:
        came, went = there[happening.actor]
        assert came <= happening.at <= went, happening


def test_things_happen_in_order_and_not_in_the_future(story: Story, now: int) -> None:
    times = [happening.at for happening in story.happenings]
    assert times == sorted(times)
    assert now - round(FOUNDED * DAY) < times[0]
    assert times[-1] <= now
    first: dict[str, str] = {}
    for happening in story.happenings:
        first.setdefault(happening.target, happening.action)
    assert {action.partition(".")[2] for action in first.values()} <= {"added", "created"}


def test_use_lies_within_the_life_of_a_key(story: Story, now: int) -> None:
    for key in story.keys:
        created, use = key.columns["created_at"], key.use
        ends = [key.columns["expires_at"], key.columns["disabled_at"], now]
        if key.sample.revoked is not None:
            ends.append(moment(now, key.sample.revoked.age))
        ended = min(end for end in ends if end is not None)
        accepted = [hour for _, hour, outcome, _ in use.hours if outcome == ACCEPTED]
        assert all(created - HOUR < hour < ended for hour in accepted)
        assert all(count > 0 for *_, count in use.hours)
        assert bool(use.last_at) == (use.last_source is not None)
        assert bool(accepted) == ((use.last_at or 0) >= now - KEPT)
        if accepted:
            assert created < use.last_at <= ended
            assert use.last_at - use.last_at % HOUR == max(accepted)
            assert use.last_source in {address for _, address, *_ in use.sources}
        for _, _, _, since, last, count, refused in use.sources:
            assert created < since <= last <= now
            assert count > 0
            assert refused >= 0


def test_dead_keys_are_still_presented(story: Story, now: int) -> None:
    presented = Counter(
        outcome
        for key in story.keys
        for outcome in {row[2] for row in key.use.hours if row[1] > now - 14 * DAY}
    )
    assert presented["key-revoked"] >= 5
    assert presented["key-expired"] >= 3


def test_there_is_something_to_find_for_who_audits_labels(story: Story, now: int) -> None:
    active = [key for key in story.keys if state_of(key, now) is State.ACTIVE]
    gone = {person.email for person in PEOPLE if person.left is not None}
    used = [key for key in active if key.use.last_at]
    assert len(active) - len(used) >= 40
    assert sum(key.use.last_at < now - 120 * DAY for key in used) >= 40
    assert sum(key.columns["created_by"] in gone for key in active) >= 40
    soon = [key for key in active if (key.columns["expires_at"] or 0) - now in range(14 * DAY)]
    assert len(soon) >= 10
    assert sum(key.columns["allowed_ips"] is not None for key in active) >= 5


def test_busy_keys_were_used_seconds_ago_and_through_the_kept_days(story: Story, now: int) -> None:
    [key] = [key for key in story.keys if key.sample is IN_TROUBLE]
    hours = [hour for _, hour, _, _ in key.use.hours]
    assert hours[0] <= now - KEPT + HOUR
    assert len(hours) >= KEPT // HOUR - 1
    assert 0 < now - key.use.last_at < 15_000


def test_one_production_key_is_used_by_a_stranger(story: Story, now: int) -> None:
    [key] = [key for key in story.keys if key.sample is IN_TROUBLE]
    assert (key.integration.name, key.sample.label) == (SALESFORCE, "api-gateway-prod")
    others = [row for row in key.use.sources if row[1] != STRANGER.address]
    [stranger] = [row for row in key.use.sources if row[1] == STRANGER.address]
    assert stranger[2] not in {row[2] for row in others}
    assert now - HOUR < stranger[3] < stranger[4] < now
    assert stranger[5] < 20 < min(row[5] for row in others)
    assert max(row[3] for row in others) < now - 7 * DAY
    assert key.use.addresses == len(others) + 1
