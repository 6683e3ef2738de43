"""How a client signs in to OAuth's endpoints, and the form of their errors (RFC 6749)."""

import base64
import hmac
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from urllib.parse import quote, quote_plus

import httpx
import pytest
from tests.service.databases import Engine
from tests.service.world import Person, World

from keyconsole.core import credential
from keyconsole.core.credential import Kind
from keyconsole.service.limits import Buckets
from keyconsole.service.middleware import deadline
from keyconsole.service.store.engine import Connection, Store
from keyconsole.wire import Role

ENGINES = [Engine.SQLITE]

INTROSPECT, REVOKE = "/v1/introspect", "/v1/revoke"
PATHS = [INTROSPECT, REVOKE]
FORM = {"content-type": "application/x-www-form-urlencoded"}
DESCRIPTION = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]+")


@pytest.fixture
async def gateway(world: World) -> Person:
    return await world.member(Role.GATEWAY)


@pytest.fixture
async def key(world: World) -> tuple[str, str]:
    return await world.admin.key(await world.admin.integration())


def id_of(person: Person) -> str:
    return f"tok_{credential.parse(person.token).pid}"


def basic(pair: str | bytes, scheme: str = "Basic") -> dict[str, str]:
    raw = pair.encode() if isinstance(pair, str) else pair
    return {"authorization": f"{scheme} {base64.b64encode(raw).decode()}"}


async def ask(
    world: World, path: str, token: str, headers: dict[str, str] | None = None, **form: str
) -> httpx.Response:
    return await world.gateway.post(path, data={"token": token} | form, headers=headers)


def refused(answer: httpx.Response, status: int, error: str) -> None:
    """It is an error of OAuth, and a problem besides."""
    assert answer.status_code == status, answer.text
    found = answer.json()
    assert (found["error"], found["status"]) == (error, status)
    assert DESCRIPTION.fullmatch(found["error_description"])
    assert found["type"].startswith("urn:keyconsole:problem:")
    assert found["instance"] == answer.headers["x-request-id"]
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert ("www-authenticate" in answer.headers) == (status == 401)


async def is_alive(world: World, secret: str) -> bool:
    return (await world.verify(secret)).status_code == 200


async def test_a_client_is_the_id_and_the_value_of_a_token(
    world: World, gateway: Person, key: tuple[str, str]
) -> None:
    name, value = id_of(gateway), gateway.token
    escaped = "".join(f"%{ord(each):02X}" for each in value)
    ways: list[tuple[dict[str, str], dict[str, str]]] = [
        (basic(f"{name}:{value}"), {}),
        (basic(f"{name}:{value}", "bAsIc"), {}),
        (basic(f"{name}:{value}", "Basic "), {}),
        (basic(f"{quote_plus(name)}:{escaped}"), {}),
        (basic(f"{name}:{value}"), {"client_id": name}),
        ({"authorization": f"bearer {value}"}, {"client_id": "anybody", "client_secret": ""}),
        ({}, {"client_id": name, "client_secret": value}),
    ]
    for headers, form in ways:
        answer = await ask(world, INTROSPECT, key[1], headers, **form)
        assert (answer.status_code, answer.json().get("sub")) == (200, key[0]), (headers, form)
    integration = await world.admin.integration(name="Another")
    for headers, form in ways:
        _, secret = await world.admin.key(integration)
        assert (await ask(world, REVOKE, secret, headers, **form)).status_code == 200
        assert not await is_alive(world, secret)


def wrong_pairs(name: str, value: str, other: str) -> Iterator[str | bytes]:
    """What is no client, as it stands in the header: at most one half is right."""
    forged = credential.assemble(Kind.OPERATOR_TOKEN, value[4:20], b"\x01" * 32).text
    yield from (f"{other}:{value}", f"{name}:{forged}", f"{name}:{value[:-1]}", f"{name}:x")
    yield from (f":{value}", f"{name}:", ":", "", name, value, f"{value}:{name}", f"{value}:")
    yield from (f"{name.upper()}:{value}", f"{name[4:]}:{value}", f" {name}:{value}")
    yield from (f"{name}::{value}", f"{name}:{value}:", f":{name}:{value}", f"{name}%3A{value}")
    yield from (f"{name}:{value}%00", f"%00{name}:{value}", f"{name}:{value}\0", f"{name}:{value}+")
    yield from (f"{name}:{quote(quote('%6B'))}{value[1:]}", f"{name}:%6{value[1:]}")
    yield from (
        f"{name}:%",
        f"{name}:%zz",
        f"{name}:%u0041",
        "%:%",
        f"{name}:%ff%fe",
        f"%ff:{value}",
    )
    yield from (b"\xff\xfe:\xff", f"{name}:".encode() + b"\xc3", f"tök:{value}", f"{name}:кey")
    yield f"{name}:{credential.mint(Kind.API_KEY).text}"
    yield f"{name}:{credential.mint(Kind.OPERATOR_TOKEN).text}"


