"""Creating a key when the service does not answer as it should: one wish makes one key."""

import asyncio

import httpx
import pytest
from tests.console.desk import IN_USE, Desk, Network, Outcome, integration_of, labels_made, sit_down
from tests.hands import send
from tests.stage import Stage

from keyconsole.console.screens.ask import AskDialog
from keyconsole.console.screens.create_key import CreateKeyScreen
from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.console.screens.key_created import KeyCreatedScreen

LABEL = "checkout-prod"
HTML = httpx.Response(200, html="<html>captive portal</html>")
TROUBLES: dict[str, Outcome] = {
    "gone": httpx.ConnectError("refused"),
    "slow": httpx.ReadTimeout("slow"),
    "cut": httpx.ReadError("cut"),
    "proxy page": HTML,
    "bad gateway": httpx.Response(502, html="<html>bad gateway</html>"),
    "500": httpx.Response(500),
    "garbage": httpx.Response(201, content=b"{]", headers={"Content-Type": "application/json"}),
    "another shape": httpx.Response(201, json={"ok": True}),
}


@pytest.fixture
async def form(wired_desk: Desk) -> Desk:
    await wired_desk.press("n")
    await wired_desk.write(LABEL)
    return wired_desk


def keys_of(network: Network) -> list[str]:
    return [request.headers["Idempotency-Key"] for request in network.sent("POST", "/keys")]


@pytest.mark.parametrize("delivered", [True, False], ids=["made", "not made"])
@pytest.mark.parametrize("trouble", TROUBLES)
async def test_the_form_is_kept_and_pressing_again_makes_exactly_one_key(
    form: Desk, network: Network, trouble: str, delivered: bool
) -> None:
    network.fail("POST", "/keys", TROUBLES[trouble], delivered=delivered)
    await form.press("ctrl+s")

    screen = form.see(CreateKeyScreen)
    assert screen.field("label").value == LABEL
    assert not screen.sending
    said = str(screen.query_one("Notice").render())
    assert said.strip()
    assert "Traceback" not in form.text

    await form.press("ctrl+s")

    assert form.see(KeyCreatedScreen).key.label == LABEL
    assert await labels_made(form.stage, LABEL) == 1
    assert len(set(keys_of(network))) == 1
    assert len(keys_of(network)) == 2


async def test_no_answer_says_that_pressing_again_is_safe(form: Desk, network: Network) -> None:
    network.fail("POST", "/keys", httpx.ReadTimeout("slow"))
    await form.press("ctrl+s")

    assert "No answer yet" in form.text
    assert "Nothing is lost" in form.words


async def test_another_label_is_another_wish(form: Desk, network: Network) -> None:
    network.fail("POST", "/keys", httpx.ReadTimeout("slow"))
    await form.press("ctrl+s")
    await form.write("-2")
    await form.press("ctrl+s")

    assert len(set(keys_of(network))) == 2
    assert form.see(KeyCreatedScreen).key.label == f"{LABEL}-2"


async def test_a_refusal_ends_the_wish_so_that_the_next_one_is_new(
    form: Desk, network: Network
) -> None:
    refusal = {"error": "label-taken", "detail": "The label is taken.", "status": 409}
    network.fail("POST", "/keys", httpx.Response(409, json=refusal))
    await form.press("ctrl+s")
    assert "taken" in form.text

    await form.press("ctrl+s")

    assert len(set(keys_of(network))) == 2
    form.see(KeyCreatedScreen)


async def test_a_service_that_is_busy_after_a_lost_answer_is_asked_for_the_same_key(
    form: Desk, network: Network
) -> None:
    busy = {"error": "rate-limited", "detail": "Too many requests.", "status": 429}
    network.fail("POST", "/keys", httpx.ReadTimeout("slow"), delivered=True)
    network.fail("POST", "/keys", httpx.Response(429, json=busy))
    for _ in range(3):
        await form.press("ctrl+s")

    assert form.see(KeyCreatedScreen).key.label == LABEL
    assert len(keys_of(network)) == 3
    assert len(set(keys_of(network))) == 1


