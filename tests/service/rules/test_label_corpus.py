"""500 labels with the right answer beside each, through the service as a person would ask it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.service.databases import Engine
from tests.service.world import Person, World

from keyconsole.service.clock import DAY, moment
from keyconsole.service.store.tables import memberships
from keyconsole.wire import LabelFinding, Role, rfc3339

ENGINES = [Engine.SQLITE]

CORPUS = Path(__file__).parents[2] / "data" / "labels.tsv"


@dataclass(frozen=True)
class Row:
    """A key of the corpus: what is found about it, and its life, told in days before today."""

    place: str
    label: str
    found: frozenset[str]
    life: dict[str, str]

    def days(self, name: str) -> int:
        return int(self.life.get(name, 0))


def corpus() -> list[Row]:
    lines = CORPUS.read_text(encoding="utf-8").splitlines()[1:]
    rows = []
    for place, label, found, life in (line.split("\t") for line in lines):
        told = dict(word.partition(":")[::2] for word in life.split())
        rows.append(Row(place, label, frozenset(found.split(",")) - {""}, told))
    return rows


def test_the_corpus_knows_every_kind_of_finding_and_keys_without_any() -> None:
    rows = corpus()
    assert len(rows) == 500
    assert frozenset().union(*(row.found for row in rows)) == {str(each) for each in LabelFinding}
    assert sum(not row.found for row in rows) >= 100


async def test_the_findings_are_those_that_were_written_down(world: World) -> None:
    rows = corpus()
    expected = await live(world, rows)
    told = await audit(world)
    wrong = [
        (row.label, row.life, sorted(row.found), sorted(told.get(key, set())))
        for key, row in expected.items()
        if told.get(key, set()) != row.found
    ]
    assert not wrong, json.dumps(wrong, indent=1, ensure_ascii=False)


async def live(world: World, rows: list[Row]) -> dict[str, Row]:
    """Make and use the keys of the corpus on the day of each; by public key."""
    places: dict[str, str] = {}
    for place in dict.fromkeys(row.place for row in rows):
        environment = place.partition("-")[0].replace("none", "unspecified")
        places[place] = await world.admin.integration(place, environment=environment)
    leaver = await world.member(Role.OPERATOR)
    made: dict[str, Row] = {}
    secrets: dict[str, str] = {}
    today = world.clock() + 1000 * DAY
    for ago, kind, row in sorted(happenings(rows), key=lambda each: (-each[0], each[1])):
        world.clock.move(today - ago * DAY - world.clock())
        if kind == "1 made":
            person = leaver if row.life.get("by") == "left" else world.admin
            public_key, secrets[row.label + row.place] = await create(
                person, places[row.place], row, today
            )
            made[public_key] = row
        else:
            answer = await world.verify(secrets[row.label + row.place])
            assert answer.status_code == 200, row
    await dismiss(world, leaver)
    return made


def happenings(rows: list[Row]) -> Iterator[tuple[int, str, Row]]:
    for row in rows:
        yield row.days("made"), "1 made", row
        if "used" in row.life:
            yield row.days("used"), "2 used", row


async def create(person: Person, place: str, row: Row, today: int) -> tuple[str, str]:
    fields: dict[str, Any] = {}
    if "expires" in row.life:
        fields["expires_at"] = rfc3339(moment(today + row.days("expires") * DAY))
    answer = await person.create(place, label=row.label, **fields)
    assert answer.status_code == 201, (row, answer.text)
    public_key = answer.json()["key"]["public_key"]
    if "taken" in row.life:
        taken = await person.post(f"/v1/keys/{public_key}/acknowledge")
        assert taken.status_code == 200, taken.text
    return public_key, answer.json()["secret"]


async def dismiss(world: World, person: Person) -> None:
    """Take a person out of the workspace, as somebody who leaves is."""
    account = (await person.get("/v1/me")).json()["account_id"]
    async with world.runtime.store.write() as tx:
        await tx.execute(memberships.delete().where(memberships.c.account_id == account))


async def audit(world: World) -> dict[str, set[str]]:
    """Every finding that the label audit tells, by public key."""
    told: dict[str, set[str]] = {}
    cursor: dict[str, str] = {}
    while True:
        page = (await world.admin.get("/v1/label-audit", limit=500, **cursor)).json()
        for row in page["items"]:
            told[row["key"]["public_key"]] = {each["finding"] for each in row["findings"]}
        if page["next_cursor"] is None:
            return told
        cursor = {"cursor": page["next_cursor"]}