def wrong_headers(name: str, value: str) -> Iterator[str]:
    """What is no pair at all."""
    whole = base64.b64encode(f"{name}:{value}".encode()).decode()
    yield from ("Basic", "Basic ", "Basic !", "Basic =", f"Basic {name}:{value}", "Basic a b")
    yield from (f"Basic {whole}=", f"Basic {whole[:-3]}", f"Basic {whole} {whole}")
    yield from (f"Basic {whole}, Basic {whole}", f"Basic {whole}é")


@pytest.mark.parametrize("path", PATHS)
async def test_whatever_is_no_client_gets_one_answer_and_changes_nothing(
    world: World, gateway: Person, key: tuple[str, str], path: str
) -> None:
    other = await world.member(Role.GATEWAY)
    name, value = id_of(gateway), gateway.token
    headers = [basic(each) for each in wrong_pairs(name, value, id_of(other))]
    headers += [{"authorization": each} for each in wrong_headers(name, value)]
    said = set()
    for each in headers:
        encoded = [(k.encode(), v.encode()) for k, v in each.items()]
        answer = await world.gateway.post(path, data={"token": key[1]}, headers=encoded)
        refused(answer, 401, "invalid_client")
        assert answer.headers["www-authenticate"] == 'Basic realm="keyconsole"'
        said.add(answer.json()["error_description"])
    for pair in wrong_pairs(name, value, id_of(other)):
        if isinstance(pair, str) and ":" in pair and pair.partition(":")[2]:
            client_id, _, secret = pair.partition(":")
            answer = await ask(world, path, key[1], client_id=client_id, client_secret=secret)
            refused(answer, 401, "invalid_client")
            said.add(answer.json()["error_description"])
    assert len(said) == 1
    refused(await ask(world, path, key[1], client_secret=value), 401, "invalid_client")
    assert await is_alive(world, key[1])


@pytest.mark.parametrize("path", PATHS)
async def test_basic_with_the_id_of_another_client_in_the_form_is_no_client(
    world: World, gateway: Person, key: tuple[str, str], path: str
) -> None:
    pair = basic(f"{id_of(gateway)}:{gateway.token}")
    for other in (id_of(await world.member(Role.GATEWAY)), "anybody"):
        refused(await ask(world, path, key[1], pair, client_id=other), 401, "invalid_client")
    assert await is_alive(world, key[1])


async def test_a_form_may_have_empty_places_between_its_fields(
    world: World, gateway: Person, key: tuple[str, str]
) -> None:
    headers = FORM | {"authorization": f"Bearer {gateway.token}"}
    for body in (f"token={key[1]}&", f"&token={key[1]}&&token_type_hint=x"):
        answer = await world.gateway.post(INTROSPECT, content=body, headers=headers)
        assert answer.json()["active"] is True
    for body in ("&", "token", f"token={key[1]}&token"):
        answer = await world.gateway.post(INTROSPECT, content=body, headers=headers)
        refused(answer, 400, "invalid_request")


async def test_a_token_that_is_over_is_no_client_any_more(
    world: World, key: tuple[str, str]
) -> None:
    me = (await world.admin.get("/v1/me")).json()["account_id"]
    made = (
        await world.admin.post("/v1/tokens", {"account_id": me}, idempotency_key="t" * 32)
    ).json()
    pair = basic(f"{made['id']}:{made['value']}")
    refused(await ask(world, INTROSPECT, key[1], pair), 403, "unauthorized_client")
    assert (await world.admin.delete(f"/v1/tokens/{made['id']}")).status_code == 204
    for path in PATHS:
        refused(await ask(world, path, key[1], pair), 401, "invalid_client")
    assert await is_alive(world, key[1])


@pytest.mark.parametrize("path", PATHS)
async def test_two_ways_at_once_and_fields_given_twice_are_a_bad_request(
    world: World, gateway: Person, key: tuple[str, str], path: str
) -> None:
    name, value = id_of(gateway), gateway.token
    pair, bearer = basic(f"{name}:{value}"), {"authorization": f"Bearer {value}"}
    for headers in (pair, bearer):
        answer = await ask(world, path, key[1], headers, client_id=name, client_secret=value)
        refused(answer, 400, "invalid_request")
    for second in (pair, bearer):
        twice = [("authorization", each["authorization"]) for each in (pair, second)]
        answer = await world.gateway.post(path, data={"token": key[1]}, headers=twice)
        refused(answer, 400, "invalid_request")
    for field in ("token", "client_id", "client_secret", "token_type_hint", "unknown"):
        whole = {"token": key[1], "client_id": name, "client_secret": value} | {field: "x"}
        body = "&".join(f"{k}={v}" for k, v in whole.items()) + f"&{field}=x"
        answer = await world.gateway.post(path, content=body, headers=FORM)
        refused(answer, 400, "invalid_request")
    assert await is_alive(world, key[1])


