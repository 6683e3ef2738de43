"""API Key Created: masked, shown for a while, and never discarded unasked."""

import base64
from pathlib import Path

import pytest
from tests.console.desk import Desk, Network, integration_of, key_of
from tests.console.secrets import secret_of
from tests.hands import paste, send
from textual import events

from keyconsole.console.screens import one_time
from keyconsole.console.screens.ask import AskDialog
from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.console.screens.key_created import KeyCreatedScreen
from keyconsole.console.screens.revoke import RevokeDialog
from keyconsole.console.secret import DOT


def is_seen(desk: Desk, value: str) -> bool:
    return any(value in line for line in desk.text.split("\n"))


async def test_the_value_is_masked_at_first(created: Desk) -> None:
    value = secret_of(created)

    assert value[:21] + DOT * 49 in created.text
    assert value[21:] not in created.text
    assert "Your only chance" in created.text
    assert created.see(KeyCreatedScreen).key.public_key in created.text


async def test_v_shows_exactly_the_value_on_one_line_and_v_masks_it_again(created: Desk) -> None:
    value = secret_of(created)
    await created.press("v")
    assert is_seen(created, value)

    await created.press("v")
    assert not is_seen(created, value)


async def test_it_is_masked_again_after_sixty_seconds(created: Desk) -> None:
    value = secret_of(created)
    await created.press("v")
    await created.let_seconds_pass(59)
    assert is_seen(created, value)
    assert "1 s" in created.text

    await created.let_seconds_pass(1)

    assert not is_seen(created, value)
    assert secret_of(created) == value


async def test_it_is_masked_when_the_terminal_loses_the_focus(created: Desk) -> None:
    value = secret_of(created)
    await created.press("v")
    created.app.post_message(events.AppBlur())
    await created.settle()

    assert not is_seen(created, value)


async def test_it_is_masked_when_another_screen_covers_it(created: Desk) -> None:
    value = secret_of(created)
    await created.press("v", "s", "escape")

    assert not is_seen(created, value)


async def test_too_narrow_to_show_it_on_one_line_says_how_wide_it_must_be(created: Desk) -> None:
    value = secret_of(created)
    await created.resize(60, 24)
    await created.press("v")

    assert "79 columns" in created.words
    assert value[21:40] not in created.text.replace("\n", "")


async def test_copying_sends_it_to_the_terminal_and_keeps_it_nowhere(created: Desk) -> None:
    value = secret_of(created)
    await created.press("c")

    encoded = base64.b64encode(value.encode()).decode()
    assert f"\x1b]52;c;{encoded}\a" in created.written
    assert created.app._clipboard == ""
    assert "paste to check" in created.text
    assert "copied to" not in created.text


async def test_p_copies_the_public_key(created: Desk) -> None:
    public = created.see(KeyCreatedScreen).key.public_key
    await created.press("y")

    encoded = base64.b64encode(public.encode()).decode()
    assert f"\x1b]52;c;{encoded}\a" in created.written
    assert created.see(KeyCreatedScreen).exit_blocker() is not None


async def test_saving_writes_a_file_that_only_its_owner_can_read(
    created: Desk, surroundings: Path
) -> None:
    value = secret_of(created)
    await created.press("s", "ctrl+s")

    path = surroundings / "checkout-prod.key"
    assert path.read_text() == f"{value}\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert "checkout-prod.key" in created.text
    assert created.see(KeyCreatedScreen).secret.is_kept_elsewhere


async def test_saving_to_a_dotenv_file_appends(created: Desk, surroundings: Path) -> None:
    value = secret_of(created)
    (surroundings / ".env").write_text("OTHER=1\n")
    (surroundings / ".env").chmod(0o600)
    await created.press("s", "ctrl+u")
    await created.write("~/.env")
    assert "CHECKOUT_PROD" in created.text
    await created.press("ctrl+s")

    assert (surroundings / ".env").read_text() == f"OTHER=1\nCHECKOUT_PROD={value}\n"


async def test_a_file_that_cannot_be_written_is_told_and_the_value_stays(
    created: Desk, surroundings: Path
) -> None:
    (surroundings / "taken").write_text("before")
    for where in ("~/taken", "~/no/such/place", "", "~nobody-by-this-name/x"):
        await created.press("s", "ctrl+u")
        assert "✕" not in created.text, where
        await created.write(where)
        await created.press("ctrl+s")
        assert "✕" in created.text, where

        await created.press("escape")

        assert (surroundings / "taken").read_text() == "before", where
        assert not created.see(KeyCreatedScreen).secret.is_kept_elsewhere, where
        assert created.see(KeyCreatedScreen).secret.reveal() is not None, where


