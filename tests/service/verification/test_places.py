"""A key counts in the places that are listed, and in one of them alone."""

import base64
from pathlib import Path

import pytest
from tests.service.world import World, a_world

from keyconsole.core.errors import ConfigurationError
from keyconsole.service.places import CredentialPlaces

EVERYWHERE = "bearer, api-key-scheme, basic, header:X-API-Key, header:X-Token"
MALFORMED = (400, "credential-malformed")
MISSING = (401, "credential-missing")
INVALID = (401, "credential-invalid")
GOOD = (200, None)


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


async def asked(world: World, *headers: tuple[str, str]) -> tuple[int, str | None]:
    answer = await world.gateway.get("/v1/forward-auth", headers=list(headers))
    return answer.status_code, answer.headers.get("x-auth-reason")


async def a_key(world: World) -> str:
    _, secret = await world.admin.key(await world.admin.integration())
    return secret


async def test_each_place_that_is_listed_authenticates(tmp_path: Path) -> None:
    async with a_world(tmp_path, KEYCONSOLE_CREDENTIALS=EVERYWHERE) as world:
        key = await a_key(world)
        for header in (
            ("Authorization", f"Bearer {key}"),
            ("Authorization", f"ApiKey {key}"),
            ("Authorization", f"apikey   {key} "),
            ("Authorization", basic(f"{key}:")),
            ("Authorization", basic(f":{key}")),
            ("X-API-Key", key),
            ("x-token", f" {key} "),
        ):
            assert await asked(world, header) == GOOD, header[1][:7]
        assert await asked(world, ("X-API-Key", ""), ("X-Token", key)) == GOOD
        assert await asked(world, ("X-Other", key)) == MISSING
        assert await asked(world, ("X-API-Key", key[:-1] + "!")) == MALFORMED
        assert await asked(world, ("X-API-Key", "other")) == INVALID


async def test_two_of_them_are_no_credential_even_if_one_is_right(tmp_path: Path) -> None:
    async with a_world(tmp_path, KEYCONSOLE_CREDENTIALS=EVERYWHERE) as world:
        key = await a_key(world)
        for headers in (
            [("Authorization", f"Bearer {key}"), ("X-API-Key", key)],
            [("X-API-Key", key), ("X-API-Key", key)],
            [("X-API-Key", key), ("X-Token", "other")],
            [("Authorization", f"Bearer {key}"), ("Authorization", f"ApiKey {key}")],
            [("Authorization", basic(f"{key}:{key}"))],
            [("Authorization", basic(f"ops:{key}"))],
        ):
            assert await asked(world, *headers) == MALFORMED


@pytest.mark.parametrize("value", ["Basic", "Basic !", "Basic e", basic(""), basic(":"), "ApiKey"])
async def test_half_a_credential_is_malformed(tmp_path: Path, value: str) -> None:
    async with a_world(tmp_path, KEYCONSOLE_CREDENTIALS=EVERYWHERE) as world:
        assert await asked(world, ("Authorization", value)) == MALFORMED


async def test_what_is_not_listed_is_not_looked_at(tmp_path: Path) -> None:
    async with a_world(tmp_path / "usual") as world:
        key = await a_key(world)
        for scheme in (f"ApiKey {key}", basic(f"{key}:")):
            assert await asked(world, ("Authorization", scheme)) == MISSING
        assert await asked(world, ("X-API-Key", key)) == MISSING
        assert await asked(world, ("Authorization", f"Bearer {key}"), ("X-API-Key", "own")) == GOOD
    async with a_world(tmp_path / "header", KEYCONSOLE_CREDENTIALS="header:X-API-Key") as world:
        key = await a_key(world)
        assert await asked(world, ("Authorization", f"Bearer {key}")) == MISSING
        assert await asked(world, ("Authorization", "Bearer"), ("X-API-Key", key)) == GOOD


@pytest.mark.parametrize(
    "text", ["cookie", "header:", "header:X_Key", "header:Authorization", "header:a b", "bearer;x"]
)
def test_what_is_no_place_is_refused_by_name(text: str) -> None:
    with pytest.raises(ConfigurationError, match="KEYCONSOLE_CREDENTIALS"):
        CredentialPlaces.parse(text)


@pytest.mark.parametrize("text", ["", "bearer", EVERYWHERE, "basic", "header:X-Key"])
def test_what_is_listed_is_passed_on_to_workers_as_it_is(text: str) -> None:
    places = CredentialPlaces.parse(text)

    assert CredentialPlaces.parse(str(places)) == places
