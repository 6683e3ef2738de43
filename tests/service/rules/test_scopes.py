"""A key may be used for some scopes of its integration, and at no moment for another one."""

from collections.abc import Sequence

import httpx
import pytest
from tests.service.databases import Engine
from tests.service.world import Person, World

from keyconsole.wire import Permission, Role

SCOPES = ["orders.read", "orders.write", "refunds"]


@pytest.fixture
async def shop(world: World) -> str:
    """An integration with three scopes."""
    return await world.admin.integration("Shop", scopes=SCOPES)


async def carry(person: Person, public_key: str, scopes: object) -> httpx.Response:
    return await person.patch(f"/v1/keys/{public_key}", {"scopes": scopes}, if_match="*")


async def demand(world: World, secret: str, query: str = "", *headers: str) -> httpx.Response:
    asked = [(b"authorization", f"Bearer {secret}".encode())]
    asked += [(b"x-required-scope", each.encode()) for each in headers]
    return await world.gateway.get(f"/v1/forward-auth{query}", headers=asked)


async def test_what_counts_is_what_the_key_carries_and_its_integration_has(
    world: World, shop: str
) -> None:
    public_key, secret = await world.admin.key(shop, scopes=["orders.read", "refunds"])
    _, of_all = await world.admin.key(shop)

    assert (await demand(world, secret)).headers["x-scopes"] == "orders.read refunds"
    assert (await demand(world, of_all)).headers["x-scopes"] == " ".join(SCOPES)

    path = f"/v1/integrations/{shop}"
    assert (await world.admin.patch(path, {"scopes": ["refunds", "more"]})).is_success

    assert (await demand(world, secret)).headers["x-scopes"] == "refunds"
    assert (await demand(world, of_all)).headers["x-scopes"] == "refunds more"
    shown = (await world.admin.get(f"/v1/keys/{public_key}")).json()
    assert shown["scopes"] == ["orders.read", "refunds"]
    assert shown["effective_scopes"] == ["refunds"]
    assert (await carry(world.admin, public_key, ["orders.read"])).is_success
    answer = await demand(world, secret)
    assert (answer.status_code, answer.headers["x-scopes"]) == (200, "")


async def test_a_demand_is_met_whole_or_refused_by_name(world: World, shop: str) -> None:
    _, secret = await world.admin.key(shop, scopes=["orders.read", "refunds"])

    for met in ("?scope=orders.read", "?scope=orders.read+refunds", "?scope="):
        assert (await demand(world, secret, met)).status_code == 200, met
    assert (await demand(world, secret, "?scope=refunds", "orders.read")).status_code == 200

    for query, header, told in (
        ("?scope=orders.write", "", "orders.write"),
        ("?scope=orders.read+orders.write", "", "orders.read orders.write"),
        ("?scope=orders.read&scope=x", "", "orders.read x"),
        ("?scope=orders.read", "orders.write", "orders.write orders.read"),
        ("", "ORDERS.READ", "ORDERS.READ"),
        ("", 'a"b\\c refunds', "refunds"),
    ):
        answer = await demand(world, secret, query, header)
        assert answer.status_code == 403, query
        assert answer.headers["x-auth-reason"] == "insufficient-scope"
        challenge = f'Bearer realm="keyconsole", error="insufficient_scope", scope="{told}"'
        assert answer.headers["www-authenticate"] == challenge


async def test_below_the_path_the_query_is_the_callers_and_demands_nothing(
    world: World, shop: str
) -> None:
    _, secret = await world.admin.key(shop, scopes=["refunds"])

    assert (await demand(world, secret, "/orders?scope=orders.write")).status_code == 200
    assert (await demand(world, secret, "/orders", "orders.write")).status_code == 403


async def test_a_key_that_is_refused_anyway_is_told_that_and_no_scope(
    world: World, shop: str
) -> None:
    public_key, secret = await world.admin.key(shop, scopes=["refunds"])
    await world.admin.revoke(public_key)

    answer = await demand(world, secret, "?scope=orders.write")

    assert answer.headers["x-auth-reason"] == "key-revoked"


async def test_introspection_tells_the_scopes(world: World, shop: str) -> None:
    gateway = await world.member(Role.GATEWAY)
    _, secret = await world.admin.key(shop, scopes=["refunds", "orders.read"])

    answer = await gateway.http.post("/v1/introspect", data={"token": secret})

    assert answer.json()["scope"] == "orders.read refunds"


