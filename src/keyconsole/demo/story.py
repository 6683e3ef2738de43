"""The history of the sample workspace. Only its times differ from one run to the next."""

from collections.abc import Iterator
from dataclasses import dataclass

from keyconsole.core.credential import CROCKFORD, PID_LENGTH
from keyconsole.demo import happenings, rows
from keyconsole.demo.catalogue import INTEGRATIONS
from keyconsole.demo.crowd import gather
from keyconsole.demo.happenings import Happening
from keyconsole.demo.people import ANA, PEOPLE
from keyconsole.demo.plan import moment, seeded
from keyconsole.demo.rows import MadeKey, Member
from keyconsole.service.store.integrations import IntegrationRecord

SEED = 20_26
"""Another one is another company."""


@dataclass(frozen=True, slots=True)
class Story:
    """Everything there is to be written; happenings in the order in which they happened."""

    members: list[Member]
    integrations: list[IntegrationRecord]
    keys: list[MadeKey]
    happenings: list[Happening]


def tell(workspace_id: str, now: int) -> Story:
    """The story of a workspace, all but its founding."""
    ids = _ids()
    members = [
        Member(f"acc_{next(ids)}", person, moment(now, person.joined))
        for person in PEOPLE
        if person.email != ANA
    ]
    integrations = {
        sample.name: rows.integration_of(sample, f"int_{next(ids)}", workspace_id, now)
        for sample in INTEGRATIONS
    }
    keys = []
    for sample in gather(SEED):
        pid = next(ids)
        # A chance of its own: how many rows a key has depends on the hour, who is next must not.
        chance = seeded(pid)
        keys.append(rows.key_of(chance, sample, pid, integrations[sample.integration], now))
    happened: list[Happening] = []
    for member in members:
        happened += happenings.of_member(member, now)
    for integration in integrations.values():
        happened += happenings.of_integration(integration)
    for key in keys:
        happened += happenings.of_key(key, now)
    happened.sort(key=lambda happening: happening.at)
    return Story(members, list(integrations.values()), keys, happened)


def _ids() -> Iterator[str]:
    chance = seeded(SEED)
    while True:
        yield "".join(chance.choices(CROCKFORD, k=PID_LENGTH))
