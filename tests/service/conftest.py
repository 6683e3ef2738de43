"""A service for each test, made afresh."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.service.databases import Engine
from tests.service.world import World, a_world

from keyconsole.service.verification import recorder

WHILE = 30.0


@pytest.fixture(params=Engine)
async def world(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    # A reader waits a quarter of a second for what was counted; a full machine takes longer.
    monkeypatch.setattr(recorder, "CATCH_UP_SECONDS", WHILE)
    async with a_world(tmp_path / "data", Engine(request.param)) as made:
        yield made
