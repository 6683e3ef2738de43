"""A service on a real database, with a clock that tests set and people who are signed in."""

import itertools
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from tests import shared
from tests.service.databases import Engine, a_copy, create, url_of

from keyconsole.service.app import ServiceApp, create_app
from keyconsole.service.clock import DAY
from keyconsole.service.ids import new_id
from keyconsole.service.initialize import initialize
from keyconsole.service.rules.principals import make_token
from keyconsole.service.runtime import Runtime
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store import accounts
from keyconsole.service.store.engine import Store
from keyconsole.service.store.lookup import KeyLookup
from keyconsole.service.store.postgres.engine import WRITERS, PostgresStore
from keyconsole.service.store.postgres.lookup import PostgresKeyLookup
from keyconsole.service.store.sqlite.engine import SqliteStore
from keyconsole.service.store.sqlite.identity import DatabaseFile
from keyconsole.service.store.sqlite.lookup import SqliteKeyLookup
from keyconsole.service.store.sqlite.opening import open_file
from keyconsole.wire import Role

START = 20_000 * DAY
COMPLETE = {
    "provider": "salesforce",
    "environment": "production",
    "client_id": "3MVG9",
    "redirect_uri": "https://acme.example/callback",
    "scopes": ["api"],
}

TEMPLATE = "initialized"
_counter = itertools.count()


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now

    def move(self, milliseconds: int) -> None:
        self.now += milliseconds