async def test_leaving_with_an_unanswered_wish_asks(form: Desk, network: Network) -> None:
    network.fail("POST", "/keys", httpx.ReadTimeout("slow"), delivered=True)
    await form.press("ctrl+s", "escape")
    form.see(AskDialog)

    await form.press("Q")

    form.see(IntegrationScreen)


async def test_an_unanswered_wish_is_sent_again_once_the_service_answers(
    form: Desk, network: Network
) -> None:
    network.fail("POST", "/keys", httpx.ReadTimeout("slow"), delivered=True)
    await form.press("ctrl+s")
    form.see(CreateKeyScreen)

    form.app.reconnection.retry()
    await form.settle()

    assert form.see(KeyCreatedScreen).key.label == LABEL
    first, second = network.sent("POST", "/keys")
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert first.content == second.content


async def test_a_wish_that_was_changed_meanwhile_is_not_sent_by_itself(
    form: Desk, network: Network
) -> None:
    network.fail("POST", "/keys", httpx.ReadTimeout("slow"), delivered=True)
    await form.press("ctrl+s", "x")

    form.app.reconnection.retry()
    await form.settle()

    assert form.see(CreateKeyScreen).field("label").value == f"{LABEL}x"
    assert len(network.sent("POST", "/keys")) == 1


async def test_leaving_while_the_answer_is_on_its_way_waits_for_it(
    form: Desk, network: Network
) -> None:
    held = asyncio.Event()
    network.fail("POST", "/keys", held)
    send(form.pilot, "ctrl+s")
    await form.until(lambda: bool(network.sent("POST", "/keys")))
    for key in ("escape", "ctrl+q"):
        send(form.pilot, key)
        await form.pilot.pause()
        form.see(CreateKeyScreen)
        assert form.app.is_running

    held.set()
    await form.settle()

    form.see(KeyCreatedScreen)


async def test_typing_meanwhile_changes_nothing_of_what_was_sent(
    form: Desk, network: Network
) -> None:
    held = asyncio.Event()
    network.fail("POST", "/keys", held)
    send(form.pilot, "ctrl+s")
    await form.until(lambda: bool(network.sent("POST", "/keys")))
    send(form.pilot, "-", "9", "ctrl+s")
    await form.pilot.pause()
    held.set()
    await form.settle()

    assert form.see(KeyCreatedScreen).key.label == LABEL
    assert len(network.sent("POST", "/keys")) == 1


async def test_an_integration_disabled_meanwhile_is_the_services_no(
    stage: Stage, network: Network
) -> None:
    here = await integration_of(stage)
    refusal = {
        "error": "integration-not-configured",
        "detail": "The integration is disabled.",
        "status": 409,
    }
    async with sit_down(
        stage, f"/api-keys/create?integration={here.id}", connect=network.session
    ) as desk:
        network.fail("POST", "/keys", httpx.Response(409, json=refusal))
        await desk.write(LABEL)
        await desk.press("ctrl+s")

        desk.see(CreateKeyScreen)
        assert "The integration is disabled" in desk.text


@pytest.mark.parametrize("field", ["rights.0", "#x > y", "label]", "", "label\n"])
async def test_a_refusal_of_a_field_that_is_not_here_is_said_above_the_keys(
    form: Desk, network: Network, field: str
) -> None:
    errors = [{"field": field, "code": "x", "message": "That one is wrong."}]
    refusal = {"error": "request-invalid", "detail": "A rule is broken.", "errors": errors}
    network.fail("POST", "/keys", httpx.Response(422, json=refusal))
    await form.press("ctrl+s")

    assert "A rule is broken." in form.text


async def test_a_value_that_is_not_a_whole_key_is_not_shown_as_one(
    form: Desk, network: Network
) -> None:
    public = (await form.stage.client().keys(IN_USE)).items[0]
    answer = {"key": public.model_dump(mode="json"), "secret": "kcs_half"}
    network.fail("POST", "/keys", httpx.Response(201, json=answer))
    await form.press("ctrl+s")

    form.see(CreateKeyScreen)
    assert "not a whole key" in form.words
    assert "kcs_half" not in form.text
