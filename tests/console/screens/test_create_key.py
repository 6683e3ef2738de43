"""The form of a new key: what it says while one types, and what it refuses."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.console.desk import Desk, Network, integration_of, key_of, labels_made, sit_down
from tests.hands import send
from tests.stage import NOW, Stage

from keyconsole.console.naming import advice, hint
from keyconsole.console.screens.create_key import CreateKeyScreen
from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.console.screens.key_created import KeyCreatedScreen
from keyconsole.console.widgets.field import Choice
from keyconsole.wire import Key, SettingsPatch, WorkspaceSettings

RLO, ZWSP, ESC = "\u202e", "\u200b", "\x1b"
BAD_LABELS = [
    ("   ", "is needed"),
    ("x" * 101, "at most 100 characters"),
    ("api\x00gateway", "<U+0000>"),
    ("api\x07gateway", "<U+0007>"),
    ("api\x9b6ngateway", "<U+009B>"),
    (f"api{RLO}gateway", "<U+202E>"),
    (f"api{ZWSP}gateway", "<U+200B>"),
    ("api\u3164gateway", "<U+3164>"),
    ("api\U000e0041gateway", "<U+E0041>"),
    ("api\ngateway", "a new line begins after 3 characters"),
    ("api\r\ngateway", "a new line begins after 3 characters"),
    (f"{ESC}]52;c;eA==\x07", "<U+001B>"),
    (f"api{ESC}[31mgateway", "<U+001B>"),
    ("", "is needed"),
]


def said_at(desk: Desk, name: str) -> str:
    form = desk.see(CreateKeyScreen)
    return " ".join(str(form.field(name).query_one(".field-says").render()).split())


@pytest.fixture
async def form(wired_desk: Desk) -> Desk:
    await wired_desk.press("n")
    return wired_desk


async def fill_in(form: Desk, name: str, text: str) -> None:
    """Replace the text of the field in focus; nothing is said about the one before any more."""
    field = form.see(CreateKeyScreen).field(name)
    if field.value:
        await form.press("end", "ctrl+u")
        assert said_at(form, name) == field.advice
    if text:
        await form.paste(text)


async def test_a_bad_label_says_the_rule_and_is_not_sent(form: Desk, network: Network) -> None:
    for label, rule in BAD_LABELS:
        await fill_in(form, "label", label)
        await form.press("ctrl+s")

        assert rule in said_at(form, "label"), ascii(label)
        assert form.see(CreateKeyScreen).field("label").value == label
        assert not network.sent("POST", "/keys")
        assert ESC not in form.text
        assert RLO not in form.text


async def test_a_pasted_megabyte_is_refused_and_what_was_typed_stays(form: Desk) -> None:
    await form.write("api-")
    await form.paste("x" * 1024 * 1024)

    assert form.see(CreateKeyScreen).field("label").value == "api-"
    assert "1,048,576 characters" in form.text


async def test_the_line_end_of_a_pasted_line_is_not_a_mistake(form: Desk) -> None:
    await form.paste("api-gateway-staging\n")
    await form.press("ctrl+s")

    assert form.see(KeyCreatedScreen).key.label == "api-gateway-staging"


async def test_a_label_with_spaces_around_it_is_trimmed(form: Desk) -> None:
    await form.write("  api-gateway-staging ")
    await form.press("ctrl+s")

    assert form.see(KeyCreatedScreen).key.label == "api-gateway-staging"


async def test_a_label_that_is_taken_is_told_at_the_field(form: Desk, network: Network) -> None:
    await form.write("API-Gateway-PROD")
    assert "taken here" in said_at(form, "label")
    await form.press("ctrl+s")

    assert "✕" in said_at(form, "label")
    assert form.see(CreateKeyScreen).field("label").value == "API-Gateway-PROD"
    assert await labels_made(form.stage, "API-Gateway-PROD") == 0


async def test_a_label_of_a_revoked_key_is_free(form: Desk) -> None:
    await form.write("old-backend")
    await form.press("ctrl+s")

    form.see(KeyCreatedScreen)


async def test_hints_never_stand_in_the_way(form: Desk) -> None:
    await form.write("x")
    assert "can say more" in said_at(form, "label")
    await form.press("ctrl+s")

    form.see(KeyCreatedScreen)


@pytest.mark.parametrize(("steps", "days"), [(0, None), (1, 30), (2, 90), (3, 365)])
async def test_an_expiry_in_days_counts_from_now(form: Desk, steps: int, days: int | None) -> None:
    await form.write("checkout-prod")
    await form.press("down", *["right"] * steps, "ctrl+s")

    expires = form.see(KeyCreatedScreen).key.expires_at
    assert expires == (None if days is None else NOW + timedelta(days=days))


async def test_an_expiry_date_includes_that_day(form: Desk) -> None:
    await form.write("checkout-prod")
    await form.press("down", "left", "down")
    await form.write("2027-06-30")
    await form.press("ctrl+s")

    assert form.see(KeyCreatedScreen).key.expires_at == datetime(2027, 7, 1, tzinfo=UTC)


async def test_the_date_field_is_there_only_for_a_date(form: Desk) -> None:
    assert not form.see(CreateKeyScreen).field("expires_at").display
    form.see(CreateKeyScreen).query_one("#expiry", Choice).focus()
    await form.press("left")
    assert form.see(CreateKeyScreen).field("expires_at").display


async def test_a_date_that_cannot_be_is_told(form: Desk, network: Network) -> None:
    await form.write("checkout-prod")
    await form.press("down", "left", "down")
    dates = "tomorrow", "2026-11-23", "2026-13-01", "2026-02-30", "30.06.2027", "9999-12-31", ""
    for date in dates:
        await fill_in(form, "expires_at", date)
        await form.press("ctrl+s")

        told = "is in the past" if date == "2026-11-23" else "a date or a time: 2027-06-30"
        assert told in said_at(form, "expires_at"), date
        assert not network.sent("POST", "/keys")


async def test_addresses_and_networks_limit_where_a_key_works(form: Desk) -> None:
    await form.write("checkout-prod")
    await form.press("down", "down")
    await form.write("10.1.0.0/16, 192.0.2.7")
    await form.press("ctrl+s")

    key = await key_of(form.stage, "checkout-prod")
    assert key.allowed_ips == ["10.1.0.0/16", "192.0.2.7/32"] or key.allowed_ips == [
        "10.1.0.0/16",
        "192.0.2.7",
    ]


async def test_an_address_that_is_none_is_named(form: Desk, network: Network) -> None:
    await form.write("checkout-prod")
    await form.press("down", "down")
    for addresses in ("10.1.0.0/33", "anywhere", f"10.0.0.1 a{RLO}b"):
        await fill_in(form, "allowed_ips", addresses)
        await form.press("ctrl+s")

        assert "is not an address" in said_at(form, "allowed_ips"), ascii(addresses)
        assert not network.sent("POST", "/keys")
        assert RLO not in form.text


async def test_pressing_save_twice_in_one_burst_makes_one_key(form: Desk, network: Network) -> None:
    from tests.hands import send

    await form.write("checkout-prod")
    send(form.pilot, "ctrl+s", "ctrl+s", "ctrl+s")
    await form.settle()

    form.see(KeyCreatedScreen)
    assert len(network.sent("POST", "/keys")) == 1


async def test_the_button_sends_the_form_too(form: Desk) -> None:
    await form.write("checkout-prod")
    await form.click("#save", x=2)

    form.see(KeyCreatedScreen)


async def test_leaving_what_was_typed_asks_and_goes_back(form: Desk) -> None:
    await form.write("checkout-prod")
    await form.press("escape", "escape")
    assert form.see(CreateKeyScreen).field("label").value == "checkout-prod"

    await form.press("escape", "Q")

    form.see(IntegrationScreen)
    assert await labels_made(form.stage, "checkout-prod") == 0


async def test_leaving_an_empty_form_asks_nothing(form: Desk) -> None:
    await form.press("escape")

    form.see(IntegrationScreen)


async def test_without_an_integration_one_is_picked_among_the_configured(stage: Stage) -> None:
    async with sit_down(stage, "/api-keys/create") as desk:
        screen = desk.see(CreateKeyScreen)
        names = {choice.name for choice in screen.choices.values()}
        assert names.isdisjoint({"HubSpot EU", "Zendesk Mirror"})
        screen.query_one("#pick-integration", Choice).focus()
        await desk.press("right")
        picked = screen.integration
        screen.field("label").input.focus()
        await desk.write("checkout-prod")
        await desk.press("ctrl+s")

        assert picked is not None
        assert desk.see(KeyCreatedScreen).key.integration_id == picked.id


async def test_a_route_with_a_draft_shows_what_it_lacks_instead(stage: Stage) -> None:
    draft = await integration_of(stage, "HubSpot EU")
    async with sit_down(stage, f"/api-keys/create?integration={draft.id}") as desk:
        assert desk.see(IntegrationScreen).open_tab == "overview"


def other(label: str, **changes: Any) -> Key:
    known = {
        "public_key": "kcp_7k2m4q9x0a1b2c3d",
        "integration_id": "int_1",
        "integration_name": "Salesforce",
        "workspace_id": "ws_1",
        "label": label,
        "status": "active",
        "confirmed": True,
        "created_at": NOW,
        "created_by": "ops",
    }
    return Key.model_validate(known | changes)


@pytest.mark.parametrize(
    ("label", "others", "words"),
    [
        ("api-gateway-prod", [], "names a system and an environment"),
        ("cron-worker-staging", [], "names a system and an environment"),
        ("gateway", [], "can say more"),
        ("prod", [], "can say more"),
        ("sandbox-2", [], "can say more"),
        ("billingEu-uat", [], "names a system and an environment"),
        ("api-gateway-prod", [other("API-GATEWAY-PROD")], "taken here by kcp_…2c3d"),
        ("api-gateway-prod", [other("api-gatewoy-prod")], "looks like api-gatewoy-prod"),
        ("api-gateway-prod", [other("api-gateway-prod", status="revoked")], "unique here"),
    ],
)
def test_a_hint_says_whether_a_label_is_free_and_clear(
    label: str, others: list[Key], words: str
) -> None:
    assert words in hint(label, None, others, None)[0]


@pytest.mark.parametrize(
    ("label", "is_asked", "words"),
    [
        ("crm-sync", True, "the policy asks for an environment: crm-sync-prd"),
        ("crm-sync-prod", True, "the policy asks for an environment: crm-sync-prd"),
        ("crm-sync", False, "can say more, for example crm-sync-prd"),
        ("crm-sync-prod", False, "names a system and an environment"),
        ("crm-sync-eu7", True, "names a system and an environment"),
    ],
)
def test_a_hint_has_the_form_that_the_policy_asks_for(
    label: str, is_asked: bool, words: str
) -> None:
    policy = WorkspaceSettings(label_needs_environment=is_asked, environments=["prd", "eu7"])
    assert words in hint(label, None, [], policy)[0]
    assert advice(None, policy) == "a system and its environment: api-gateway-prd"


async def test_a_label_that_names_another_environment_is_told_so(form: Desk) -> None:
    for label, words in (
        ("crm-sync-sandbox", "unique here, but names sandbox; this integration is production"),
        ("crm-sync-stg2", "names staging; this integration is production"),
        ("crm-sync-prd", "✓ unique here"),
        ("crm-sync-prod-to-sandbox", "✓ unique here"),
    ):
        await fill_in(form, "label", label)
        assert words in form.words
        assert ("✓ unique here" in form.words) == words.startswith("✓"), label


async def set_default_expiry(stage: Stage, days: int) -> None:
    client = stage.client()
    workspace_id = (await client.me()).memberships[0].workspace_id
    await client.workspaces.change(workspace_id, SettingsPatch(default_expiry_days=days))


@pytest.mark.parametrize(
    ("days", "said"),
    [(30, "stops working on 24 December 2026"), (45, "45 days")],
    ids=["offered", "typed"],
)
async def test_the_expiry_of_the_policy_is_suggested_and_leaves_nothing_to_be_asked(
    days: int, said: str, wired_desk: Desk
) -> None:
    await set_default_expiry(wired_desk.stage, days)
    await wired_desk.press("n")
    assert said in wired_desk.text
    assert "as the policy suggests" in wired_desk.text
    await wired_desk.press("escape")
    wired_desk.see(IntegrationScreen)  # nothing was typed, so that nothing is asked
    await wired_desk.press("n")
    await wired_desk.write("suggested")
    await wired_desk.press("ctrl+s")
    wired_desk.see(KeyCreatedScreen)
    key = await key_of(wired_desk.stage, "suggested")
    assert key.expires_at is not None
    assert (key.expires_at.date() - wired_desk.stage.now.date()).days in (days, days + 1)


async def test_never_can_be_chosen_instead_and_is_what_is_sent(wired_desk: Desk) -> None:
    await set_default_expiry(wired_desk.stage, 30)
    await wired_desk.press("n")
    await wired_desk.write("for-ever")
    wired_desk.see(CreateKeyScreen).expiry.focus()
    await wired_desk.press("left")
    assert "works until it is revoked" in wired_desk.text
    await wired_desk.press("ctrl+s")
    wired_desk.see(KeyCreatedScreen)
    assert (await key_of(wired_desk.stage, "for-ever")).expires_at is None


async def test_what_was_chosen_before_the_policy_came_stays(
    wired_desk: Desk, network: Network
) -> None:
    await set_default_expiry(wired_desk.stage, 30)
    held = asyncio.Event()
    here = await integration_of(wired_desk.stage)
    network.fail("GET", f"/workspaces/{here.workspace_id}", held)
    asked = len(network.requests)
    send(wired_desk.pilot, "n")
    await wired_desk.until(lambda: len(network.requests) == asked + 2)  # keys, and the policy
    expiry = wired_desk.see(CreateKeyScreen).expiry
    expiry.focus()
    send(wired_desk.pilot, "right", "right")
    await wired_desk.until(lambda: expiry.value == "90")
    held.set()
    await wired_desk.settle()
    assert expiry.value == "90"
