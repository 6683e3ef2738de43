"""The log names demanded integrations that do not exist."""

import logging

import pytest
from tests.service.world import World

from keyconsole.service.verification.demands import MOST

MESSAGE = "a gateway demands an integration that does not exist"


async def demand(world: World, secret: str, integration: str) -> None:
    answer = await world.verify(secret, params={"integration": integration})
    assert answer.headers["x-auth-reason"] == "integration-mismatch"


@pytest.fixture
async def secret(world: World) -> str:
    _, secret = await world.admin.key(await world.admin.integration())
    return secret


@pytest.mark.parametrize("demanded", ["int_7k2m4q9x0a1b2c3d", "", "int_…", "\x00", "Salesforce"])
async def test_an_integration_that_does_not_exist_is_logged_once(
    world: World, secret: str, demanded: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    for _ in range(2):
        await demand(world, secret, demanded)
        await world.runtime.demands.look()
    assert caplog.text.count(MESSAGE) == 1


async def test_an_integration_that_exists_is_not_logged(
    world: World, secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    await demand(world, secret, await world.admin.integration("HubSpot"))
    await world.runtime.demands.look()
    assert MESSAGE not in caplog.text


async def test_many_different_ids_are_logged_up_to_a_bound(
    world: World, secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    for number in range(MOST + 5):
        await demand(world, secret, f"int_{number}")
    await world.runtime.demands.look()
    assert caplog.text.count(MESSAGE) == MOST
