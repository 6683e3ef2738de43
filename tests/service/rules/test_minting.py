"""Creating twice does not create two, and does not lose the secret."""

import asyncio
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from tests.service.world import World, fresh_nonce

from keyconsole.core import credential
from keyconsole.core.credential import Credential, Kind
from keyconsole.service.clock import HOUR, MINUTE, moment
from keyconsole.service.rootkeys import RootKey
from keyconsole.service.rules.minting import REPLAY_WINDOW, secret_of
from keyconsole.wire import Role, rfc3339

NONCE = "n" * 22


@pytest.fixture
async def integration(world: World) -> str:
    return await world.admin.integration()


async def keys_of(world: World, integration: str) -> list[dict[str, object]]:
    answer = await world.admin.get(f"/v1/integrations/{integration}/keys")
    items: list[dict[str, object]] = answer.json()["items"]
    return items


@pytest.mark.parametrize("derive", [secret_of, partial(secret_of, kind=Kind.OPERATOR_TOKEN)])
def test_a_secret_follows_from_root_pid_and_nonce_and_from_no_two_of_them(
    derive: Callable[[RootKey, str, str], Credential],
) -> None:
    root, another_root = RootKey.of(bytes(32)), RootKey.of(b"\1" * 32)
    pid, another_pid = "0" * credential.PID_LENGTH, "1" * credential.PID_LENGTH
    made = [
        derive(root, pid, NONCE),
        derive(another_root, pid, NONCE),
        derive(root, another_pid, NONCE),
        derive(root, pid, "m" * 22),
    ]
    assert derive(root, pid, NONCE) == made[0]
    assert len({each.text[21:64] for each in made}) == len(made)


async def test_a_new_key_comes_with_its_secret_once(world: World, integration: str) -> None:
    answer = await world.admin.create(integration, label="  api-gateway-prod ")
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    assert "idempotent-replayed" not in answer.headers
    body = answer.json()
    assert set(body) == {"key", "secret"}
    parsed = credential.parse(body["secret"])
    assert body["key"]["public_key"] == parsed.public_key
    assert body["key"]["label"] == "api-gateway-prod"
    assert body["key"]["status"] == "active"
    assert body["key"]["confirmed"] is False
    assert body["key"]["created_by"] == "ops@acme.example"
    shown = await world.admin.get(f"/v1/keys/{parsed.public_key}")
    assert shown.json() == body["key"]
    assert body["secret"] not in shown.text


@pytest.mark.parametrize("fields", [{}, {"owner": {"name": "Payments"}}], ids=["maker", "team"])
async def test_a_create_answers_what_is_read_afterwards(
    world: World, integration: str, fields: dict[str, Any]
) -> None:
    [place] = (await world.admin.get("/v1/me")).json()["memberships"]
    policy = {"settings": {"max_key_age_days": 30, "default_expiry_days": 7}}
    changed = await world.admin.patch(f"/v1/workspaces/{place['workspace_id']}", policy)
    assert changed.status_code == 200, changed.text
    key = (await world.admin.create(integration, **fields)).json()["key"]

    assert key["rotate_by"] is not None
    assert (key["owner"]["account_id"] is None) is bool(fields)
    assert (await world.admin.get(f"/v1/keys/{key['public_key']}")).json() == key


async def test_the_same_request_again_gets_the_identical_answer(
    world: World, integration: str
) -> None:
    first = await world.admin.create(integration, NONCE, label="a")
    world.clock.move(REPLAY_WINDOW - 1)
    again = await world.admin.create(integration, NONCE, label="a")
    assert again.status_code == 201
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["cache-control"] == "no-store"
    assert len(await keys_of(world, integration)) == 1


async def test_a_retry_gets_its_answer_even_if_the_payload_would_be_refused_by_now(
    world: World, integration: str
) -> None:
    expires = rfc3339(moment(world.clock.now + MINUTE))
    first = await world.admin.create(integration, NONCE, label="a", expires_at=expires)
    world.clock.move(2 * MINUTE)
    await world.admin.patch(f"/v1/integrations/{integration}", {"status": "disabled"})
    again = await world.admin.create(integration, NONCE, label="a", expires_at=expires)
    assert again.content == first.content


