"""A search finds what reading everything finds, by whichever way in, and stays in step."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from tests.service.world import World

from keyconsole.service.clock import DAY
from keyconsole.service.store import search
from keyconsole.service.store.tables import api_keys

LABELS = (
    "api-gateway-prod", "api-gateway-staging", "Cron Worker", "ü", "q", "zz top", "x_y%z",
    'quote"d', "naïve-süß-prod", "10.1.4.7", "ab", "b", "worker-prod-2", "WORKER",
)  # fmt: skip
SORTS = ("label", "-label", "created_at", "-created_at", "last_used_at", "-last_used_at")


@pytest.fixture
async def filled(world: World) -> World:
    """Two integrations of several states, and keys of every kind in them."""
    chance = random.Random(5)
    prod = await world.admin.integration("Salesforce")
    sandbox = await world.admin.integration("Sandbox", environment="sandbox")
    made = []
    for number, label in enumerate(LABELS):
        for place in (prod, sandbox):
            world.clock.move(DAY * chance.randrange(3))
            public_key, secret = await world.admin.key(place, label=label)
            made.append(public_key)
            if chance.random() < 0.5:
                await world.verify(secret)
            elif chance.random() < 0.5:
                await world.admin.post(f"/v1/keys/{public_key}/acknowledge")
            if number % 4 == 0:
                await world.admin.revoke(public_key)
            elif number % 4 == 1:
                await world.admin.post(f"/v1/keys/{public_key}/disable", {})
    await world.runtime.recorder.flush()
    return world


async def found(world: World, *, limit: int = 3, **params: Any) -> list[str]:
    """Every page of a list."""
    keys: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await world.admin.get("/v1/keys", limit=limit, **params, **cursor)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        keys += [key["public_key"] for key in page["items"]]
        if page["next_cursor"] is None:
            return keys
        cursor = {"cursor": page["next_cursor"]}


QUERIES = (
    "", "prod", "gateway", "o", "q", "ß", "ss", "zz", "b", "ab", "x_y%", '"quote"d', "nowhere",
    "status:revoked", "status:disabled", "status:active", "status:unconfirmed", "status:expired",
    "status:revoked,unconfirmed", "unused:5d", "age:9d", "age:<9d", "by:ops", "by:nobody",
    "by:ops@acme.example", "env:prod", "env:sand", "env:nowhere", "from:10.1.4.7", "from:10.1.",
    "from:10.9.", "status:active env:prod worker", "from:10.1. unused:2d o",
)  # fmt: skip


SIZES = ("GATHERED", "WALKS", "FAR")
ALONG_THE_LIST = (0, (60_000,), 0)
WAYS = {
    "gathered": (10_000, (20_000,), 60_000),
    "gathered without a step": (0, (), 60_000),
    "gathered though a few steps might do": (0, (5, 12), 60_000),
    "along the list to its end": (0, (3, 20_000), 60_000),
    "zone by zone": (0, (), 0),
    "zone by zone after a few steps": (0, (2, 3), 5),
}


@pytest.mark.parametrize("sizes", WAYS.values(), ids=WAYS)
async def test_every_way_in_finds_the_same_in_the_same_order(
    filled: World, monkeypatch: pytest.MonkeyPatch, sizes: Sequence[object]
) -> None:
    monkeypatch.setattr(search, "ENOUGH", 0)
    for query in QUERIES:
        whole: dict[str, list[str]] = {}
        for way, limit in ((ALONG_THE_LIST, 500), (sizes, 3)):
            for name, size in zip(SIZES, way, strict=True):
                monkeypatch.setattr(search, name, size)
            for sort in SORTS:
                keys = await found(filled, query=query, sort=sort, limit=limit)
                assert len(keys) == len(set(keys)), (query, sort)
                assert keys == whole.setdefault(sort, keys), (query, sort)
        assert len({frozenset(keys) for keys in whole.values()}) == 1, query


async def test_a_part_of_a_label_is_found_whatever_its_length(filled: World) -> None:
    every = (await filled.admin.get("/v1/keys", limit=500)).json()["items"]
    for part in ("prod", "ro", "o", "ß", "q", "ss", "zz t", 'e"d', "_y%", "worker", "nothing"):
        expected = {key["public_key"] for key in every if part in key["label"].casefold()}
        if part in ("ß", "ss"):
            expected = {key["public_key"] for key in every if "ß" in key["label"]}
        folded = part.casefold()
        names = {
            key["public_key"]
            for key in every
            if key["public_key"][4:].startswith(folded) or key["public_key"].endswith(folded)
        }
        assert set(await found(filled, q=part)) == expected | names, part


@pytest.mark.parametrize("steps", [(), (1,)], ids=["at once", "after a step"])
async def test_what_many_labels_begin_with_is_found_elsewhere_as_well(
    world: World, monkeypatch: pytest.MonkeyPatch, steps: tuple[int, ...]
) -> None:
    for name, size in zip(SIZES, (0, steps, 0), strict=True):
        monkeypatch.setattr(search, name, size)
    place = await world.admin.integration()
    labels = ["a hook", "hook-0", "hook-1", "hook-2", "hook-3", "hook-4-hook", "the hook", "zebra"]
    made = {label: (await world.admin.key(place, label=label))[0] for label in labels}
    expected = [made[label] for label in labels if "hook" in label]

    assert await found(world, q="hook", sort="label") == expected
    assert await found(world, q="hook", sort="-label") == expected[::-1]
    revoked = [made[label] for label in ("a hook", "hook-1", "hook-3")]
    for key in revoked:
        await world.admin.revoke(key)
    assert await found(world, q="hook", sort="label", status="revoked") == revoked
    assert await found(world, q="hook", sort="-label", status="revoked") == revoked[::-1]


async def test_both_ends_of_a_public_key_find_it(filled: World) -> None:
    every = (await filled.admin.get("/v1/keys", limit=500)).json()["items"]
    for key in every[:5]:
        name = key["public_key"]
        for part in (name, name[:9], name[4:9], name[-4:], name[-6:], name[-3:], name[-2:]):
            assert name in await found(filled, q=part), part


async def test_a_rename_moves_a_key_in_the_index(world: World) -> None:
    key, _ = await world.admin.key(await world.admin.integration(), label="old-name")
    answer = await world.admin.patch(f"/v1/keys/{key}", {"label": "new-name"}, if_match="*")
    assert answer.status_code == 200
    assert await found(world, q="old-n") == []
    assert await found(world, q="ew-na") == [key]
    if not world.settings.is_postgresql:
        await world.sql("INSERT INTO key_grams (key_grams) VALUES ('integrity-check')")


async def test_what_any_writer_of_sql_inserts_is_found(world: World) -> None:
    await world.admin.key(await world.admin.integration(), label="by-the-service")
    other = {"pid": f"'{'0' * 16}'", "label": "'by-hand'", "label_skeleton": "'by-hand'"}
    names = [column.name for column in api_keys.columns]
    await world.sql(
        f"INSERT INTO api_keys ({', '.join(names)}) "
        f"SELECT {', '.join(other.get(name, name) for name in names)} FROM api_keys"
    )
    assert await found(world, q="by-ha") == ["kcp_" + "0" * 16]


async def test_a_change_that_is_undone_leaves_the_index_as_it_was(world: World) -> None:
    key, _ = await world.admin.key(await world.admin.integration(), label="stays")
    async with world.runtime.store.write() as tx:
        await tx.exec_driver_sql("UPDATE api_keys SET label_skeleton = 'goes'")
        await tx.rollback()
    assert await found(world, q="stays") == [key]
    assert await found(world, q="goes") == []


async def test_another_workspace_is_never_found(filled: World) -> None:
    stranger = await filled.stranger()
    for params in ({"q": "prod"}, {"query": "from:10.1."}, {"query": "by:ops"}, {"q": "q"}):
        assert (await stranger.get("/v1/keys", **params)).json()["items"] == []


async def test_a_bad_term_is_a_refusal_that_says_where(world: World) -> None:
    answer = await world.admin.get("/v1/keys", query="prod stauts:active")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "query"
    assert "character 6" in answer.json()["detail"]
    both = await world.admin.get("/v1/keys", query="prod", q="x")
    assert both.status_code == 422
