"""A search finds what reading everything finds, in the order that it says, and stays in step."""

import random
import re
from typing import Any

import pytest
from tests.service.world import World

from keyconsole.client import KeyServiceClient
from keyconsole.core import safetext
from keyconsole.core.queries.keys import KeyQuery, quoted
from keyconsole.service.clock import DAY
from keyconsole.service.store import key_pages
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


async def found(world: World, *, limit: int = 9, **params: Any) -> list[str]:
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
    "from:10.9.", "label:*o*", "label:?", "label:w*prod-?", "label:nowhere", "integration:Sales*",
    "integration:s*", "created:<2030-01-01 label:*worker*", "status:active env:prod worker",
    "from:10.1. unused:2d o", "expires:90d", "expires:never o", "expires:<2030-01-01",
    "revoked:30d", "revoked:>=2020-01-01 status:revoked",
)  # fmt: skip


@pytest.mark.parametrize("glance", [1, 1_000], ids=["gathered", "along the list"])
async def test_a_list_has_the_same_keys_in_each_order_gathered_or_not(
    filled: World, monkeypatch: pytest.MonkeyPatch, glance: int
) -> None:
    monkeypatch.setattr(key_pages, "GLANCE", glance)
    for query in QUERIES:
        lists = {sort: await found(filled, query=query, sort=sort) for sort in SORTS}
        assert len({frozenset(keys) for keys in lists.values()}) == 1, query
        for up, down in zip(SORTS[::2], SORTS[1::2], strict=True):
            assert lists[up] == lists[down][::-1], query