async def test_a_retry_is_identical_even_if_the_key_was_renamed(
    world: World, integration: str
) -> None:
    first = await world.admin.create(integration, NONCE, label="a")
    path = f"/v1/keys/{first.json()['key']['public_key']}"
    assert (await world.admin.patch(path, {"label": "b"}, if_match="*")).status_code == 200
    assert (await world.admin.create(integration, NONCE, label="a")).content == first.content


@pytest.mark.parametrize(
    "other", [{"label": "b"}, {"label": "a", "allowed_ips": ["10.0.0.1"]}, {"label": "a "}]
)
async def test_another_payload_with_the_same_nonce_is_refused(
    world: World, integration: str, other: dict[str, Any]
) -> None:
    await world.admin.create(integration, NONCE, label="a")
    answer = await world.admin.create(integration, NONCE, **other)
    assert answer.status_code == 422
    assert answer.json()["error"] == "idempotency-key-reused"


async def test_the_nonce_of_one_integration_does_not_serve_another(
    world: World, integration: str
) -> None:
    await world.admin.create(integration, NONCE, label="a")
    other = await world.admin.integration("HubSpot")
    answer = await world.admin.create(other, NONCE, label="a")
    assert answer.json()["error"] == "idempotency-key-reused"


async def test_the_nonce_of_somebody_else_is_another_nonce(world: World, integration: str) -> None:
    first = await world.admin.create(integration, NONCE, label="a")
    colleague = await world.member(Role.OPERATOR)
    taken = await colleague.create(integration, NONCE, label="a")
    assert taken.json()["error"] == "label-taken"
    second = await colleague.create(integration, NONCE, label="b")
    assert second.status_code == 201
    assert second.json()["secret"] != first.json()["secret"]


async def closed(world: World, integration: str, public_key: str) -> None:
    answer = await world.admin.create(integration, NONCE, label="a")
    assert answer.status_code == 409
    assert answer.json()["error"] == "secret-already-issued"
    assert answer.json()["public_key"] == public_key
    assert "kcs_" not in answer.text


async def test_the_window_closes_when_the_creator_has_the_secret(
    world: World, integration: str
) -> None:
    made = (await world.admin.create(integration, NONCE, label="a")).json()["key"]
    answer = await world.admin.post(f"/v1/keys/{made['public_key']}/acknowledge")
    assert answer.json()["confirmed"] is True
    await closed(world, integration, made["public_key"])


async def test_the_window_closes_with_a_revoke(world: World, integration: str) -> None:
    made = (await world.admin.create(integration, NONCE, label="a")).json()["key"]
    await world.admin.revoke(made["public_key"])
    await closed(world, integration, made["public_key"])


async def test_the_window_closes_with_the_first_use_as_flushed(
    world: World, integration: str
) -> None:
    made = (await world.admin.create(integration, NONCE, label="a")).json()
    await world.verify(made["secret"])
    await world.runtime.recorder.flush()
    await closed(world, integration, made["key"]["public_key"])


async def test_the_window_closes_after_ten_minutes(world: World, integration: str) -> None:
    made = (await world.admin.create(integration, NONCE, label="a")).json()["key"]
    world.clock.move(10 * MINUTE)
    await closed(world, integration, made["public_key"])


@pytest.mark.parametrize("nonce", ["", "n" * 21, "n" * 129, "n" * 21 + "!", "n" * 21 + " "])
async def test_a_nonce_is_needed_and_has_a_shape(
    world: World, integration: str, nonce: str
) -> None:
    answer = await world.admin.post(
        f"/v1/integrations/{integration}/keys", {"label": "a"}, idempotency_key=nonce
    )
    assert answer.status_code == 400
    assert answer.json()["error"] == "idempotency-key-required"
    bare = await world.admin.post(f"/v1/integrations/{integration}/keys", {"label": "a"})
    assert bare.json()["error"] == "idempotency-key-required"
    assert await keys_of(world, integration) == []


