"""The demo as a service: everything in it is real."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.service.world import COMPLETE, Person

from keyconsole.core import credential
from keyconsole.demo import start
from keyconsole.demo.history import nonce_of
from keyconsole.demo.notable import STRANGER
from keyconsole.demo.start import DemoService, start_demo
from keyconsole.demo.traffic import Traffic
from keyconsole.service.audit_chain import ChainVerifier
from keyconsole.service.clock import HOUR
from keyconsole.service.embedded import EmbeddedService, start_embedded
from keyconsole.service.rules.minting import secret_of
from keyconsole.service.runtime import Runtime
from keyconsole.service.store.audit import EventRecord
from keyconsole.service.store.engine import StoreUnavailableError

NOW = 1_795_510_800_000  # 24 November 2026, 9:00 UTC


def still() -> int:
    return NOW


class Demo:
    """A demo and somebody who is signed in."""

    def __init__(self, service: EmbeddedService) -> None:
        self.service = service
        self.person = Person(service.app, service.token)

    @property
    def runtime(self) -> Runtime:
        return self.service.app.runtime

    async def key(self, label: str, integration: str, status: str = "active") -> str:
        """The public key of a label."""
        found = (
            await self.person.get("/v1/keys", query=f"{label} status:{status}", limit=500)
        ).json()
        [public_key] = [
            each["public_key"]
            for each in found["items"]
            if (each["label"], each["integration_name"]) == (label, integration)
        ]
        return str(public_key)

    def secret(self, public_key: str) -> str:
        pid = credential.pid_of(public_key)
        return secret_of(self.runtime.roots.newest, pid, nonce_of(pid)).text

    async def verify(self, public_key: str) -> str:
        """What forward-auth says of the right secret: the reason, or nothing."""
        transport = httpx.ASGITransport(self.service.app, client=("10.1.4.7", 40_000))
        async with httpx.AsyncClient(transport=transport, base_url="http://keys") as http:
            answer = await http.get(
                "/v1/forward-auth", headers={"authorization": f"Bearer {self.secret(public_key)}"}
            )
        return str(answer.headers.get("x-auth-reason", ""))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.service.database_path)) as raw:
            return raw.execute(query).fetchall()


@asynccontextmanager
async def demo_in(directory: Path, *, traffic: bool = False) -> AsyncIterator[Demo]:
    demo = Demo(await start_demo(directory, clock=still, traffic=traffic))
    try:
        yield demo
    finally:
        await demo.person.http.aclose()
        await demo.service.aclose()


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    async with demo_in(tmp_path / "demo") as made:
        yield made


async def test_ana_is_admin_of_acme(demo: Demo) -> None:
    me = (await demo.person.get("/v1/me")).json()
    assert (me["email"], me["embedded"]) == ("ana@acme.example", True)
    [membership] = me["memberships"]
    assert (membership["workspace"], membership["role"]) == ("acme", "admin")
    assert demo.service.workspace == "acme"


async def test_lists_say_what_was_promised(demo: Demo) -> None:
    integrations = (await demo.person.get("/v1/integrations", limit=500)).json()["items"]
    assert len(integrations) == 40
    totals = {
        state: sum(each["key_counts"][state] for each in integrations)
        for state in ("active", "unconfirmed", "disabled", "expired", "revoked")
    }
    assert totals == {
        "active": 392 + 14, "unconfirmed": 14, "disabled": 18, "expired": 46, "revoked": 130,
    }  # fmt: skip
    [salesforce] = [each for each in integrations if each["name"] == "Salesforce Production"]
    assert len(salesforce["recent_use"]) == 24
    assert min(salesforce["recent_use"][:-1]) > 100

    used = await demo.person.get("/v1/keys", sort="-last_used_at", limit=5)
    assert all(key["last_used_at"] for key in used.json()["items"])


async def test_two_demos_hold_the_same(demo: Demo, tmp_path: Path) -> None:
    queries = (
        "SELECT pid, label, created_at, created_by, last_used_at, version, integration_id,"
        " revoked_at, revoked_sequence FROM api_keys ORDER BY pid",
        "SELECT pid, hour, outcome, count FROM usage_hours ORDER BY 1, 2, 3",
        "SELECT pid, address, agent, first_seen_at, last_seen_at, accepted, refused"
        " FROM usage_sources ORDER BY 1, 2, 3",
        "SELECT at, actor, action, target_name FROM audit_events ORDER BY sequence",
    )
    async with demo_in(tmp_path / "other") as other:
        for query in queries:
            assert demo.rows(query) == other.rows(query)
        root = "SELECT id FROM root_keys"
        assert demo.rows(root) != other.rows(root)


async def test_the_audit_chain_holds_from_its_first_event(demo: Demo) -> None:
    columns = ", ".join(EventRecord.__slots__)
    found = demo.rows(f"SELECT {columns} FROM audit_events ORDER BY sequence")
    events = [EventRecord(**dict(zip(EventRecord.__slots__, row, strict=True))) for row in found]
    assert len(events) > 1_300
    assert ChainVerifier(demo.runtime.roots).follow(events)
    assert [event.action for event in events[:2]] == ["workspace.created", "member.added"]
    assert [event.at for event in events] == sorted(event.at for event in events)


async def test_its_guards_are_there_and_hold(demo: Demo) -> None:
    assert await demo.runtime.lookup.check() is None
    with closing(sqlite3.connect(demo.service.database_path, timeout=60)) as raw:
        with pytest.raises(sqlite3.IntegrityError, match="for ever"):
            raw.execute("UPDATE api_keys SET revoked_at = NULL WHERE revoked_at IS NOT NULL")
        with pytest.raises(sqlite3.IntegrityError, match="never deleted"):
            raw.execute("DELETE FROM api_keys")


async def test_use_by_integration_is_the_sum_of_its_keys(demo: Demo) -> None:
    [(by_key,)] = demo.rows("SELECT sum(count) FROM usage_hours WHERE outcome = 'accepted'")
    [(by_integration,)] = demo.rows("SELECT sum(accepted) FROM integration_hours")
    assert by_key == by_integration


async def test_keys_are_real(demo: Demo) -> None:
    live = await demo.key("api-gateway-prod", "Salesforce Production")
    dead = await demo.key("old-backend", "Salesforce Production", "revoked")
    assert await demo.verify(live) == ""
    assert await demo.verify(dead) == "key-revoked"

    for public_key, accepted in ((live, True), (dead, False)):
        digest = credential.digest(demo.secret(public_key)).hex()
        answer = await demo.person.post(
            "/v1/identify", {"public_key": public_key, "digest": digest}
        )
        assert answer.json()["match"] == "match"
        assert answer.json()["would_authenticate"] is accepted


async def test_revoking_works_and_an_old_revoke_has_its_receipt(demo: Demo) -> None:
    live = await demo.key("api-gateway-prod", "Salesforce Production")
    receipt = await demo.person.revoke(live, reason="key_compromise")
    assert (receipt.status_code, receipt.json()["already"]) == (200, False)
    assert await demo.verify(live) == "key-revoked"

    old = await demo.key("old-backend", "Salesforce Production", "revoked")
    again = (await demo.person.revoke(old)).json()
    assert (again["already"], again["incident"]) == (True, "INC-4102")
    assert again["revoked_by"] == "noor@acme.example"


async def test_creating_works(demo: Demo) -> None:
    integration = await demo.person.integration("Something new", **COMPLETE)
    _, secret = await demo.person.key(integration)
    assert credential.parse(secret).kind is credential.Kind.API_KEY


async def test_the_stranger_is_seen(demo: Demo) -> None:
    public_key = await demo.key("api-gateway-prod", "Salesforce Production")
    usage = (await demo.person.get(f"/v1/keys/{public_key}/usage")).json()
    [stranger] = [each for each in usage["sources"] if each["address"] == STRANGER.address]
    assert stranger["agent"] == STRANGER.agent
    assert usage["last_hour"] > 400
    assert len(usage["hours"]) > 29 * 24


@pytest.fixture
def precious(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A database and a root key that the environment names; nothing may appear there."""
    directory = tmp_path / "precious"
    directory.mkdir()
    monkeypatch.setenv("KEYCONSOLE_DATABASE_URL", f"sqlite:///{directory}/keyconsole.db")
    monkeypatch.setenv("KEYCONSOLE_ROOT_KEY_FILE", str(directory / "root-keys"))
    monkeypatch.setenv("KEYCONSOLE_ROOT_KEY", "nonsense")
    yield directory
    assert list(directory.iterdir()) == []


