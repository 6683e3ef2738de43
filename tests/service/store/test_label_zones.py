"""The zone map names every zone of the order of labels that a text stands in, and few others."""

import pytest
from tests.service.world import World

from keyconsole.service.store import label_zones

LABELS = ("api-gateway-prod", "api-gateway-dev", "audit prod", "cron-worker-prod", "ab", "x", "süß")


@pytest.fixture
async def workspace(world: World) -> str:
    place = await world.admin.integration()
    for label in LABELS:
        await world.admin.key(place, label=label)
    return await world.workspace_id()


async def zones(world: World, workspace: str, text: str) -> list[str]:
    async with world.runtime.store.read() as tx:
        return list(await label_zones.possible(tx, workspace, text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("prod", ["api", "aud", "cro"]),
        ("gateway", ["api"]),
        ("way-dev", ["api"]),
        ("a text of more than eight trigrams-prod", []),
        ("worker-prod", ["cro"]),
        ("cron", []),
        ("b", ["ab"]),
        ("ss", ["süs"]),
        ("od", ["api", "aud", "cro"]),
        ("x", []),
        ("%", []),
        ("\0", []),
    ],
)
async def test_the_zones_are_those_of_the_labels_that_contain_it_beside_their_beginning(
    world: World, workspace: str, text: str, expected: list[str]
) -> None:
    assert await zones(world, workspace, text) == expected


async def test_a_zone_stays_possible_after_a_rename(world: World, workspace: str) -> None:
    [key] = (await world.admin.get("/v1/keys", q="cron-worker")).json()["items"]
    path = f"/v1/keys/{key['public_key']}"
    assert (await world.admin.patch(path, {"label": "the-worker"}, if_match="*")).status_code == 200
    assert await zones(world, workspace, "worker") == ["cro", "the"]


async def test_the_labels_of_another_workspace_are_not_in_the_map(
    world: World, workspace: str
) -> None:
    stranger = await world.stranger()
    await stranger.key(await stranger.integration(), label="their-worker")
    assert await zones(world, workspace, "worker") == ["cro"]


@pytest.mark.parametrize("label", ["a", "ab", "abc", "abcd", "ab\U0010fffd"])
def test_a_label_is_within_the_bounds_of_its_zone_and_of_no_other(label: str) -> None:
    for other in ("a", "ab", "abc", "ab\U0010fffd"):
        least, most = label_zones.bounds(other)
        assert (least <= label < most) == (label[: label_zones.WIDTH] == other)
