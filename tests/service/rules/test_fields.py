"""What is stored as text is stored for ever and shown to every viewer."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from tests.service.databases import Engine
from tests.service.world import World

from keyconsole.core import credential
from keyconsole.core.credential import Kind
from keyconsole.core.errors import ProblemError
from keyconsole.service.rules.fields import FieldErrors

ENGINES = [Engine.SQLITE]


def refused_at(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(each["field"], each["code"]) for each in answer.json()["errors"]]


class TestCredentials:
    """Refused wherever text is kept, never repeated, nowhere in the database."""

    @pytest.fixture(params=["key", "token"])
    async def secret(self, world: World, request: pytest.FixtureRequest) -> str:
        """One that is in force."""
        if request.param == "token":
            return world.admin.token
        _, secret = await world.admin.key(await world.admin.integration("Source"))
        return secret

    @pytest.mark.parametrize(
        ("field", "value", "at"),
        [
            ("name", "{}", "name"),
            ("name", "prod_{}", "name"),
            ("provider", "{}", "provider"),
            ("environment", "{}", "environment"),
            ("client_id", "{}", "client_id"),
            ("redirect_uri", "https://acme.example/?key={}", "redirect_uri"),
            ("scopes", ["api", "{}"], "scopes.1"),
        ],
    )
    async def test_are_refused_in_an_integration(
        self, world: World, secret: str, field: str, value: Any, at: str
    ) -> None:
        filled = filled_in(value, secret)
        whole = {"name": "New"} | {field: filled}
        for answer in (
            await world.admin.post("/v1/integrations", whole),
            await world.admin.patch(
                f"/v1/integrations/{await world.admin.integration('Other')}", {field: filled}
            ),
        ):
            assert refused_at(answer) == [(at, "contains-credential")]
            assert secret[4:] not in answer.text
        await self.check_nothing_kept(world, secret)

    @pytest.mark.parametrize(
        ("field", "value", "at"),
        [
            ("label", "{}", "label"),
            ("metadata", {"team": "it is {}."}, "metadata"),
            ("metadata", {"{}": "x"}, "metadata"),
        ],
    )
    async def test_are_refused_in_a_key(
        self, world: World, secret: str, field: str, value: Any, at: str
    ) -> None:
        integration = await world.admin.integration()
        public_key, _ = await world.admin.key(integration)
        filled = {field: filled_in(value, secret)}
        for answer in (
            await world.admin.create(integration, **filled),
            await world.admin.patch(f"/v1/keys/{public_key}", filled, if_match='"1"'),
        ):
            assert refused_at(answer) == [(at, "contains-credential")]
            assert secret[4:] not in answer.text
        await self.check_nothing_kept(world, secret)

    @pytest.mark.parametrize("field", ["incident", "note"])
    async def test_are_refused_in_a_revoke_which_is_not_done(
        self, world: World, secret: str, field: str
    ) -> None:
        public_key, _ = await world.admin.key(await world.admin.integration())
        answer = await world.admin.revoke(public_key, **{field: f"leaked: {secret}"})
        assert refused_at(answer) == [(field, "contains-credential")]
        assert secret[4:] not in answer.text
        card = (await world.admin.get(f"/v1/keys/{public_key}")).json()
        assert card["status"] == "active"
        await self.check_nothing_kept(world, secret)

    async def test_are_cut_out_of_the_agent_of_a_request(self, world: World) -> None:
        public_key, secret = await world.admin.key(await world.admin.integration())
        await world.gateway.get(
            "/v1/forward-auth",
            headers={"authorization": f"Bearer {secret}", "user-agent": f"acme {secret}"},
        )
        usage = (await world.admin.get(f"/v1/keys/{public_key}/usage")).json()
        assert [each["agent"] for each in usage["sources"]] == [f"acme {secret[:21]}…"]
        await self.check_nothing_kept(world, secret)

    async def test_may_be_named_by_their_public_half(self, world: World) -> None:
        public_key = credential.mint(Kind.API_KEY).public_key
        integration = await world.admin.integration(f"after {public_key}")
        assert (await world.admin.create(integration, label=public_key)).status_code == 201

    async def check_nothing_kept(self, world: World, secret: str) -> None:
        assert secret[21:] not in repr(await world.contents())


def filled_in(value: Any, secret: str) -> Any:
    match value:
        case dict():
            return {name.format(secret): filled_in(text, secret) for name, text in value.items()}
        case list():
            return [filled_in(each, secret) for each in value]
        case _:
            return value.format(secret)


@pytest.mark.parametrize("place", [4, 21, 25, 28])
@pytest.mark.parametrize(
    "spread",
    [
        pytest.param(lambda a, b: {"one": a, "two": b}, id="two values"),
        pytest.param(lambda a, b: {a: b}, id="name and value"),
        pytest.param(lambda a, b: {"one": a, b: "two"}, id="value and name"),
        pytest.param(
            lambda a, b: {f"n{each}": "x" * 500 for each in range(12)} | {"a": a, "b": b},
            id="behind long ones",
        ),
        pytest.param(
            lambda a, b: {"a": f"{'-' * 200} {a}", "b": f"{b} {'-' * 200}"}, id="in long ones"
        ),
    ],
)
def test_a_value_that_is_cut_in_two_is_refused_in_metadata(
    spread: Callable[[str, str], dict[str, str]], place: int
) -> None:
    text = credential.assemble(Kind.API_KEY, "7k2m4q9x0a1b2c3d", bytes(range(1, 33))).text
    errors = FieldErrors()
    errors.metadata(spread(text[:place], text[place:]))
    with pytest.raises(ProblemError, match="cannot contain a key or a token"):
        errors.raise_if_any()


def test_a_value_that_is_spread_over_scopes_is_refused_once() -> None:
    text = credential.assemble(Kind.API_KEY, "7k2m4q9x0a1b2c3d", bytes(range(1, 33))).text
    errors = FieldErrors()
    errors.scopes(["api", text[:25], text[25:]])
    with pytest.raises(ProblemError) as refused:
        errors.raise_if_any()
    assert [(each.field, each.code) for each in refused.value.fields] == [
        ("scopes", "contains-credential")
    ]
    errors = FieldErrors()
    errors.scopes(["api", "refresh_token", "https://a.example/auth/user.read", text[:20]])
    errors.raise_if_any()
