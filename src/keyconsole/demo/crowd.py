"""All the other keys: how many of which kind is said here, the rest is seeded chance."""

import math
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from keyconsole.core import safetext
from keyconsole.demo import labels
from keyconsole.demo.catalogue import INTEGRATIONS, SampleIntegration
from keyconsole.demo.notable import NOTABLE
from keyconsole.demo.people import PEOPLE
from keyconsole.demo.plan import (
    Disabled,
    Pattern,
    Revoked,
    SampleKey,
    Source,
    State,
    seeded,
)
from keyconsole.wire import RevokeReason

STATES = {
    State.ACTIVE: 392,
    State.UNCONFIRMED: 14,
    State.DISABLED: 18,
    State.EXPIRED: 46,
    State.REVOKED: 130,
}
"""All keys by what they are shown as, the notable ones among them."""

_PATTERNS = {
    Pattern.OFFICE: 14,
    Pattern.NIGHTLY: 76,
    Pattern.WEEKLY: 86,
    Pattern.RARE: 100,
    Pattern.NEVER: 46,
}
"""The active ones of the crowd; those beyond these have not been used for four months."""

_EXPIRING_SOON = 11
_LEAKED = 11
_LEAK = Revoked(
    152, "noor", RevokeReason.KEY_COMPROMISE, "INC-3127", "Pushed to a public repository"
)
_REASONS = (
    (RevokeReason.SUPERSEDED, 60, "CHG-"),
    (RevokeReason.CESSATION_OF_OPERATION, 20, "CHG-"),
    (RevokeReason.AFFILIATION_CHANGED, 14, "HR-"),
    (RevokeReason.KEY_COMPROMISE, 12, "INC-"),
    (RevokeReason.PRIVILEGE_WITHDRAWN, 8, "SEC-"),
    (RevokeReason.UNSPECIFIED, 12, ""),
)
_FUSES = ((3.0, "enable"), (0.25, "revoke"), (6.0, "revoke"), (14.0, "enable"))
_AGENTS = (
    "curl/8.4.0", "python-httpx/0.28.1", "Go-http-client/2.0", "axios/1.7.9", "okhttp/4.12.0",
    "Java-http-client/21.0.5", "node-fetch/3.3.2", "PostmanRuntime/7.43.0",
)  # fmt: skip
_BAD_SHARE = 0.2
_NEARLY_SHARE = 0.06


def gather(seed: int) -> list[SampleKey]:
    """Every sample key, the notable ones first."""
    chance = seeded(seed)
    names = _Labels(chance)
    crowd = [_settle(chance, names, key) for key in _kinds(chance)]
    return [*NOTABLE, *crowd]


def _kinds(chance: random.Random) -> list[SampleKey]:
    """The crowd as what it is and was used for, without names and places."""
    there = Counter(key.state for key in NOTABLE)
    wanted = {state: count - there[state] for state, count in STATES.items()}
    blank = SampleKey("", "", 0.0, "")
    used = replace(blank, pattern=Pattern.RARE, pace=8)
    kinds = [replace(blank, acknowledged=False, age=chance.uniform(1, 40))
             for _ in range(wanted[State.UNCONFIRMED])]  # fmt: skip
    kinds += list(_active(chance, wanted[State.ACTIVE]))
    kinds += [replace(used, disabled=_disabled(chance, number), age=_age(chance, 120))
              for number in range(wanted[State.DISABLED])]  # fmt: skip
    kinds += list(_expired(chance, wanted[State.EXPIRED]))
    kinds += [_revoked(chance, number) for number in range(wanted[State.REVOKED])]
    return kinds


def _active(chance: random.Random, count: int) -> Iterator[SampleKey]:
    patterns = [pattern for pattern, number in _PATTERNS.items() for _ in range(number)]
    for number in range(count):
        if number >= len(patterns):
            yield SampleKey(
                "", "", _age(chance, 260), "", pattern=Pattern.RARE, quiet=chance.uniform(121, 240)
            )
            continue
        key = SampleKey("", "", _age(chance, 3), "", pattern=patterns[number])
        key = replace(key, pace=chance.choice((4, 12, 30, 80)))
        if number % 31 == 0 and number // 31 < _EXPIRING_SOON:
            term = chance.choice((90, 365))
            key = replace(key, age=term - chance.uniform(0.4, 13), lifetime=term)
        elif number % 24 == 5:
            key = replace(key, allowed_ips=("10.0.0.0/8",))
        yield key


def _expired(chance: random.Random, count: int) -> Iterator[SampleKey]:
    for number in range(count):
        term = chance.choice((30, 90, 365))
        age = term + chance.uniform(0.5, 300)
        pattern = (Pattern.WEEKLY, Pattern.RARE, Pattern.NEVER)[number % 3]
        presented = number % 6 == 0 and pattern is not Pattern.NEVER
        refused = ("key-expired", 3.0) if presented else None
        yield SampleKey("", "", age, "", pattern=pattern, pace=6, lifetime=term, refused=refused)


