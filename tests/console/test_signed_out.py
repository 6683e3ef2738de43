"""A token that ends while somebody works: said, nothing is lost, and another one goes on."""

from collections.abc import Sequence

import httpx
import pytest
from tests.console.desk import URL, Desk, Network, integration_of, sit_down
from tests.stage import NOW, Stage

from keyconsole.console.screens.create_key import CreateKeyScreen
from keyconsole.console.screens.identify import IdentifyDialog
from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.console.screens.integrations import IntegrationsScreen
from keyconsole.console.screens.profiles import ProfilesDialog
from keyconsole.console.screens.rename import RenameDialog
from keyconsole.console.screens.revoke import RevokeDialog
from keyconsole.console.screens.sign_in import SignInDialog
from keyconsole.console.session import ProfileChoice, Session
from keyconsole.wire import Role

DETAIL = "The operator token was revoked."


class OneService:
    """The profile that is open, where `kco_other` is somebody else's token."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.tokens: list[str] = []

    def choices(self) -> Sequence[ProfileChoice]:
        return [ProfileChoice("prod", URL)]

    async def open(self, name: str) -> Session:
        client = self._network.client()
        return Session(client, "prod", close=client.aclose)

    async def start(self) -> Session:
        return await self.open("prod")

    async def visit(self, name: str) -> Session:
        return await self.open(name)

    async def sign_in(self, name: str, token: str) -> Session:
        self.tokens.append(token)
        return await self.open(name)


def refusal(_: object = None) -> httpx.Response:
    return httpx.Response(
        401,
        headers={"Content-Type": "application/problem+json"},
        json={"status": 401, "error": "not-signed-in", "message": DETAIL, "title": "Not signed in"},
    )


@pytest.fixture
def services(network: Network) -> OneService:
    return OneService(network)


async def sign_in(desk: Desk) -> None:
    assert "Enter another one, and go on where you are" in desk.words
    desk.see(SignInDialog)
    await desk.paste("kco_new")
    await desk.press("ctrl+s")


async def test_a_form_keeps_what_is_typed_and_goes_on_with_another_token(
    stage: Stage, network: Network, services: OneService
) -> None:
    here = await integration_of(stage)
    route = f"/oauth/{here.id}/api-keys"
    async with sit_down(
        stage, route, connect=services.start, profiles=services, profile="prod"
    ) as desk:
        await desk.press("n")
        await desk.write("checkout-prod")
        network.fail("POST", "/keys", refusal())
        await desk.press("ctrl+s")
        assert "signed out" in desk.text

        await sign_in(desk)

        form = desk.see(CreateKeyScreen)
        assert form.field("label").value == "checkout-prod"
        assert "signed out" not in desk.text
        assert DETAIL not in desk.words
        await desk.press("ctrl+s")
        assert "API Key Created" in desk.text
        assert services.tokens == ["kco_new"]


async def test_leaving_the_question_leaves_the_form_as_it_was(
    stage: Stage, network: Network, services: OneService
) -> None:
    here = await integration_of(stage)
    route = f"/api-keys/create?integration={here.id}"
    async with sit_down(
        stage, route, connect=services.start, profiles=services, profile="prod"
    ) as desk:
        await desk.write("checkout-prod")
        network.fail("POST", "/keys", refusal())
        network.fail("GET", "/keys", refusal())
        await desk.press("ctrl+s", "escape")

        assert desk.see(CreateKeyScreen).field("label").value == "checkout-prod"
        assert DETAIL in desk.words
        bar = desk.text.split("\n")[0]
        assert "✕ signed out" in bar
        assert ", P" not in bar  # here it would be a letter

        network.fail("POST", "/keys", refusal())
        await desk.press("ctrl+s")
        desk.see(SignInDialog)


@pytest.mark.parametrize("key", ["e", "x", "i"])
async def test_dialogs_stay_under_the_question(
    key: str, stage: Stage, network: Network, services: OneService
) -> None:
    here = await integration_of(stage)
    route = f"/oauth/{here.id}/api-keys"
    async with sit_down(
        stage, route, connect=services.start, profiles=services, profile="prod"
    ) as desk:
        await desk.put_cursor_on("mobile-gateway-prod")
        await desk.press(key)
        if key == "e":
            await desk.write("-2")
            network.fail("PATCH", "", refusal())
            await desk.press("ctrl+s")
            kind: type = RenameDialog
        elif key == "x":
            network.fail("POST", "/revoke", refusal())
            await desk.write(desk.see(RevokeDialog).key.label)
            await desk.press("R" if not desk.see(RevokeDialog).needs_typing else "enter")
            kind = RevokeDialog
        else:
            network.fail("GET", "/keys", refusal())
            await desk.write("gateway")
            await desk.press("enter")
            kind = IdentifyDialog

        await sign_in(desk)

        desk.see(kind)
        assert "signed out" not in desk.text


async def test_from_a_list_it_is_p_and_the_cursor_stays(
    stage: Stage, network: Network, services: OneService
) -> None:
    here = await integration_of(stage)
    route = f"/oauth/{here.id}/api-keys"
    async with sit_down(
        stage, route, connect=services.start, profiles=services, profile="prod"
    ) as desk:
        await desk.put_cursor_on("mobile-gateway-prod")
        network.fail("GET", "/keys", refusal())
        await desk.press("ctrl+r")
        desk.see(IntegrationScreen)
        assert "✕ signed out, P" in desk.text.split("\n")[0]

        await desk.press("P")
        desk.see(ProfilesDialog)
        await desk.press("n")
        desk.see(SignInDialog)
        await desk.paste("kco_new")
        await desk.press("ctrl+s")

        desk.see(IntegrationScreen)
        assert desk.under_cursor.label == "mobile-gateway-prod"
        assert "signed out" not in desk.text


async def test_somebody_else_begins_at_the_first_screen(
    stage: Stage, network: Network, services: OneService
) -> None:
    here = await integration_of(stage)
    route = f"/api-keys/create?integration={here.id}"
    async with sit_down(
        stage, route, connect=services.start, profiles=services, profile="prod"
    ) as desk:
        await desk.write("checkout-prod")
        network.fail("POST", "/keys", refusal())
        await desk.press("ctrl+s")
        assert desk.app.signing_in.me is not None
        desk.app.signing_in.me = desk.app.signing_in.me.model_copy(
            update={"account_id": "acc_of_somebody"}
        )

        await sign_in(desk)

        desk.see(IntegrationsScreen)


async def test_a_clock_that_is_off_is_said_and_one_that_is_not_is_not(
    stage: Stage, network: Network
) -> None:
    async with sit_down(stage, connect=network.session) as desk:
        assert "clock" not in desk.text.split("\n")[0]

    me = await stage.client().me()
    early = me.server_time.replace(hour=NOW.hour - 1)
    network.fail(
        "GET",
        "/me",
        httpx.Response(200, json=me.model_dump(mode="json") | {"server_time": early.isoformat()}),
    )
    async with sit_down(stage, connect=network.session) as desk:
        assert "clock 1 h fast" in desk.text.split("\n")[0]
        await desk.resize(60, 16)
        assert "clock off" in desk.text.split("\n")[0]
        assert desk.app.clock() == early
    assert me.memberships[0].role is Role.ADMIN


async def test_the_time_of_a_service_that_doubts_its_clock_is_not_taken_over(
    stage: Stage, network: Network
) -> None:
    me = (await stage.client().me()).model_dump(mode="json")
    changes = {"server_time": "2027-12-29T09:30:00Z", "clock_doubt": "It may be ahead."}
    network.fail("GET", "/me", httpx.Response(200, json=me | changes))
    async with sit_down(stage, connect=network.session) as desk:
        assert desk.app.clock() == stage.now
