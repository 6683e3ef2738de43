"""The plan of a sample key, without moments. Ages are days before now, spans are days."""

import random
from dataclasses import KW_ONLY, dataclass
from enum import StrEnum

from keyconsole.service.clock import DAY, HOUR
from keyconsole.wire import RevokeReason

_MORNING = 8 * HOUR
_WORKING = 10 / 24


class State(StrEnum):
    """The state of a sample key."""

    ACTIVE = "active"
    UNCONFIRMED = "unconfirmed"
    DISABLED = "disabled"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Pattern(StrEnum):
    """The pattern of the use of a key."""

    NEVER = "never"
    ALWAYS = "always"
    OFFICE = "office hours"
    NIGHTLY = "nightly"
    WEEKLY = "weekly"
    RARE = "rare"


def seeded(seed: int | str) -> random.Random:
    """Chance that is the same every time."""
    return random.Random(seed)  # noqa: S311 - sample data, and that it can be guessed is meant


def moment(now: int, age: float) -> int:
    """The time of what people did so many days ago: in working hours, unless it was today.

    Of two ages the greater is never the later.
    """
    exact = now - round(age * DAY)
    if age < 1:
        return exact
    return exact - exact % DAY + _MORNING + int(exact % DAY * _WORKING)


@dataclass(frozen=True, slots=True)
class Revoked:
    """The revocation of a key: when, by whom and why."""

    age: float
    by: str
    reason: RevokeReason
    incident: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Disabled:
    """The disabling of a key: when, by whom, and in how many days what follows."""

    age: float
    by: str
    fuse: float | None = None
    then: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A source of the use of a key: its address, agent and share.

    `since` is when it was first seen, if not with the first use of the key.
    """

    address: str
    agent: str
    part: float = 1.0
    since: float | None = None


@dataclass(frozen=True, slots=True)
class SampleKey:
    """A key. `pace` is requests in a busy hour; `quiet` is when its use ended, 0 for now.

    `refused` is the reason and the pace with which it is presented in vain.
    """

    integration: str
    label: str
    age: float
    by: str
    _: KW_ONLY
    pattern: Pattern = Pattern.NEVER
    pace: float = 1.0
    quiet: float = 0.0
    sources: tuple[Source, ...] = ()
    lifetime: float | None = None
    allowed_ips: tuple[str, ...] = ()
    acknowledged: bool = True
    revoked: Revoked | None = None
    disabled: Disabled | None = None
    refused: tuple[str, float] | None = None
    owner: str | None = None
    renamed: tuple[float, str] | None = None
    """The renaming of a key: when, and the label before."""

    @property
    def state(self) -> State:
        """The first that holds."""
        if self.revoked is not None:
            return State.REVOKED
        if self.lifetime is not None and self.lifetime <= self.age:
            return State.EXPIRED
        if self.disabled is not None:
            return State.DISABLED
        confirmed = self.acknowledged or self.pattern is not Pattern.NEVER
        return State.ACTIVE if confirmed else State.UNCONFIRMED