async def test_identical_requests_at_once_make_one_key(world: World, integration: str) -> None:
    answers = await asyncio.gather(
        *(world.admin.create(integration, NONCE, label="a") for _ in range(12))
    )
    made = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in made}) == 1
    refused = {answer.json()["error"] for answer in answers if answer.status_code != 201}
    assert refused <= {"idempotency-in-progress"}
    assert len(await keys_of(world, integration)) == 1
    events = (await world.admin.get("/v1/audit", action="key.created")).json()["items"]
    assert len(events) == 1


async def test_the_same_label_at_once_makes_one_key(world: World, integration: str) -> None:
    for label in ("A  b", "c", "d", "e", "f", "g"):  # writers may miss one another once
        answers = await asyncio.gather(
            *(world.admin.create(integration, label=label) for _ in range(6))
        )
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5


async def test_a_create_that_was_cancelled_is_finished_and_its_retry_answered(
    world: World, integration: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from keyconsole.service.store import audit

    extend, go_on = audit.extend, asyncio.Event()

    async def held(*arguments: Any) -> None:
        await go_on.wait()
        await extend(*arguments)

    monkeypatch.setattr(audit, "extend", held)
    create = asyncio.create_task(world.admin.create(integration, NONCE, label="a"))
    while not world.runtime.creating:
        assert not create.done(), create
        await asyncio.sleep(0)
    create.cancel()
    with pytest.raises(asyncio.CancelledError):
        await create
    running = await world.admin.create(integration, NONCE, label="a")
    assert running.json()["error"] == "idempotency-in-progress"
    go_on.set()
    await world.app.writes.join()
    again = await world.admin.create(integration, NONCE, label="a")
    assert again.status_code == 201
    assert again.headers["idempotent-replayed"] == "true"


async def test_a_key_whose_event_cannot_be_written_is_not_made(
    world: World, integration: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from keyconsole.service.store import audit

    async def broken(*_: object) -> None:
        raise RuntimeError("the audit log is broken")

    monkeypatch.setattr(audit, "extend", broken)
    answer = await world.admin.create(integration, NONCE, label="a")
    assert answer.status_code == 500
    assert answer.json()["error"] == "internal-error"
    assert "broken" not in answer.text
    monkeypatch.undo()
    assert await keys_of(world, integration) == []
    assert (await world.admin.create(integration, NONCE, label="a")).status_code == 201


async def test_a_draft_says_what_it_still_needs(world: World) -> None:
    draft = (await world.admin.post("/v1/integrations", {"name": "Draft"})).json()
    answer = await world.admin.create(draft["id"])
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["error"] == "integration-not-configured"
    fields = [error["field"] for error in problem["errors"]]
    assert fields == ["provider", "environment", "client_id", "redirect_uri", "scopes"]
    assert "client id" in problem["detail"]


async def test_a_disabled_integration_makes_no_keys(world: World, integration: str) -> None:
    await world.admin.patch(f"/v1/integrations/{integration}", {"status": "disabled"})
    answer = await world.admin.create(integration)
    assert answer.json()["error"] == "integration-not-configured"
    assert "disabled" in answer.json()["detail"]


@pytest.mark.parametrize("twin", ["API-Gateway", "api-gateway ", "ＡＰＩ-gateway"])
async def test_a_label_that_looks_the_same_is_taken_and_its_holder_named(
    world: World, integration: str, twin: str
) -> None:
    public_key, _ = await world.admin.key(integration, label="api-gateway")
    answer = await world.admin.create(integration, label=twin)
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["error"] == "label-taken"
    assert problem["errors"][0]["field"] == "label"
    assert f"kcp_…{public_key[-4:]}" in problem["detail"]


async def test_a_label_is_free_again_after_revoke_or_expiry(world: World, integration: str) -> None:
    public_key, _ = await world.admin.key(integration, label="a")
    await world.admin.revoke(public_key)
    expires = rfc3339(moment(world.clock.now + HOUR))
    assert (await world.admin.create(integration, label="a", expires_at=expires)).is_success
    assert not (await world.admin.create(integration, label="a")).is_success
    world.clock.move(HOUR)
    assert (await world.admin.create(integration, label="a")).is_success
    other = await world.admin.integration("HubSpot")
    assert (await world.admin.create(other, label="a")).is_success


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"label": ""}, "label"),
        ({"label": "a\u202eb"}, "label"),
        ({"label": "a\nb"}, "label"),
        ({"label": "x" * 101}, "label"),
        ({"label": 7}, "label"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2999-01-01T00:00:00"}, "expires_at"),
        ({"expires_at": 99999999999}, "expires_at"),
        ({"allowed_ips": ["10.0.0.1", "10.0.0.300"]}, "allowed_ips.1"),
        ({"allowed_ips": ["10.0.0.1"] * 51}, "allowed_ips"),
        ({"allowed_ips": ["fe80::1%\u001b[31m"]}, "allowed_ips.0"),
        ({"allowed_ips": ["10.0.0.1", "fe80::%eth0/64"]}, "allowed_ips.1"),
        ({"allowed_ips": ["10.0.0.1/" + "0" * 50 + "32"]}, "allowed_ips.0"),
        ({"metadata": {"team": "x" * 501}}, "metadata"),
        ({"metadata": {str(n): "x" for n in range(21)}}, "metadata"),
        ({"owner": "me"}, "owner"),
    ],
)
async def test_a_field_at_fault_is_named_without_its_value(
    world: World, integration: str, fields: dict[str, Any], at: str
) -> None:
    answer = await world.admin.create(integration, **fields)
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert problem["error"] == "request-invalid"
    assert [error["field"] for error in problem["errors"]] == [at]
    assert problem["errors"][0]["message"]
    for value in (".300", "x" * 50, "999999", "2001-01", "\u202e"):
        assert value not in answer.text


