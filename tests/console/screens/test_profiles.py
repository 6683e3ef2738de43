"""`P`: another service, another workspace, another token, without leaving the console."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import pytest
from tests.console.desk import Desk, Network, sit_down
from tests.stage import Stage, set_up

from keyconsole.console.screens.create_key import CreateKeyScreen
from keyconsole.console.screens.integrations import IntegrationsScreen
from keyconsole.console.screens.profiles import ProfilesDialog
from keyconsole.console.session import ProfileChoice, Session
from keyconsole.core.errors import ServiceUnreachableError, problem
from keyconsole.wire import IntegrationCreate, KeyCreate


class TwoServices:
    """The stage that is open, an empty one in production, and one that does not answer."""

    def __init__(self, here: Stage, other: Stage) -> None:
        self._stages = {"local": here, "prod": other}
        self.tokens: list[str] = []

    def choices(self) -> Sequence[ProfileChoice]:
        return [
            ProfileChoice("local", "this machine"),
            ProfileChoice("prod", "https://keys.example.com", danger=True),
            ProfileChoice("gone", "https://gone.example.com"),
        ]

    async def open(self, name: str) -> Session:
        if name == "gone":
            raise ServiceUnreachableError("gone.example.com refused the connection.")
        return Session(self._stages[name].client(), name, danger=name == "prod")

    async def visit(self, name: str) -> Session:
        return await self.open(name)

    async def sign_in(self, name: str, token: str) -> Session:
        self.tokens.append(token)
        if token == "kco_wrong":
            raise problem("not-signed-in", "The operator token is not valid.")
        return await self.open(name)


@pytest.fixture
async def other(tmp_path: Path) -> AsyncIterator[Stage]:
    async with set_up(None, tmp_path / "other", seed=23) as ready:
        yield ready


@pytest.fixture
def services(stage: Stage, other: Stage) -> TwoServices:
    return TwoServices(stage, other)


@pytest.fixture
async def seated(stage: Stage, services: TwoServices) -> AsyncIterator[Desk]:
    async with sit_down(stage, profiles=services) as desk:
        yield desk


async def test_another_profile_shows_its_own_integrations_and_its_danger(seated: Desk) -> None:
    assert len(seated.labels) == 7

    await seated.press("P", "down", "enter")

    seated.see(IntegrationsScreen)
    assert seated.labels == []
    assert "PROD" in seated.text
    assert seated.app.danger

    await seated.press("P", "up", "enter")

    assert len(seated.labels) == 7
    assert not seated.app.danger


async def test_it_starts_on_the_one_that_is_open_and_escape_stays_there(seated: Desk) -> None:
    await seated.press("P")
    dialog = seated.see(ProfilesDialog)
    assert dialog.places[dialog.cursor].is_here

    await seated.press("down", "escape")

    seated.see(IntegrationsScreen)
    assert len(seated.labels) == 7


async def test_what_is_open_stays_when_the_other_one_does_not_answer(seated: Desk) -> None:
    await seated.press("P", "down", "down", "enter")

    seated.see(ProfilesDialog)
    assert "gone.example.com refused the connection." in seated.words

    await seated.press("escape")
    assert len(seated.labels) == 7
    assert seated.app.profile == "local"


async def test_a_token_is_dots_and_gone_from_the_field_once_it_is_sent(
    seated: Desk, services: TwoServices
) -> None:
    await seated.press("P", "down", "n")
    await seated.paste("kco_wrong")
    assert "kco_wrong" not in seated.text
    assert "•" * 9 in seated.text

    await seated.press("ctrl+s")

    assert services.tokens == ["kco_wrong"]
    assert "The operator token is not valid." in seated.words
    assert "•" not in seated.text.split("Operator token")[1].split("esc")[0]

    await seated.paste("kco_right")
    await seated.press("ctrl+s")

    seated.see(IntegrationsScreen)
    assert seated.app.profile == "prod"


async def test_a_token_that_ends_mid_way_is_said_and_the_screen_stays(
    stage: Stage, network: Network, services: TwoServices
) -> None:
    async with sit_down(stage, connect=network.session, profiles=services) as desk:
        refusal = httpx.Response(
            401,
            headers={"Content-Type": "application/problem+json"},
            json={
                "type": "urn:keyconsole:problem:not-signed-in",
                "title": "Not signed in",
                "status": 401,
                "detail": "The operator token has expired.",
                "instance": "req_1",
                "error": "not-signed-in",
                "message": "The operator token has expired.",
            },
        )
        network.fail("GET", "/v1/integrations", refusal)

        await desk.press("ctrl+r")

        assert "The operator token has expired." in desk.words
        assert "signed out" in desk.text
        assert len(desk.labels) == 7
        assert not any(action.name == "add_integration" for action in desk.app.screen.offered())  # type: ignore[attr-defined]

        await desk.press("P", "enter")

        assert "signed out" not in desk.text
        assert len(desk.labels) == 7


async def test_a_key_on_its_way_is_not_left_for_another_profile(seated: Desk) -> None:
    await seated.go("/api-keys/create")
    form = seated.see(CreateKeyScreen)
    form.sending = True

    seated.app.action_profiles()
    await seated.settle()

    seated.see(CreateKeyScreen)
    assert "wait for its value" in seated.words


async def test_where_there_is_no_other_place_it_is_said(desk: Desk) -> None:
    await desk.press("P")
    desk.see(IntegrationsScreen)
    assert "The demo is one service of its own" in desk.words


async def test_identify_asks_the_other_profiles_and_goes_on_after_a_failure(
    seated: Desk, other: Stage
) -> None:
    client = other.client()
    integration = await client.create_integration(
        IntegrationCreate(
            name="Salesforce",
            provider="salesforce",
            environment="production",
            client_id="3MVG9",
            redirect_uri="https://app.example.com/callback",
            scopes=["api"],
        )
    )
    made = await client.create_key(
        integration.id, KeyCreate(label="elsewhere"), idempotency_key="a" * 32
    )
    await seated.press("i")
    await seated.paste(f"{made.secret.get_secret_value()} {made.key.public_key}")
    assert "Asked: local (" in seated.words
    await seated.press("p")
    assert "prod knows elsewhere (live, value proven): P goes there." in seated.words
    assert "gone was not asked: gone.example.com refused the connection." in seated.words
