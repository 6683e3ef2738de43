"""Consoles that are already where many tests begin."""

import pytest
from tests.console.desk import Desk


@pytest.fixture
async def created(wired_desk: Desk) -> Desk:
    """A console on API Key Created, from the form, by keys."""
    await wired_desk.press("n")
    await wired_desk.write("checkout-prod")
    await wired_desk.press("ctrl+s")
    return wired_desk
