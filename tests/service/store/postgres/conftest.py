"""One server for the tests of a module, its tables made afresh for each."""

from collections.abc import Iterator

import pytest
from tests.service.store.postgres.places import obstacle
from tests.service.store.postgres.server import LOGGED, Server, a_server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    if reason := obstacle():
        pytest.skip(reason)
    with a_server(*LOGGED) as running:
        yield running


@pytest.fixture
def standby() -> Iterator[Server]:
    with a_server() as running:
        running.restart_as_standby()
        yield running