async def test_more_than_the_cap_come_newest_first_and_all_of_them(
    filled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_order = {query: await found(filled, query=query, sort="-created_at") for query in QUERIES}
    monkeypatch.setattr(key_pages, "CAP", 4)
    monkeypatch.setattr(key_pages, "GLANCE", 2)
    for query in QUERIES:
        first = (await filled.admin.get("/v1/keys", query=query, sort="label", limit=3)).json()
        keys = await found(filled, query=query, sort="label", limit=3)
        if first["capped"]:
            assert first["order"] == "-created_at", query
            assert keys == in_order[query], query
        else:
            assert first["order"] == "label", query
            assert sorted(keys) == sorted(in_order[query]), query
            assert not query or len(keys) <= 4, query


async def test_a_capped_list_stays_capped_though_what_matches_becomes_less(
    filled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_pages, "CAP", 5)
    expected = await found(filled, query="status:revoked", sort="-created_at")
    page = (
        await filled.admin.get("/v1/keys", query="status:revoked", sort="label", limit=2)
    ).json()
    assert page["capped"]
    monkeypatch.setattr(key_pages, "CAP", 10_000)
    keys = [key["public_key"] for key in page["items"]]
    while page["next_cursor"]:
        page = (
            await filled.admin.get(
                "/v1/keys", query="status:revoked", sort="label", cursor=page["next_cursor"]
            )
        ).json()
        assert (page["order"], page["capped"]) == ("-created_at", True)
        keys += [key["public_key"] for key in page["items"]]
    assert keys == expected


async def test_the_client_asks_on_where_a_page_of_a_capped_list_is_empty(
    filled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    [oldest] = (await filled.admin.get("/v1/keys", sort="created_at", limit=1)).json()["items"]
    monkeypatch.setattr(key_pages, "CAP", 3)
    client = KeyServiceClient.embedded(filled.app, filled.admin.token)
    page = await client.keys(query=oldest["public_key"][4:6] + " status:active,revoked,disabled")
    every = await client.keys(query="qqq status:active")
    await client.aclose()
    assert page.capped
    assert page.items
    assert (every.items, every.next_cursor) == ([], None)


@pytest.mark.parametrize("text", ["a" * 101, "a" * 500, "ß" * 101, f"label:{'a' * 101}*"])
async def test_a_text_that_no_label_contains_is_not_looked_for(
    filled: World, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    async def asked(*_: object) -> None:
        raise AssertionError("the database was asked")

    monkeypatch.setattr(key_pages, "narrowest", asked)
    assert await found(filled, query=text) == []


HOSTILE = (
    "a" * 100, "a" * 90 + "b", "%", "_", "%%%", "\\", "'", '"', '"a" OR "b"', "a*", "NEAR(a b)",
    "a AND b", "-a", "(((", "^abc", "label:abc", "\u0301", "a\u0301\u0301\u0301", "支付", "支付宝",
    "🔑", "🔑🔑🔑", "\u202e", "ﷺ" * 6, "İ", "ß" * 60, "   ", "x" * 99 + "%",
)  # fmt: skip


async def test_no_text_is_anything_but_text(filled: World) -> None:
    for number, text in enumerate(HOSTILE):
        label = text if safetext.name_problem(text) is None else None
        place = await filled.admin.integration(f"Integration {number}")
        made = (await filled.admin.key(place, label=label))[0] if label else None
        keys = await found(filled, query=str(KeyQuery(text=text)), sort="label", limit=100)
        assert made is None or made in keys, text
        if text.strip():
            for other in set(keys) - {made}:
                held = (await filled.admin.get(f"/v1/keys/{other}")).json()["label"]
                assert safetext.skeleton(text) in safetext.skeleton(held), text
        for name in ("by", "env", "label", "integration"):
            answer = await filled.admin.get("/v1/keys", query=f"{name}:{quoted(text)}")
            assert answer.status_code in (200, 422), text
    for query in ("\0", "by:a\0b", "label:a\0*"):
        assert (await filled.admin.get("/v1/keys", query=query)).status_code == 422, query


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
        assert set(await found(filled, query=str(KeyQuery(text=part)))) == expected | names, part


async def test_both_ends_of_a_public_key_find_it(filled: World) -> None:
    every = (await filled.admin.get("/v1/keys", limit=500)).json()["items"]
    for key in every[:5]:
        name = key["public_key"]
        for part in (name, name[:9], name[4:9], name[-4:], name[-6:], name[-3:], name[-2:]):
            assert name in await found(filled, query=part), part


async def test_a_rename_moves_a_key_in_the_index(world: World) -> None:
    key, _ = await world.admin.key(await world.admin.integration(), label="old-name")
    answer = await world.admin.patch(f"/v1/keys/{key}", {"label": "new-name"}, if_match="*")
    assert answer.status_code == 200
    assert await found(world, query="old-n") == []
    assert await found(world, query="ew-na") == [key]
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
    assert await found(world, query="by-ha") == ["kcp_" + "0" * 16]


async def test_a_change_that_is_undone_leaves_the_index_as_it_was(world: World) -> None:
    key, _ = await world.admin.key(await world.admin.integration(), label="stays")
    async with world.runtime.store.write() as tx:
        await tx.exec_driver_sql("UPDATE api_keys SET label_skeleton = 'goes'")
        await tx.rollback()
    assert await found(world, query="stays") == [key]
    assert await found(world, query="goes") == []


async def test_another_workspace_is_never_found(filled: World) -> None:
    stranger = await filled.stranger()
    theirs = (await filled.admin.get("/v1/integrations")).json()["items"][0]["id"]
    for params in (
        {"query": "prod"},
        {"query": "from:10.1."},
        {"query": "by:ops"},
        {"query": "q"},
        {"query": f"integration:{theirs}"},
        {"query": "label:*"},
    ):
        assert (await stranger.get("/v1/keys", **params)).json()["items"] == []


async def test_a_bad_term_is_a_refusal_that_says_where(world: World) -> None:
    answer = await world.admin.get("/v1/keys", query="prod stauts:active")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "query"
    assert "character 6" in answer.json()["detail"]


async def test_a_pattern_finds_what_matching_every_label_finds(filled: World) -> None:
    every = (await filled.admin.get("/v1/keys", limit=500)).json()["items"]
    for pattern in (
        "*",
        "?",
        "*o*",
        "w*r",
        "worker?prod?2",
        "api-gateway-*",
        "*%*",
        "*_*",
        "*süß*",
    ):
        as_text = re.escape(safetext.skeleton(pattern)).replace(r"\*", ".*").replace(r"\?", ".")
        expected = {
            key["public_key"]
            for key in every
            if re.fullmatch(as_text, safetext.skeleton(key["label"]))
        }
        assert set(await found(filled, query=f"label:{pattern}")) == expected, pattern
