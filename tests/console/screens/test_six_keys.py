"""From opening the console to a receipt in at most six keys, besides paste and confirmation."""

from collections.abc import AsyncIterator

import pytest
from tests.console.desk import IN_USE, Desk, key_of, sit_down
from tests.stage import Stage

from keyconsole.client import new_idempotency_key
from keyconsole.console.screens.integrations import IntegrationsScreen
from keyconsole.console.screens.receipt import ReceiptScreen
from keyconsole.console.screens.revoke import RevokeDialog
from keyconsole.wire import KeyCreate

MOST = 6
LEAKED = "leaked-prod"


class Counted:
    """The hands at a console that has just opened; every key that they press is counted."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.pressed: list[str] = []

    async def press(self, *keys: str) -> None:
        self.pressed += keys
        await self.desk.press(*keys)

    async def confirm(self) -> None:
        """Type what the dialog asks for; where it asks for nothing, only `R` counts."""
        dialog = self.desk.see(RevokeDialog)
        if dialog.needs_typing:
            await self.desk.write(dialog.key.public_key[-4:])
            await self.press("enter")
        else:
            await self.press("R")
        if dialog.is_asked_again:
            await self.press("R")


@pytest.fixture
async def leaked(stage: Stage) -> str:
    """The value of a key that somebody uses."""
    integration = (await key_of(stage, IN_USE)).integration_id
    created = await stage.client().create_key(
        integration, KeyCreate(label=LEAKED), idempotency_key=new_idempotency_key()
    )
    secret = created.secret.get_secret_value()
    await stage.use(secret, 3)
    return secret


@pytest.fixture(params=[False, True], ids=["", "danger"])
async def counted(
    stage: Stage, leaked: str, request: pytest.FixtureRequest
) -> AsyncIterator[Counted]:
    """A console that was opened just now, where every keypress will be counted."""
    async with sit_down(stage, danger=request.param) as desk:
        desk.see(IntegrationsScreen)
        yield Counted(desk)


async def is_proved_dead(counted: Counted) -> bool:
    """Whether the receipt is on the screen, with the word of the verification path."""
    receipt = counted.desk.see(ReceiptScreen)
    assert receipt.key.label == LEAKED
    assert "✓ refused" in counted.desk.words
    return (await key_of(counted.desk.stage, LEAKED)).status == "revoked"


async def test_with_a_paste(counted: Counted, leaked: str) -> None:
    await counted.press("i")
    await counted.desk.paste(f"ERROR upstream: Authorization: Bearer {leaked} (401)")
    await counted.press("x")
    await counted.confirm()

    assert await is_proved_dead(counted)
    assert counted.pressed == ["i", "x", "enter"]
    assert len(counted.pressed) <= MOST


@pytest.mark.parametrize("name", ["label", "fragment"])
async def test_with_a_name_that_is_typed(counted: Counted, leaked: str, name: str) -> None:
    await counted.press("i")
    await counted.desk.write(LEAKED if name == "label" else leaked[:12])
    await counted.press("enter", "x")
    await counted.confirm()

    assert await is_proved_dead(counted)
    assert len(counted.pressed) <= MOST


async def test_through_the_lists(counted: Counted) -> None:
    await counted.press("ctrl+f")
    await counted.desk.write(LEAKED)
    await counted.press("enter", "x")
    await counted.confirm()

    assert await is_proved_dead(counted)
    assert len(counted.pressed) <= MOST


async def test_the_last_active_key_of_an_integration_takes_one_more(stage: Stage) -> None:
    async with sit_down(stage) as desk:
        counted = Counted(desk)
        await counted.press("i")
        await desk.write("workday-worker")
        await counted.press("enter", "x")
        await counted.confirm()

        desk.see(ReceiptScreen)
        assert len(counted.pressed) <= MOST