async def test_addresses_are_kept_as_they_are_compared(world: World, integration: str) -> None:
    answer = await world.admin.create(
        integration, allowed_ips=["10.1.4.7/32", " 10.1.0.9/16", "10.1.4.7", "2001:DB8::1"]
    )
    assert answer.json()["key"]["allowed_ips"] == ["10.1.4.7", "10.1.0.0/16", "2001:db8::1"]
    answer = await world.admin.create(
        integration,
        allowed_ips=["::ffff:10.1.4.7", "::ffff:10.1.0.9/112", "::ffff:0:0/95", "::/0", "fe80::1"],
    )
    assert answer.json()["key"]["allowed_ips"] == [
        "10.1.4.7",
        "10.1.0.0/16",
        "::fffe:0:0/95",
        "::/0",
        "fe80::1",
    ]


async def test_an_address_written_as_mapped_lets_its_source_through(
    world: World, integration: str
) -> None:
    _, secret = await world.admin.key(integration, allowed_ips=["::ffff:10.1.4.7"])
    assert (await world.verify(secret)).status_code == 200


async def test_the_secret_and_the_nonce_are_nowhere_in_the_database(
    world: World, integration: str
) -> None:
    nonce = fresh_nonce()
    made = (await world.admin.create(integration, nonce, label="a")).json()
    secret = made["secret"]
    await world.verify(secret)
    await world.runtime.recorder.flush()
    canaries = [
        secret[21:64],
        nonce,
        world.admin.token[21:64],
        credential.digest(secret).hex(),
        credential.digest(world.admin.token).hex(),
    ]
    raw_digests = [credential.digest(secret), credential.digest(world.admin.token)]

    def holds(content: bytes) -> bool:
        return any(c.encode() in content for c in canaries) or any(
            d in content for d in raw_digests
        )

    kept = await world.contents()
    assert not holds(repr(kept).encode())
    assert secret[5:20] in repr(kept)
    if world.settings.is_postgresql:
        return
    files = list(world.database.parent.iterdir())
    assert {file.suffix for file in files} >= {".db", ".db-wal"}
    assert not [file.name for file in files if holds(file.read_bytes())]
    with sqlite3.connect(world.database) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    assert not holds(world.database.read_bytes())
