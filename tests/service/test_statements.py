"""How many statements a request sends to the database, which is most of what it takes.

Whoever needs one more has to say so here; fewer are welcome.
"""

from collections.abc import Awaitable
from contextvars import ContextVar

import httpx
import pytest
import sqlalchemy as sa
from tests.service.databases import Engine
from tests.service.world import World

from keyconsole.service.store.sqlite.lookup import SqliteKeyLookup

MOST = {"/v1/me": 1, "page": 2, "nothing": 3, "create": 11}
"""Of PostgreSQL, where a create waits for its turn by a statement of its own."""

_sent: ContextVar[list[str] | None] = ContextVar("_sent", default=None)
"""Of the request under way; what the service does beside it has none."""


def listen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
    sent = _sent.get()
    if sent is not None and not statement.startswith("BEGIN"):
        sent.append(statement)


async def statements_of(request: Awaitable[httpx.Response], status: int) -> list[str]:
    """What a request sends, in its order."""
    sent: list[str] = []
    sa.event.listen(sa.Engine, "before_cursor_execute", listen)
    token = _sent.set(sent)
    try:
        answer = await request
    finally:
        _sent.reset(token)
        sa.event.remove(sa.Engine, "before_cursor_execute", listen)
    assert answer.status_code == status
    return sent


async def test_me_is_answered_by_the_sign_in_alone(world: World) -> None:
    sent = await statements_of(world.admin.get("/v1/me"), 200)

    assert 0 < len(sent) <= MOST["/v1/me"], sent


async def test_a_page_of_keys_is_the_sign_in_and_one_more(world: World) -> None:
    integration = await world.admin.integration()
    for _ in range(3):
        await world.admin.key(integration)
    sent = await statements_of(world.admin.get("/v1/keys", limit=2), 200)

    assert 0 < len(sent) <= MOST["page"], sent


async def test_a_search_whose_index_has_nothing_reads_no_key(world: World) -> None:
    """The sign-in, the number of the workspace, and the count of what the index has."""
    await world.admin.key(await world.admin.integration())
    sent = await statements_of(world.admin.get("/v1/keys", query="does-not-exist"), 200)

    assert 0 < len(sent) <= MOST["nothing"], sent


async def test_a_create_sends_no_more_than_it_did(world: World) -> None:
    integration = await world.admin.integration()
    sent = await statements_of(world.admin.create(integration), 201)

    assert 0 < len(sent) <= MOST["create"] - (not world.settings.is_postgresql), sent


@pytest.mark.parametrize("world", [Engine.SQLITE], indirect=True)
async def test_a_verification_is_one_read(world: World) -> None:
    """On PostgreSQL it is one for all that arrive together: `store/postgres/test_lookup.py`.

    Now and then the version of the file is looked at besides.
    """
    _, secret = await world.admin.key(await world.admin.integration())
    assert isinstance(world.runtime.lookup, SqliteKeyLookup)
    connection, read = world.runtime.lookup._file.connection, list[str]()
    connection.set_trace_callback(read.append)
    asked = world.gateway.get("/v1/forward-auth", headers={"authorization": f"Bearer {secret}"})
    sent = await statements_of(asked, 200)
    connection.set_trace_callback(None)

    assert len([each for each in read if "SELECT" in each]) == 1, read
    assert sent == []
