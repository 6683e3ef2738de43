"""A database that a released version wrote works with this version, and keeps every promise."""

import ast
import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.service.databases import Engine
from tests.service.store.frozen import RELEASES, Past, a_past
from tests.service.world import World, a_world

from keyconsole.service.checkup import check
from keyconsole.service.clock import DAY
from keyconsole.service.store import revisions

VERSIONS = revisions.SCRIPTS / "versions"

RELEASED = {
    "0001": "3ccb3a9e4d3ab756193a54a0e9ba53a140cbea59f446aba1efee91e30d1088ab",
    "0002": "2821025fc2c08f402eefdd3de8d9e68dd6e67abcec42e7fa6931e319113fdb70",
    "0003": "054bf08f0788e1f5a8d13cd4ddf66eaa9ab24f9e14a59ff1fad3d2e82f75a6f3",
    "0004": "223f5a2890831fd8a247aaf3caa8fdb07922b0c913557020ad2d2551a74088db",
}
"""The SHA-256 of every migration that a release contains, by its revision."""

SCHEMA = {
    Engine.SQLITE: [
        "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'",
    ],
    Engine.POSTGRESQL: [
        "SELECT table_name, column_name, data_type, collation_name, is_nullable, column_default "
        "FROM information_schema.columns WHERE table_schema = 'public'",
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace AND contype <> 'n'",
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
        "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    ],
}
"""Queries for everything that a migration or a guard makes, whatever order it was made in."""

YOUNGER = {
    "0.1.0": {
        *("accepted_histories", "attention_dismissals", "invitations", "other_sources"),
        *("limit_counts", "source_days", "usage_seconds"),
    }
}
"""The tables that each release did not have yet."""

FORBIDDEN = [
    "UPDATE api_keys SET revoked_at = NULL WHERE revoked_at IS NOT NULL",
    "DELETE FROM api_keys",
    "UPDATE audit_events SET actor = 'nobody'",
    "DELETE FROM audit_events",
]


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=list(Engine))
def engine(request: pytest.FixtureRequest) -> Engine:
    return Engine(request.param)


@pytest.fixture
async def past(release: str, engine: Engine, tmp_path: Path) -> AsyncIterator[Past]:
    async with a_past(release, engine, tmp_path / "past") as copied:
        yield copied


@pytest.fixture
async def upgraded(past: Past) -> AsyncIterator[World]:
    async with past.opened() as world:
        yield world


async def test_keys_are_let_through_and_refused_as_before(past: Past, upgraded: World) -> None:
    secrets = [*past.facts["live"].values(), past.facts["other_live"]]
    # One of them is bound to addresses, and the gateway of the tests has one of those.
    assert [(await upgraded.verify(each)).status_code for each in secrets] == [200] * 6
    for name in ("revoked", "expired", "disabled"):
        answer = await upgraded.verify(past.facts[name])
        assert (answer.status_code, answer.json()["error"]) == (401, f"key-{name}")


async def test_a_fuse_that_was_lit_before_still_revokes(past: Past, upgraded: World) -> None:
    assert (await upgraded.verify(past.facts["fused"])).json()["error"] == "key-disabled"
    upgraded.clock.move(90 * DAY)
    assert (await upgraded.verify(past.facts["fused"])).json()["error"] == "key-revoked"


async def test_the_audit_log_is_whole_and_agrees_with_its_checkpoints(
    past: Past, upgraded: World
) -> None:
    people = [upgraded.admin, upgraded.person(past.facts["other_operator_token"])]
    for workspace, person in zip(past.facts["workspaces"], people, strict=True):
        before = [each for each in past.checkpoints if each["workspace_id"] == workspace]
        answer = (await person.get("/v1/audit/verification")).json()
        assert (answer["first_broken"], answer["complete"]) == (None, True)
        assert answer["verified"] >= before[-1]["count"]
        rows = await upgraded.sql(
            f"SELECT sequence, hash FROM audit_events WHERE workspace_id = '{workspace}'"
        )
        assert {(each["count"], each["head"]) for each in before} <= {(a, b) for a, b in rows}