async def test_without_credentials_a_key_is_revoked_by_possession(world: World) -> None:
    integration = await world.admin.integration()
    for headers, form in (({}, {}), ({}, {"client_id": "public"}), ({"authorization": " "}, {})):
        _, secret = await world.admin.key(integration)
        refused(await ask(world, INTROSPECT, secret, headers, **form), 401, "invalid_client")
        assert (await ask(world, REVOKE, secret, headers, **form)).status_code == 200
        assert not await is_alive(world, secret)


async def test_a_wrong_id_costs_what_a_wrong_value_costs(
    world: World, gateway: Person, key: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same reads and the same comparisons, and no sign-in that would be shown as one."""
    name, value = id_of(gateway), gateway.token
    forged = credential.assemble(Kind.OPERATOR_TOKEN, value[4:20], b"\x01" * 32).text
    unknown = credential.mint(Kind.OPERATOR_TOKEN)
    headers = [
        {"authorization": f"Bearer {forged}"},
        basic(f"{name}:{forged}"),
        basic(f"tok_{'0' * 16}:{value}"),
        basic(f"tok_{unknown.pid}:{unknown.text}"),
    ]
    done: list[str] = []
    real_digest, store = hmac.compare_digest, type(world.runtime.store)
    real_read = store.read

    def compare(known: bytes, given: bytes) -> bool:
        done.append(f"compare {len(given)}")
        return real_digest(known, given)

    asked = ContextVar("asked", default=False)  # not so in what goes on in the background
    asked.set(True)

    def read(self: Store) -> AbstractAsyncContextManager[Connection]:
        if asked.get():
            done.append("read")
        return real_read(self)

    monkeypatch.setattr("keyconsole.service.rules.principals.hmac.compare_digest", compare)
    monkeypatch.setattr(store, "read", read)
    costs: list[Sequence[str]] = []
    for each in headers:
        done.clear()
        refused(await ask(world, INTROSPECT, key[1], each), 401, "invalid_client")
        costs.append([step for step in done if step != "compare 20"])  # of the id: a microsecond
    assert costs == [["read", "compare 32"]] * len(headers)
    monkeypatch.undo()
    await world.runtime.token_last_used.flush()
    query = f"SELECT last_used_at FROM operator_tokens WHERE pid = '{name[4:]}'"
    assert await world.sql(query) == [(0,)]  # never


async def test_wrong_credentials_run_out_by_source_as_wrong_tokens_do(
    world: World, gateway: Person, key: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = world.runtime.limits
    ways: list[tuple[dict[str, str], dict[str, str]]] = [
        (basic(f"tok_{'0' * 16}:{gateway.token}"), {}),
        ({}, {"client_id": id_of(gateway), "client_secret": "x"}),
    ]
    for path in PATHS:
        for wrong in ways:
            object.__setattr__(limits, "failures", Buckets(1, 2, world.clock))
            answers = [await ask(world, path, key[1], wrong[0], **wrong[1]) for _ in range(3)]
            assert [each.status_code for each in answers] == [401, 401, 429]
            refused(answers[-1], 429, "temporarily_unavailable")
            assert answers[-1].headers["retry-after"] == "1"


@pytest.mark.parametrize("path", PATHS)
async def test_every_error_has_the_form_of_oauth(
    world: World, gateway: Person, key: tuple[str, str], path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = basic(f"{id_of(gateway)}:{gateway.token}")
    for body, kind in (
        (json.dumps({"token": key[1]}), "application/json"),
        (f"token={key[1]}", "text/plain"),
        ("token_type_hint=access_token", FORM["content-type"]),
        ("token=", FORM["content-type"]),
        ("", FORM["content-type"]),
    ):
        answer = await world.gateway.post(path, content=body, headers=pair | {"content-type": kind})
        refused(answer, 400, "invalid_request")
    refused(await ask(world, path, "x" * 20_000, pair), 413, "invalid_request")
    refused(await ask(world, path, "x" * 20_000), 413, "invalid_request")
    for method in ("GET", "PUT", "DELETE", "OPTIONS"):
        answer = await world.gateway.request(method, path, headers=pair)
        assert answer.headers["allow"] == "POST"
        refused(answer, 405, "invalid_request")
    monkeypatch.setattr(deadline, "DEADLINE_SECONDS", 0.0)
    refused(await ask(world, path, key[1], pair), 503, "temporarily_unavailable")
    monkeypatch.undo()
    elsewhere = await world.gateway.get("/v1/me", headers=pair)
    assert elsewhere.headers["content-type"] == "application/problem+json"
    assert elsewhere.headers["www-authenticate"] == 'Bearer realm="keyconsole"'
    assert (elsewhere.json()["error"], elsewhere.status_code) == ("not-signed-in", 401)