class Person:
    """Somebody who is signed in: requests carry their token."""

    def __init__(self, app: ServiceApp, token: str) -> None:
        self.token = token
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app),
            base_url="http://keys",
            headers={"authorization": f"Bearer {token}"},
        )

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.http.get(path, params=params)

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self.http.post(path, json=body, headers=_dashed(headers))

    async def patch(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self.http.patch(path, json=body, headers=_dashed(headers))

    async def delete(self, path: str, **params: Any) -> httpx.Response:
        return await self.http.delete(path, params=params)

    async def integration(self, name: str = "Salesforce", **fields: Any) -> str:
        answer = await self.post("/v1/integrations", COMPLETE | {"name": name} | fields)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def create(self, integration: str, nonce: str = "", **fields: Any) -> httpx.Response:
        body = {"label": f"key-{next(_counter)}"} | fields
        return await self.post(
            f"/v1/integrations/{integration}/keys", body, idempotency_key=nonce or fresh_nonce()
        )

    async def key(self, integration: str, **fields: Any) -> tuple[str, str]:
        """A new key: its public key and its secret."""
        answer = await self.create(integration, **fields)
        assert answer.status_code == 201, answer.text
        return answer.json()["key"]["public_key"], answer.json()["secret"]

    async def revoke(self, public_key: str, **body: Any) -> httpx.Response:
        return await self.post(f"/v1/keys/{public_key}/revoke", body)


class World:
    """The service, its clock and its admin."""

    def __init__(self, settings: ServiceSettings, clock: Clock, app: ServiceApp) -> None:
        self.settings = settings
        self.clock = clock
        self.app = app
        self.people: list[Person] = []
        self.gateway = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, client=("10.1.4.7", 4711)),
            base_url="http://keys",
        )
        self.admin: Person

    @property
    def runtime(self) -> Runtime:
        return self.app.runtime

    @property
    def database(self) -> Path:
        """The file, where the world is on one."""
        return self.settings.database_path

    async def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement that both databases know, as whoever has the database could."""
        async with self.runtime.store.write() as tx:
            done = await tx.exec_driver_sql(statement)
            return [tuple(row) for row in done] if done.returns_rows else []

    async def drop_guard(self, name: str, table: str) -> None:
        """Take a trigger away, as whoever owns the database could."""
        where = f" ON {table}" if self.settings.is_postgresql else ""
        await self.sql(f"DROP TRIGGER {name}{where}")

    async def contents(self) -> dict[str, list[str]]:
        """Every row of every table."""
        async with self.runtime.store.read() as tx:
            names = await tx.run_sync(lambda raw: sa.inspect(raw).get_table_names())
            return {
                name: sorted(
                    repr(tuple(row)) for row in await tx.exec_driver_sql(f"SELECT * FROM {name}")
                )
                for name in names
                if not name.startswith("key_grams")
            }

    async def another_lookup(self) -> KeyLookup:
        """What verifies in another process."""
        if self.settings.is_postgresql:
            return await PostgresKeyLookup.open(self.settings.database_url)
        return SqliteKeyLookup(DatabaseFile(self.database))

    @asynccontextmanager
    async def busy(self) -> AsyncIterator[None]:
        """Somebody else writes, and does not come to an end."""
        other = store_of(self.settings)
        async with other.write() as tx:
            if self.settings.is_postgresql:
                await tx.exec_driver_sql("LOCK TABLE api_keys, usage_hours IN EXCLUSIVE MODE")
            yield
            await tx.rollback()
        await other.aclose()

    async def impatient(self) -> None:
        """Wait for no other writer from now on."""
        store = self.runtime.store
        async with AsyncExitStack() as held:
            if isinstance(store, PostgresStore):
                for _ in range(WRITERS):
                    tx = await held.enter_async_context(store._writer.connect())
                    await tx.exec_driver_sql("SET lock_timeout = 1")
                    await tx.commit()
            else:
                tx = await held.enter_async_context(store.write())
                await tx.exec_driver_sql("PRAGMA busy_timeout = 0")

    def person(self, token: str) -> Person:
        person = Person(self.app, token)
        self.people.append(person)
        return person

    async def member(self, role: Role, workspace_id: str | None = None) -> Person:
        """Somebody new with a role in the first workspace, or another."""
        account_id = new_id("acc")
        workspace_id = workspace_id or await self.workspace_id()
        text, pid, record = make_token(self.runtime.roots.newest, account_id)
        async with self.runtime.store.write() as tx:
            await accounts.add_account(tx, account_id, f"{account_id}@acme.example", role, 0)
            await accounts.add_membership(tx, account_id, workspace_id, role)
            await accounts.add_token(tx, pid, record, 0)
        return self.person(text)

    async def old_token(self, account_id: str) -> Person:
        """The account with a token of before, which reaches every workspace of theirs."""
        text, pid, record = make_token(self.runtime.roots.newest, account_id)
        async with self.runtime.store.write() as tx:
            await accounts.add_token(tx, pid, record, 0)
        return self.person(text)

    async def workspace_id(self) -> str:
        me = (await self.admin.get("/v1/me")).json()
        return str(me["memberships"][0]["workspace_id"])

    async def another_workspace(self, name: str) -> str:
        """A workspace of an admin whom nobody knows; its id."""
        account = f"{new_id('acc')}@other.example"
        made = await initialize(self.settings, workspace=name, account=account, clock=self.clock)
        return made.workspace_id

    async def stranger(self) -> Person:
        """The admin of another workspace."""
        made = await initialize(
            self.settings, workspace="Other", account="eve@other.example", clock=self.clock
        )
        return self.person(made.operator_token)

    async def verify(self, secret: str, **options: Any) -> httpx.Response:
        return await self.gateway.get(
            "/v1/forward-auth", headers={"authorization": f"Bearer {secret}"}, **options
        )


def store_of(settings: ServiceSettings) -> Store:
    """The store of another process."""
    if settings.is_postgresql:
        return PostgresStore(settings.database_url)
    opened = open_file(settings.database_path)
    return SqliteStore(opened.file, opened.lease)


@asynccontextmanager
async def a_world(
    data_dir: Path, engine: Engine = Engine.SQLITE, **environ: str
) -> AsyncIterator[World]:
    """A started service with the workspace Acme, whose admin is ops@acme.example."""
    clock = Clock()
    # The clock stands still, so that a bucket that was emptied would stay empty.
    environ = {"KEYCONSOLE_RATE_LIMITS": "off"} | environ
    async with AsyncExitStack() as closing:
        token, url = await closing.enter_async_context(initialized(data_dir, engine))
        if url is not None:
            environ["KEYCONSOLE_DATABASE_URL"] = url
        settings = ServiceSettings.from_environment(data_dir, environ=environ)
        app = create_app(settings, clock=clock)
        await app.start()
        closing.push_async_callback(app.aclose)
        world = World(settings, clock, app)
        world.admin = world.person(token)
        closing.push_async_callback(world.gateway.aclose)
        try:
            yield world
        finally:
            for person in world.people:
                await person.http.aclose()


@asynccontextmanager
async def initialized(data_dir: Path, engine: Engine) -> AsyncIterator[tuple[str, str | None]]:
    """A copy of what `initialize` made once a run: the admin's token, and the URL of a server."""
    template = shared.directory() / f"initialized-{engine}"
    token = template.with_suffix(".token")
    with shared.lock(template.name + ".lock"):
        if not token.exists():
            token.write_text(await _initialize(template, engine))
    shutil.copytree(template, data_dir, dirs_exist_ok=True)
    async with AsyncExitStack() as closing:
        url = None
        if engine is Engine.POSTGRESQL:
            url = await closing.enter_async_context(a_copy(TEMPLATE))
        yield token.read_text(), url


async def _initialize(data_dir: Path, engine: Engine) -> str:
    url = None
    if engine is Engine.POSTGRESQL:
        await create(TEMPLATE)
        url = url_of(TEMPLATE)
    settings = ServiceSettings.from_environment(data_dir, url, environ={})
    made = await initialize(settings, workspace="Acme", account="ops@acme.example", clock=Clock())
    return made.operator_token


def fresh_nonce() -> str:
    return f"nonce-{next(_counter):030d}"


def _dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
