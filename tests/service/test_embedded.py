"""The service inside another process: started, signed in to, closed, and found again."""

import asyncio
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts
from tests.service.world import Person

from keyconsole.core import credential
from keyconsole.core.credential import Kind
from keyconsole.core.errors import ConfigurationError
from keyconsole.service.embedded import EmbeddedService, start_embedded
from keyconsole.service.management import FIRST, FIRST_READS, management


@asynccontextmanager
async def embedded(
    data_dir: Path, account: str | None = None
) -> AsyncIterator[tuple[EmbeddedService, Person]]:
    service = await start_embedded(data_dir, account=account)
    person = Person(service.app, service.token)
    try:
        yield service, person
    finally:
        await person.http.aclose()
        await service.aclose()


async def test_the_person_is_admin_of_a_workspace_of_their_own(tmp_path: Path) -> None:
    async with embedded(tmp_path / "a" / "data") as (service, person):
        me = (await person.get("/v1/me")).json()
        assert me["embedded"] is True
        assert me["email"].endswith("@localhost")
        [membership] = me["memberships"]
        assert (membership["workspace"], membership["role"]) == ("local", "admin")
        assert service.workspace == "local"
        assert credential.parse(service.token).kind is Kind.OPERATOR_TOKEN
        assert service.token not in repr(service)


async def test_what_it_makes_is_private(tmp_path: Path) -> None:
    async with embedded(tmp_path / "data") as (service, _):
        assert stat.S_IMODE(service.data_dir.stat().st_mode) == 0o700
        assert stat.S_IMODE((service.data_dir / "root-keys").stat().st_mode) == 0o600
        for file in service.data_dir.iterdir():
            assert not stat.S_IMODE(file.stat().st_mode) & 0o077, file.name


async def test_keys_outlive_the_process_and_its_token_does_not(tmp_path: Path) -> None:
    async with embedded(tmp_path, "ada@example.com") as (_, person):
        integration = await person.integration()
        public_key, _ = await person.key(integration)
        old = person.token
    async with embedded(tmp_path, "ada@example.com") as (_, person):
        card = (await person.get(f"/v1/keys/{public_key}")).json()
        assert card["created_by"] == "ada@example.com"
        headers = {"authorization": f"Bearer {old}"}
        assert (await person.http.get("/v1/me", headers=headers)).status_code == 401
        events = (await person.get("/v1/audit")).json()["items"]
        assert [event["action"] for event in events].count("workspace.created") == 1


async def test_its_token_is_compared_like_any_other(tmp_path: Path) -> None:
    async with embedded(tmp_path) as (service, person):
        forged = credential.assemble(Kind.OPERATOR_TOKEN, service.token[4:20], b"\x01" * 32)
        headers = {"authorization": f"Bearer {forged.text}"}
        assert (await person.http.get("/v1/me", headers=headers)).status_code == 401


async def test_nothing_is_written_to_the_screen(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from keyconsole.service.store import key_pages

    async with embedded(tmp_path) as (_, person):
        monkeypatch.setattr(key_pages, "page", None)
        assert (await person.get("/v1/keys")).status_code == 500
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


async def test_a_directory_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be made"):
        await start_embedded(tmp_path / "file" / "data")


async def _made(data_dir: Path) -> None:
    async with embedded(data_dir):
        pass


def test_what_the_first_screens_read_loads_no_more_than_its_routes(tmp_path: Path) -> None:
    code = f"""
import asyncio, pathlib, sys
from keyconsole.client import KeyServiceClient
from keyconsole.service.embedded import start_embedded

async def read():
    service = await start_embedded(pathlib.Path({str(tmp_path)!r}))
    client = KeyServiceClient.embedded(service.app, service.token, read_only=False)
    await client.me()
    await client.integrations()
    print(*sys.modules)
    await client.refusals()
    print(*sys.modules)
    await client.aclose()
    await service.aclose()

asyncio.run(read())
"""
    asyncio.run(_made(tmp_path))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    whole = {f"keyconsole.service.routes.{name}" for name in ("audit", "members", "openapi")}
    read, asked = (set(line.split()) for line in done.stdout.splitlines())

    assert done.stderr == ""
    assert read & {*whole, "alembic", "rich", "keyconsole.service.server"} == set()
    assert "sqlalchemy.dialects.postgresql" not in read
    assert whole <= asked


def test_the_first_screens_read_no_route_of_another_resource() -> None:
    reads = {
        context.endpoint.__module__.rpartition(".")[2]
        for context in iter_route_contexts(management().routes)
        if "GET" in (context.methods or ()) and FIRST_READS.fullmatch(context.path or "")
    }

    assert reads == set(FIRST)