def _revoked(chance: random.Random, number: int) -> SampleKey:
    pattern = (Pattern.NIGHTLY, Pattern.RARE, Pattern.WEEKLY, Pattern.NEVER)[number % 4]
    if number < _LEAKED:
        revoked = replace(_LEAK, age=_LEAK.age - number * 0.0006)
    else:
        reason, _, ticket = chance.choices(_REASONS, [share for _, share, _ in _REASONS])[0]
        incident = f"{ticket}{chance.randrange(400, 4_100)}" if ticket else None
        revoked = Revoked(round(2 + 700 * chance.random() ** 2), "", reason, incident)
    refused = ("key-revoked", 4.0) if number % 12 == 0 and pattern is not Pattern.NEVER else None
    age = _age(chance, revoked.age + 20)
    return SampleKey("", "", age, "", pattern=pattern, pace=10, revoked=revoked, refused=refused)


def _disabled(chance: random.Random, number: int) -> Disabled:
    age, by = float(chance.randrange(1, 90)), chance.choice(("noor", "ops"))
    return Disabled(age, by, *(_FUSES[number // 2 % 4] if number % 2 == 0 else ()))


def _age(chance: random.Random, least: float) -> float:
    """More of them are young, as in any company that grows."""
    return least + (1_060 - least) * math.pow(chance.random(), 1.8)


def _settle(chance: random.Random, names: "_Labels", kind: SampleKey) -> SampleKey:
    """Give a kind of key its integration, label, people and sources."""
    places = [place for place in INTEGRATIONS if place.share and _open_at(place, kind.age)]
    place = chance.choices(places, [place.share for place in places])[0]
    label = names.choose(place, live=kind.state not in (State.REVOKED, State.EXPIRED))
    key = replace(kind, integration=place.name, label=label, by=_maker(chance, kind.age))
    if place.disabled is not None and key.state in (State.ACTIVE, State.UNCONFIRMED):
        key = replace(key, quiet=max(key.quiet, place.disabled))
    if key.quiet >= key.age:
        key = replace(key, pattern=Pattern.NEVER, quiet=0.0)
    if key.revoked is not None and not key.revoked.by:
        key = replace(key, revoked=replace(key.revoked, by=_maker(chance, key.revoked.age)))
    if key.pattern is not Pattern.NEVER:
        key = replace(key, sources=_sources(chance))
    if label in labels.BAD or chance.random() > 0.05 or key.age < 10:
        return key
    return replace(key, renamed=(key.age * chance.uniform(0.5, 0.9), chance.choice(labels.BAD)))


def _open_at(place: SampleIntegration, age: float) -> bool:
    """Returns whether keys were made for an integration so many days ago."""
    return place.age - 2 > age and (place.disabled is None or age > place.disabled + 2)


def _maker(chance: random.Random, age: float) -> str:
    there = [person for person in PEOPLE if person.made and person.present(age)]
    chosen = chance.choices(there, [person.made for person in there])[0]
    return chosen.email.partition("@")[0]


def _sources(chance: random.Random) -> tuple[Source, ...]:
    count = chance.choices((1, 2, 3, 5), (60, 25, 10, 5))[0]
    subnet = f"10.{chance.choice((1, 1, 2, 4, 30))}.{chance.randrange(1, 12)}"
    agent = chance.choice(_AGENTS)
    hosts = chance.sample(range(2, 250), count)
    return tuple(Source(f"{subnet}.{host}", agent, 1 / (n + 1)) for n, host in enumerate(hosts))


class _Labels:
    """Labels that the service would accept: no two alike in force in one integration."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._taken = {(key.integration, safetext.skeleton(key.label)) for key in NOTABLE}
        self._good: dict[str, list[str]] = {}

    def choose(self, place: SampleIntegration, *, live: bool) -> str:
        """A label for a key of an integration; a dead one may have another's."""
        while True:
            label, is_good = self._draw(place)
            taken = (place.name, safetext.skeleton(label))
            if live and taken in self._taken:
                continue
            if live:
                self._taken.add(taken)
                if is_good:
                    self._good.setdefault(place.name, []).append(label)
            return label

    def _draw(self, place: SampleIntegration) -> tuple[str, bool]:
        kind = self._chance.random()
        if kind < _BAD_SHARE:
            return self._chance.choice(labels.BAD), False
        there = self._good.get(place.name)
        if there and kind < _BAD_SHARE + _NEARLY_SHARE:
            return labels.nearly(self._chance.choice(there), self._chance.randrange(20)), False
        region = self._chance.choice(labels.REGIONS)
        return labels.good(self._chance.choice(labels.SYSTEMS), place.environment, region), True