async def test_every_label_is_found_by_its_beginning_its_middle_and_its_end(
    past: Past, upgraded: World
) -> None:
    for label in past.facts["live"]:
        for part in (label[:4], label[2:6], label[-4:]):
            found = (await upgraded.admin.get("/v1/keys", query=part)).json()
            assert label in [key["label"] for key in found["items"]], part


async def test_a_label_that_is_taken_stays_taken_and_a_new_one_is_found(
    past: Past, upgraded: World
) -> None:
    integration = past.facts["integration"]
    for label in past.facts["live"]:
        for typed in (label, label.upper()):
            answer = await upgraded.admin.create(integration, label=typed)
            assert (answer.status_code, answer.json()["error"]) == (409, "label-taken")
    _, secret = await upgraded.admin.key(integration, label="straße-prod")
    assert (await upgraded.verify(secret)).status_code == 200
    [found] = (await upgraded.admin.get("/v1/keys", query="raße")).json()["items"]
    assert found["label"] == "straße-prod"


async def test_the_checkup_finds_nothing_wrong(past: Past) -> None:
    async with past.opened():
        pass
    found = await asyncio.to_thread(check, past.settings, past.clock())
    wanted = {"schema", "guards", "root key", "roots"}
    assert wanted <= {each.name for each in found.findings}
    assert [each for each in found.findings if each.name in wanted and not each.ok] == []


async def test_what_is_revoked_or_logged_cannot_be_changed(upgraded: World) -> None:
    for statement in FORBIDDEN:
        with pytest.raises(sa.exc.DBAPIError, match=r"for ever|never"):
            await upgraded.sql(statement)


async def test_the_schema_is_that_of_a_new_database(
    upgraded: World, engine: Engine, tmp_path: Path
) -> None:
    async with a_world(tmp_path / "new", engine) as new:
        for query in SCHEMA[engine]:
            expected = sorted(map(repr, await new.sql(query)))
            assert sorted(map(repr, await upgraded.sql(query))) == expected


async def test_a_second_start_changes_nothing(past: Past, engine: Engine) -> None:
    async with past.opened() as world:
        first = await world.contents()
        schema = [await world.sql(query) for query in SCHEMA[engine]]
    async with past.opened() as world:
        assert await world.contents() == first
        assert [await world.sql(query) for query in SCHEMA[engine]] == schema


async def test_every_table_of_the_past_has_rows(past: Past, release: str) -> None:
    async with past.opened() as world:
        empty = {table for table, rows in (await world.contents()).items() if not rows}
    assert empty == YOUNGER[release]


async def test_old_tokens_are_bound_to_the_only_workspace_of_their_account(
    past: Past, upgraded: World
) -> None:
    other = upgraded.person(past.facts["other_operator_token"])
    for person, workspace in zip((upgraded.admin, other), past.facts["workspaces"], strict=True):
        me = (await person.get("/v1/me")).json()
        assert [each["workspace_id"] for each in me["memberships"]] == [workspace]
        listed = (await person.get("/v1/tokens")).json()["items"]
        assert [each["workspace_id"] for each in listed if each["current"]] == [workspace]


def test_a_released_migration_is_never_edited() -> None:
    found = {
        each: [hashlib.sha256(path.read_bytes()).hexdigest() for path in _scripts(each)]
        for each in RELEASED
    }
    assert found == {each: [digest] for each, digest in RELEASED.items()}, (
        "A migration that was released has changed, or is gone. Databases exist that ran it as it "
        "was: put the file back, and write the change as a new migration."
    )


@pytest.mark.parametrize("revision", RELEASED)
def test_a_released_migration_depends_on_no_code_that_changes(revision: str) -> None:
    [script] = _scripts(revision)
    tree = ast.parse(script.read_text())
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    } | {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert [module for module in imported if module.startswith("keyconsole")] == []


def _scripts(revision: str) -> list[Path]:
    return list(VERSIONS.glob(f"{revision}_*.py"))
