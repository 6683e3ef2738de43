"""A service for each test, made afresh."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.service.databases import Engine
from tests.service.raw import Serving, a_serving
from tests.service.world import World, a_world

from keyconsole.service.verification import recorder

WHILE = 30.0


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """On every database, unless a module names its own `ENGINES`, or a test the one it is of."""
    marks = metafunc.definition.iter_markers("parametrize")
    if "world" in metafunc.fixturenames and not any("world" in mark.args[0] for mark in marks):
        engines = getattr(metafunc.module, "ENGINES", list(Engine))
        metafunc.parametrize("world", engines, indirect=True)


@pytest.fixture
async def world(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    # A reader waits a quarter of a second for what was counted; a full machine takes longer.
    monkeypatch.setattr(recorder, "CATCH_UP_SECONDS", WHILE)
    async with a_world(tmp_path / "data", Engine(request.param)) as made:
        yield made


@pytest.fixture(params=list(Engine))
async def served(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Serving]:
    async with a_serving(Engine(request.param), tmp_path) as serving:
        yield serving
