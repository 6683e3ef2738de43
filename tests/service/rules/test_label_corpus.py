"""500 labels with the right answer beside each, through the service as a person would ask it."""

import json
from pathlib import Path

from tests.service.world import World

CORPUS = Path(__file__).parents[2] / "data" / "labels.tsv"
IN_THE_NAME = {"generic", "unclear", "duplicate", "look_alike", "other_environment"}


def corpus() -> list[tuple[str, str, set[str]]]:
    """Integration, label and what must be found in the name."""
    lines = CORPUS.read_text(encoding="utf-8").splitlines()[1:]
    split = [line.split("\t") for line in lines]
    return [(place, label, set(found.split(",")) - {""}) for place, label, found in split]


async def test_the_findings_are_those_that_were_written_down(world: World) -> None:
    rows = corpus()
    assert len(rows) == 500
    places: dict[str, str] = {}
    for place in dict.fromkeys(row[0] for row in rows):
        environment = place.partition("-")[0]
        fields = {} if environment == "none" else {"environment": environment}
        fields = fields or {"environment": "unspecified"}
        places[place] = await world.admin.integration(place, **fields)
    expected = {}
    for place, label, found in rows:
        answer = await world.admin.create(places[place], label=label)
        assert answer.status_code == 201, (label, answer.text)
        expected[answer.json()["key"]["public_key"]] = (label, found)
    told: dict[str, set[str]] = {}
    cursor: dict[str, str] = {}
    while True:
        answer = await world.admin.get("/v1/label-audit", limit=500, **cursor)
        page = answer.json()
        for row in page["items"]:
            kinds = {each["finding"] for each in row["findings"]} & IN_THE_NAME
            told[row["key"]["public_key"]] = kinds
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    wrong = [
        (label, sorted(found), sorted(told.get(key, set())))
        for key, (label, found) in expected.items()
        if told.get(key, set()) != found
    ]
    assert not wrong, json.dumps(wrong, indent=1, ensure_ascii=False)
