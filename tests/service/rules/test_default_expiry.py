"""A key for which nobody says when it expires does so as the policy of its workspace says."""

from typing import Any

import httpx
import pytest
from tests.service.rules.test_settings import put
from tests.service.world import START, World, fresh_nonce

from keyconsole.service.clock import DAY, told

MONTH = told(START + 30 * DAY)
WEEK = told(START + 7 * DAY)


@pytest.fixture
async def integration(world: World) -> str:
    return await world.admin.integration()


def expiry_of(answer: httpx.Response) -> tuple[str | None, str | None]:
    document = answer.json()
    key = document.get("key", document)
    return key["expires_at"], key["expiry_from"]


async def rotate(world: World, public_key: str, **asked: Any) -> httpx.Response:
    path = f"/v1/keys/{public_key}/rotation"
    return await world.admin.post(path, asked, idempotency_key=fresh_nonce())


async def test_without_a_policy_a_key_never_expires_and_nobody_decided_that(
    world: World, integration: str
) -> None:
    assert expiry_of(await world.admin.create(integration)) == (None, None)


async def test_with_a_policy_only_what_is_left_open_follows_it(
    world: World, integration: str
) -> None:
    await put(world, default_expiry_days=30)
    left_open = await world.admin.create(integration)
    assert expiry_of(left_open) == (MONTH, "policy")
    assert expiry_of(await world.admin.create(integration, expires_at=None)) == (None, "request")
    asked = await world.admin.create(integration, expires_at=WEEK)
    assert expiry_of(asked) == (WEEK, "request")

    public_key = left_open.json()["key"]["public_key"]
    assert expiry_of(await world.admin.get(f"/v1/keys/{public_key}")) == (MONTH, "policy")
    events = (await world.admin.get("/v1/audit", action="key.created")).json()["items"]
    assert [event["detail"].get("expiry_from") for event in events] == [None, None, "policy"]


async def test_no_key_lives_longer_than_its_integration_lets_it(world: World) -> None:
    await put(world, default_expiry_days=30)
    strict = await world.admin.integration()
    await world.admin.patch(f"/v1/integrations/{strict}", {"max_key_age_days": 20}, if_match="*")
    assert expiry_of(await world.admin.create(strict)) == (told(START + 20 * DAY), "policy")


@pytest.mark.parametrize("days", [0, -1, 3_651])
async def test_what_is_no_number_of_days_is_refused(world: World, days: int) -> None:
    path = f"/v1/workspaces/{await world.workspace_id()}"
    answer = await world.admin.patch(path, {"settings": {"default_expiry_days": days}})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "settings.default_expiry_days"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"max_key_age_days": 20}, {"default_expiry_days": 30}),
        ({"default_expiry_days": 30}, {"max_key_age_days": 20}),
    ],
)
async def test_a_default_beyond_the_age_of_keys_is_refused_at_what_was_changed(
    world: World, first: dict[str, int], second: dict[str, int]
) -> None:
    await put(world, **first)
    path = f"/v1/workspaces/{await world.workspace_id()}"
    answer = await world.admin.patch(path, {"settings": second})
    assert answer.status_code == 422
    [problem] = answer.json()["errors"]
    assert problem["field"] == f"settings.{next(iter(second))}"
    assert (
        "The default expiry, 30 days, is longer than the rotation age, 20 days"
        in (problem["message"])
    )


async def test_taken_away_it_holds_for_no_further_key(world: World, integration: str) -> None:
    await put(world, default_expiry_days=30)
    assert (await put(world, default_expiry_days=None))["default_expiry_days"] is None
    assert expiry_of(await world.admin.create(integration)) == (None, None)


async def test_whoever_changes_an_expiry_has_decided_it(world: World, integration: str) -> None:
    await put(world, default_expiry_days=30)
    public_key, _ = await world.admin.key(integration)
    path = f"/v1/keys/{public_key}"
    for expires_at in (WEEK, None):
        answer = await world.admin.patch(path, {"expires_at": expires_at}, if_match="*")
        assert expiry_of(answer) == (expires_at, "request")


async def test_the_same_request_has_the_same_answer_whatever_the_policy_is_by_then(
    world: World, integration: str
) -> None:
    await put(world, default_expiry_days=30)
    nonce = fresh_nonce()
    first = await world.admin.create(integration, nonce, label="a")
    await put(world, default_expiry_days=60)
    again = await world.admin.create(integration, nonce, label="a")
    assert again.json() == first.json()
    other = await world.admin.create(integration, nonce, label="a", expires_at=None)
    assert other.json()["error"] == "idempotency-key-reused"


async def test_a_replacement_lives_as_long_for_the_same_reason(
    world: World, integration: str
) -> None:
    await put(world, default_expiry_days=30)
    by_policy, _ = await world.admin.key(integration)
    await put(world, default_expiry_days=60)
    assert expiry_of(await rotate(world, by_policy)) == (MONTH, "policy")


async def test_a_replacement_of_a_key_that_nobody_decided_about_follows_the_policy(
    world: World, integration: str
) -> None:
    undecided, _ = await world.admin.key(integration)
    never, _ = await world.admin.key(integration, expires_at=None)
    await put(world, default_expiry_days=30)
    assert expiry_of(await rotate(world, undecided)) == (MONTH, "policy")
    assert expiry_of(await rotate(world, never)) == (None, "request")
    asked, _ = await world.admin.key(integration)
    assert expiry_of(await rotate(world, asked, expires_at=WEEK)) == (WEEK, "request")