async def test_no_setting_of_the_environment_reaches_it(precious: Path, tmp_path: Path) -> None:
    async with demo_in(tmp_path / "demo") as demo:
        assert demo.service.database_path.parent == tmp_path / "demo"


async def test_a_story_that_cannot_be_written_leaves_nothing_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[EmbeddedService] = []

    async def remembered(directory: Path, **options: Any) -> EmbeddedService:
        opened.append(await start_embedded(directory, **options))
        return opened[-1]

    async def refused(*_: object) -> None:
        raise StoreUnavailableError

    monkeypatch.setattr(start, "start_embedded", remembered)
    monkeypatch.setattr(start, "write_history", refused)
    with pytest.raises(StoreUnavailableError):
        await start_demo(tmp_path / "demo", clock=still)
    [service] = opened
    with pytest.raises(StoreUnavailableError) as closed:
        await service.app.runtime.lookup.find("0" * 16)
    assert isinstance(closed.value.__cause__, sqlite3.ProgrammingError)


async def test_traffic_moves_last_use_and_brings_the_stranger_back(tmp_path: Path) -> None:
    async with demo_in(tmp_path / "demo", traffic=True) as demo:
        traffic = traffic_of(demo)
        stranger = f"SELECT accepted FROM usage_sources WHERE address = '{STRANGER.address}'"
        [(before,)] = demo.rows(stranger)
        public_key = await demo.key("api-gateway-prod", "Salesforce Production")
        await traffic.pass_time(HOUR)
        card = (await demo.person.get(f"/v1/keys/{public_key}")).json()
        assert card["last_used_at"] == "2026-11-24T09:00:00.000Z"
        [(after,)] = demo.rows(stranger)
        assert after == before + 18


async def test_traffic_is_refused_as_the_verifier_decides(tmp_path: Path) -> None:
    async with demo_in(tmp_path / "demo", traffic=True) as demo:
        public_key = await demo.key("api-gateway-prod", "Salesforce Production")
        await demo.person.revoke(public_key)
        await traffic_of(demo).pass_time(HOUR)
        usage = (await demo.person.get(f"/v1/keys/{public_key}/usage")).json()
        assert usage["hours"][-1]["refused"]["key-revoked"] > 100


async def test_traffic_passes_by_itself_and_ends_with_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keyconsole.demo.traffic.TICK_SECONDS", 0)
    async with demo_in(tmp_path / "demo", traffic=True) as demo:
        ticking = traffic_of(demo)._ticking
        assert ticking.is_running
    assert not ticking.is_running


async def test_without_traffic_nothing_moves(demo: Demo) -> None:
    assert isinstance(demo.service, DemoService)
    assert demo.service.traffic is None


def traffic_of(demo: Demo) -> Traffic:
    assert isinstance(demo.service, DemoService)
    assert demo.service.traffic is not None
    return demo.service.traffic
