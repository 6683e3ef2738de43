"""Whatever is asked, the answer is a problem document that gives nothing away."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from tests.service.databases import on_postgresql, on_sqlite
from tests.service.world import COMPLETE, World

from keyconsole.service.app import create_app
from keyconsole.service.routes.requests import MAX_BODY
from keyconsole.service.store import integrations
from keyconsole.service.store.engine import Connection

CANARY = "kcs_0123456789abcdef_"


def check_problem(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"]
    problem = answer.json()
    assert problem["type"] == f"urn:keyconsole:problem:{code}"
    assert problem["error"] == code
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"] == problem["message"]
    assert problem["instance"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/", "/v1/nope", "/docs", "/openapi.json", "/v1/keys/"]
)
async def test_an_unknown_path_is_not_found(world: World, path: str) -> None:
    check_problem(await world.admin.get(path), 404, "not-found")


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/v1/keys"), ("PUT", "/v1/me"), ("DELETE", "/v1/keys/kcp_0000000000000000")],
)
async def test_another_method_says_which_there_are(world: World, method: str, path: str) -> None:
    answer = await world.admin.http.request(method, path)
    check_problem(answer, 405, "method-not-allowed")
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/v1/me", "/v1/nope"])
async def test_head_is_answered_as_get_is(world: World, path: str) -> None:
    head, get = await world.admin.http.head(path), await world.admin.get(path)
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.headers["content-type"] == get.headers["content-type"]
    assert int(head.headers["content-length"]) > 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"name": "a"} x',
        b"\xff\xfe",
        b'{"name": "\\ud800"}',
        b"[" * 5000,
    ],
)
async def test_what_is_not_json_is_malformed(world: World, body: bytes) -> None:
    check_problem(
        await world.admin.http.post("/v1/integrations", content=body), 400, "body-malformed"
    )


@pytest.mark.parametrize("body", [[], "text", 7, None, True, {"name": {"a": 1}}, {"name": ["a"]}])
async def test_json_of_another_shape_is_refused(world: World, body: Any) -> None:
    answer = await world.admin.http.post("/v1/integrations", content=json.dumps(body))
    check_problem(answer, 422, "request-invalid")


async def test_a_body_has_a_limit(world: World) -> None:
    whole = json.dumps({"name": "x", "provider": "y" * MAX_BODY})
    check_problem(
        await world.admin.http.post("/v1/integrations", content=whole), 413, "body-too-large"
    )


async def test_a_rejected_value_is_never_repeated(world: World) -> None:
    secret = CANARY + "A" * 49
    integration = await world.admin.integration()
    asked = [
        await world.admin.post("/v1/integrations", {"name": "x", secret: secret}),
        await world.admin.post("/v1/integrations", COMPLETE | {"name": secret * 3}),
        await world.admin.post(
            "/v1/integrations", COMPLETE | {"name": "x", "redirect_uri": secret}
        ),
        await world.admin.patch(f"/v1/integrations/{integration}", {"status": secret}),
        await world.admin.create(integration, expires_at=secret, allowed_ips=[secret]),
        await world.admin.create(integration, metadata={secret: 1}),
        await world.admin.create(integration, nonce=secret + "!"),
        await world.admin.get(
            "/v1/keys", sort=secret, cursor=secret, query=secret, unused_for=secret
        ),
        await world.admin.get("/v1/keys", **{secret: "1"}),
        await world.admin.get(f"/v1/keys/{secret}"),
        await world.admin.get(f"/v1/{secret}"),
        await world.admin.post("/v1/identify", {"public_key": secret, "digest": secret}),
    ]
    for answer in asked:
        assert answer.status_code in (400, 404, 422)
        assert CANARY not in answer.text
        assert CANARY not in str(answer.headers)


async def test_answers_are_ascii_only(world: World) -> None:
    await world.admin.integration("Grüße 東京")
    for path in ("/v1/integrations", "/v1/audit"):
        answer = await world.admin.get(path)
        assert answer.content.isascii()
    assert (await world.admin.get("/v1/integrations")).json()["items"][0]["name"] == "Grüße 東京"


async def test_a_bug_is_answered_as_a_problem_and_logged_without_secrets(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from keyconsole.service.store import key_pages

    secret = CANARY + "A" * 49

    async def broken(*_: object) -> None:
        local = secret
        raise RuntimeError(f"cannot find {local}")

    monkeypatch.setattr(key_pages, "page", broken)
    answer = await world.admin.get("/v1/keys")
    check_problem(answer, 500, "internal-error")
    assert answer.headers["x-request-id"] in caplog.text
    assert f"cannot find {CANARY}…" in caplog.text
    assert f"{CANARY}A" not in caplog.text


async def test_a_store_that_does_not_answer_is_503(world: World) -> None:
    await world.impatient()
    async with world.busy():
        answer = await world.admin.post("/v1/integrations", {"name": "x"})
        check_problem(answer, 503, "store-unavailable")
        assert int(answer.headers["retry-after"]) >= 1
    assert (await world.admin.post("/v1/integrations", {"name": "x"})).status_code == 201


async def limit_pages(world: World, pages: int) -> None:
    """How large the database may become, as if its disk had no more."""
    async with world.runtime.store.write([]) as tx:
        await tx.exec_driver_sql(f"PRAGMA max_page_count = {pages}")


@on_sqlite
async def test_a_disk_that_is_full_is_named_and_what_fits_again_is_written(world: World) -> None:
    await limit_pages(world, 1)
    names = iter(f"Salesforce {number}" for number in range(1000))
    while (
        answer := await world.admin.post("/v1/integrations", {"name": next(names)})
    ).status_code == 201:
        pass
    check_problem(answer, 503, "store-unavailable")
    assert "its disk is full, read-only or failing" in answer.json()["message"]
    assert (await world.admin.get("/v1/integrations")).status_code == 200

    await limit_pages(world, 1_000_000)
    again = await world.admin.post("/v1/integrations", {"name": next(names)})
    assert again.status_code == 201


@on_postgresql
async def test_a_server_whose_disk_is_full_says_so_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(tx: Connection, *_: object) -> None:
        await tx.exec_driver_sql("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100'; END $$")

    monkeypatch.setattr(integrations, "add", refused)
    answer = await world.admin.post("/v1/integrations", {"name": "x"})
    check_problem(answer, 503, "store-unavailable")
    assert "its disk is full, read-only or failing" in answer.json()["message"]


async def test_health_tells_strangers_nothing(world: World) -> None:
    assert (await world.gateway.get("/livez")).json() == {"status": "live"}
    assert (await world.gateway.get("/readyz")).json() == {"status": "ready"}
    await world.runtime.lookup.aclose()
    check_problem(await world.gateway.get("/readyz"), 503, "store-unavailable")
    assert (await world.gateway.get("/livez")).status_code == 200


async def test_closing_waits_for_writes_that_began(world: World) -> None:
    integration = await world.admin.integration()
    public_key, _ = await world.admin.key(integration)
    revoke = asyncio.create_task(world.admin.revoke(public_key))
    while not world.app.writes:  # noqa: ASYNC110 - no event to wait for
        await asyncio.sleep(0)
    await world.app.aclose()
    assert (await revoke).status_code == 200
    await world.app.start()


async def test_an_app_that_is_not_started_says_so(world: World) -> None:
    transport = httpx.ASGITransport(app=create_app(world.settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://keys") as http:
        for path in ("/v1/forward-auth", "/v1/me"):
            with pytest.raises(RuntimeError, match="not started"):
                await http.get(path)


def a_create(world: World) -> dict[str, Any]:
    """The scope of a request whose body the test sends itself."""
    return {
        "type": "http",
        "method": "POST",
        "path": "/v1/integrations",
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {world.admin.token}".encode())],
    }


async def test_whoever_hangs_up_within_a_body_is_answered_nothing_and_is_no_error(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    sent: list[Any] = []
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": b'{"name": "x', "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    await world.app(a_create(world), receive, send)
    assert (sent, messages, caplog.records) == ([], [], [])


async def test_a_request_that_the_server_gave_up_is_answered_nothing_more(world: World) -> None:
    """A server that stops has answered it itself, and takes a second answer for a bug."""
    sent: list[Any] = []
    committed = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await committed.wait()
        return {"type": "http.request", "body": b'{"name": "x"}', "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    request = asyncio.create_task(world.app(a_create(world), receive, send))
    while not world.app.writes:  # noqa: ASYNC110 - no event to wait for
        await asyncio.sleep(0)
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    committed.set()
    await world.app.writes.join()
    assert sent == []
    [made] = (await world.admin.get("/v1/integrations")).json()["items"]
    assert made["name"] == "x"