async def test_a_rotation_keeps_them(world: World, shop: str) -> None:
    public_key, _ = await world.admin.key(shop, scopes=["refunds"])
    rotated = await world.admin.post(
        f"/v1/keys/{public_key}/rotation", {}, idempotency_key="r" * 32
    )

    assert rotated.json()["key"]["scopes"] == ["refunds"]


async def test_who_may_revoke_may_narrow_and_only_who_may_create_widens(
    world: World, shop: str
) -> None:
    public_key, _ = await world.admin.key(shop)
    responder = await world.member(Role.RESPONDER)
    for fewer in (SCOPES, ["orders.read", "refunds"], ["refunds"], ["refunds"]):
        assert (await carry(responder, public_key, fewer)).status_code == 200, fewer

    for wider in (["orders.read"], ["refunds", "orders.read"], None):
        answer = await carry(responder, public_key, wider)
        assert answer.status_code == 403, wider
        assert Permission.KEYS_CREATE in answer.json()["detail"]

    assert (await carry(world.admin, public_key, None)).json()["scopes"] is None
    events = (await world.admin.get("/v1/audit", action="key.scopes_changed")).json()["items"]
    told = [(each["detail"]["scopes"]["from"], each["detail"]["scopes"]["to"]) for each in events]
    assert told[0] == (["refunds"], None)
    assert told[-1] == (None, SCOPES)


@pytest.mark.parametrize(
    "wrong",
    [[], ["orders.delete"], ["orders read"], ['"'], ["é"], [""], ["refunds"] * 200, "refunds", 7],
)
async def test_what_is_no_scope_of_the_integration_changes_nothing(
    world: World, shop: str, wrong: Sequence[str]
) -> None:
    public_key, _ = await world.admin.key(shop, scopes=["refunds"])

    for answer in (
        await carry(world.admin, public_key, wrong),
        await world.admin.create(shop, label="another", scopes=wrong),
    ):
        assert answer.status_code in (400, 422)
        assert answer.json()["errors"][0]["field"].startswith("scopes")
    shown = (await world.admin.get("/v1/keys")).json()["items"]
    assert [each["scopes"] for each in shown] == [["refunds"]]


@pytest.mark.parametrize("stored", ["{", '"refunds"', "[1]", "7"])
@pytest.mark.parametrize("table", ["api_keys", "integrations"])
@pytest.mark.parametrize("world", [Engine.SQLITE], indirect=True)
async def test_scopes_that_cannot_be_read_grant_nothing(
    world: World, shop: str, table: str, stored: str
) -> None:
    _, secret = await world.admin.key(shop, scopes=["refunds"])
    await world.sql(f"UPDATE {table} SET scopes = '{stored}'")

    answer = await demand(world, secret, "?scope=refunds")

    assert answer.status_code in (403, 503)
    if table == "api_keys":
        assert (await demand(world, secret, "")).status_code == 503


async def test_a_scope_finds_the_keys_for_which_it_counts(world: World, shop: str) -> None:
    lean = await world.admin.integration("Lean", scopes=["refunds"])
    made = {}
    for label, place, scopes in (
        ("all", shop, None),
        ("one", shop, ["orders.read"]),
        ("other", shop, ["refunds"]),
        ("longer", shop, ["orders.write"]),
        ("lean", lean, None),
    ):
        made[label], _ = await world.admin.key(place, label=label, scopes=scopes)

    async def found(query: str) -> set[str]:
        items = (await world.admin.get("/v1/keys", query=query)).json()["items"]
        return {each["label"] for each in items}

    assert await found("scope:orders.read") == {"all", "one"}
    assert await found("scope:refunds") == {"all", "other", "lean"}
    assert await found("scope:refunds in:Lean") == {"lean"}
    assert await found("scope:ORDERS.READ") == await found("scope:orders") == set()
    await world.admin.patch(f"/v1/integrations/{shop}", {"scopes": ["refunds"]})
    assert await found("scope:orders.read") == set()


async def test_how_many_keys_gain_a_scope_is_in_the_log(world: World, shop: str) -> None:
    for label, scopes in (("all", None), ("one", ["orders.read"])):
        await world.admin.key(shop, label=label, scopes=scopes)
    path = f"/v1/integrations/{shop}"
    for scopes in (["refunds"], ["refunds", "orders.read"], ["refunds", "more"]):
        await world.admin.patch(path, {"scopes": scopes})

    events = (await world.admin.get("/v1/audit", action="integration.changed")).json()["items"]

    assert [each["detail"].get("keys_gaining") for each in reversed(events)] == [None, 2, 1]
