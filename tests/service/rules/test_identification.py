"""Which key is this? A match, the right id only, or unknown; and whether it still works."""

from typing import Any

import pytest
from tests.service.world import World

from keyconsole.core import credential


@pytest.fixture
async def key(world: World) -> tuple[str, str]:
    return await world.admin.key(await world.admin.integration())


async def ask(world: World, public_key: str, digest: str | None = None) -> dict[str, Any]:
    answer = await world.admin.post("/v1/identify", {"public_key": public_key, "digest": digest})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    found: dict[str, Any] = answer.json()
    return found


async def test_the_right_secret_is_a_match(world: World, key: tuple[str, str]) -> None:
    found = await ask(world, key[0], credential.digest(key[1]).hex())
    assert found["match"] == "match"
    assert found["key"]["public_key"] == key[0]
    assert (found["would_authenticate"], found["reason"]) == (True, None)
    assert found["process"] == world.runtime.process


async def test_a_wrong_secret_is_the_right_id_only(world: World, key: tuple[str, str]) -> None:
    found = await ask(world, key[0], "00" * 32)
    assert found["match"] == "id_only"
    assert found["key"]["public_key"] == key[0]
    assert (found["would_authenticate"], found["reason"]) == (False, "credential-invalid")


async def test_the_id_alone_tells_what_its_secret_would_get(
    world: World, key: tuple[str, str]
) -> None:
    assert (await ask(world, key[0]))["would_authenticate"] is True
    await world.admin.revoke(key[0])
    found = await ask(world, key[0])
    assert (found["match"], found["would_authenticate"]) == ("id_only", False)
    assert found["reason"] == "key-revoked"
    matched = await ask(world, key[0], credential.digest(key[1]).hex())
    assert (matched["match"], matched["reason"]) == ("match", "key-revoked")


async def test_an_unknown_key_is_unknown(world: World) -> None:
    found = await ask(world, "kcp_0000000000000000")
    assert (found["match"], found["key"]) == ("unknown", None)
    assert found["would_authenticate"] is False


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"public_key": "kcs_0000000000000000"}, "public_key"),
        ({"public_key": "kcp_0000000000000000", "digest": "AB" * 32}, "digest"),
        ({"public_key": "kcp_0000000000000000", "digest": "ab"}, "digest"),
        ({}, "public_key"),
    ],
)
async def test_what_cannot_be_asked_is_refused(
    world: World, body: dict[str, Any], field: str
) -> None:
    answer = await world.admin.post("/v1/identify", body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