@pytest.mark.parametrize("key", ["escape", "enter"])
async def test_leaving_without_the_value_asks_and_staying_keeps_it(created: Desk, key: str) -> None:
    value = secret_of(created)
    await created.press(key)
    created.see(AskDialog)

    await created.press("escape")

    assert created.see(KeyCreatedScreen).secret.reveal() == value


async def test_the_way_out_can_be_revoking_it(created: Desk) -> None:
    await created.press("escape", "x")

    assert created.see(RevokeDialog).key.label == "checkout-prod"


async def test_leaving_anyway_acknowledges_nothing(created: Desk, network: Network) -> None:
    await created.press("escape", "Q")

    created.see(IntegrationScreen)
    assert not network.sent("POST", "/acknowledge")
    assert not (await key_of(created.stage, "checkout-prod")).confirmed


async def test_no_key_discards_it_unasked(created: Desk) -> None:
    value = secret_of(created)
    screen = created.see(KeyCreatedScreen)
    for key in ("q", "ctrl+q", "colon", "ctrl+p", "ctrl+c", "1", "j", "x"):
        await created.press(key)

        assert created.app.is_running, key
        assert screen in created.app.screen_stack, key
        assert screen.secret.reveal() == value, key
        if created.app.screen is not screen:
            await created.press("escape")
            assert created.app.screen is screen, key


async def test_no_route_leads_away_unasked(created: Desk) -> None:
    from keyconsole.console.routes import parse

    screen = created.see(KeyCreatedScreen)
    for text in ("/oauth", "/audit", screen.key.public_key):
        created.app.router.go(parse(text))
        await created.settle()

    assert created.app.screen is screen
    assert not screen.secret.is_dropped
    assert "not copied" in created.text


async def test_a_resize_to_nothing_and_back_keeps_it_and_ignores_keys(created: Desk) -> None:
    value = secret_of(created)
    await created.resize(30, 8)
    await created.press("enter", "escape", "Q", "q", "v", "x")
    await paste(created.pilot, "x")
    assert "60×16" in created.text

    await created.resize(120, 40)

    screen = created.see(KeyCreatedScreen)
    assert screen.secret.reveal() == value
    assert not screen.secret.is_shown


async def test_a_click_outside_keeps_it(created: Desk) -> None:
    for place in ((0, 0), (118, 20), (60, 30), (5, 38)):
        await created.pilot.click(offset=place)
        await created.settle()

        assert not created.see(KeyCreatedScreen).secret.is_dropped, place


@pytest.mark.parametrize("way", ["c", "v"])
async def test_done_after_it_was_taken_leaves_and_acknowledges(
    created: Desk, network: Network, way: str
) -> None:
    screen = created.see(KeyCreatedScreen)
    assert not network.sent("POST", "/acknowledge")
    await created.press(way, "enter")

    created.see(IntegrationScreen)
    assert len(network.sent("POST", "/acknowledge")) == 1
    assert (await key_of(created.stage, "checkout-prod")).confirmed
    assert screen.secret.is_dropped


async def test_the_new_key_is_under_the_cursor_after_done(created: Desk) -> None:
    await created.press("c", "enter")

    assert created.under_cursor.label == "checkout-prod"
    assert created.see(IntegrationScreen).integration == await integration_of(created.stage)


async def test_five_minutes_after_it_was_taken_it_is_dropped(created: Desk) -> None:
    value = secret_of(created)
    screen = created.see(KeyCreatedScreen)
    assert screen._drop_timer is None
    await created.press("v")
    assert screen._drop_timer is not None
    assert screen._drop_timer._interval == one_time.KEEP_SECONDS

    screen._drop()
    await created.settle()

    assert screen.secret.is_dropped
    assert not is_seen(created, value)
    await created.press("v", "c", "s")
    assert created.app.screen is screen
    assert "gone" in created.text


async def test_a_service_that_is_gone_at_done_costs_nothing(
    created: Desk, network: Network
) -> None:
    await created.press("c")
    network.is_down = True
    send(created.pilot, "enter")
    await created.settle()

    created.see(IntegrationScreen)
    assert "unreachable" in created.text
