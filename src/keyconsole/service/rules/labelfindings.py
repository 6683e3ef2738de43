"""The findings of the label audit in one key, each with a reason. Pure: the store finds twins."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from keyconsole.core import labels
from keyconsole.core.credential import abbreviate
from keyconsole.service.clock import DAY, moment
from keyconsole.service.store.keys import KeyRecord
from keyconsole.wire import LabelFinding, WorkspaceSettings


class Found(NamedTuple):
    """A finding with its reason; of a look-alike also the label that it looks like."""

    finding: LabelFinding
    reason: str
    like: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """From when on an age is a finding, in days, and what names an environment: as it was set.

    `old` is for keys without a policy of their own; `environments` are words beside those that
    every workspace knows.
    """

    unused: int = 90
    old: int = 365
    expiring: int = 14
    new_days: int = 1
    """Days that a new key may be unused and unconfirmed."""
    environments: frozenset[str] = frozenset()
    examples: str = "prod or staging"
    """Two of the words for an environment, as a finding names them."""


def thresholds_of(settings: WorkspaceSettings) -> Thresholds:
    """Returns the thresholds of a workspace."""
    examples = " or ".join(labels.examples(settings.environments or ("prod", "staging"))[:2])
    return Thresholds(
        unused=settings.unused_for_days,
        expiring=settings.warning_days,
        environments=frozenset(settings.environments),
        examples=examples,
    )


@dataclass(frozen=True, slots=True)
class Twin:
    """Another living key of the workspace that is called, or looks, the same."""

    pid: str
    label: str
    integration_name: str

    def __str__(self) -> str:
        return f"{abbreviate(f'kcp_{self.pid}')} of {self.integration_name}"


@dataclass(frozen=True, slots=True)
class Twins:
    """The first of several twins, and how many they are."""

    first: Twin
    count: int

    def __str__(self) -> str:
        return f"{self.first} and {self.count - 1} more" if self.count > 1 else str(self.first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The facts besides the key: its integration's environment, its twins, its owner."""

    environment: str | None = None
    namesakes: Twins | None = None
    alike: Twins | None = None
    """Keys whose labels differ and look the same."""
    owner_is_here: bool = True


def findings(key: KeyRecord, around: Surroundings, limits: Thresholds, now: int) -> list[Found]:
    """Returns the findings of a key that is neither revoked nor expired, the gravest first."""
    found = [*_name(key, around, limits), *_life(key, around, limits, now)]
    order = list(LabelFinding)
    return sorted(found, key=lambda each: order.index(each[0]))


def _name(key: KeyRecord, around: Surroundings, limits: Thresholds) -> Iterator[Found]:
    label, words = key.label, set(labels.words(key.label))
    if labels.is_generic(label) or words <= limits.environments:
        yield Found(LabelFinding.GENERIC, "The name would fit any key: it names no system.")
    elif not labels.names_environment(label) and words.isdisjoint(limits.environments):
        yield Found(LabelFinding.UNCLEAR, f"It names no environment, such as {limits.examples}.")
    elif len(words) < 2:
        yield Found(LabelFinding.UNCLEAR, "It names no system.")
    if other := labels.mismatch(label, around.environment):
        named, actual = other
        yield Found(
            LabelFinding.OTHER_ENVIRONMENT,
            f"It names {named}, but {key.integration_name} is {actual}.",
        )
    if around.namesakes is not None:
        yield Found(LabelFinding.DUPLICATE, f"The same name as {around.namesakes}.")
    if around.alike is not None:
        alike = around.alike
        reason = f"It looks like {alike.first.label}, {alike}."
        yield Found(LabelFinding.LOOK_ALIKE, reason, alike.first.label)


def _life(key: KeyRecord, around: Surroundings, limits: Thresholds, now: int) -> Iterator[Found]:
    age = (now - key.created_at) // DAY
    if not around.owner_is_here:
        does = "made" if key.owner is None else "owns"
        yield Found(
            LabelFinding.OWNER_LEFT, f"{key.owned_by}, who {does} it, is no longer a member here."
        )
    if key.expires_at is not None and key.expires_at - now <= limits.expiring * DAY:
        yield Found(LabelFinding.EXPIRING, f"It expires {_day(key.expires_at)}.")
    old = limits.old if key.max_age_days is None else key.max_age_days
    if age >= old:
        limit = f"the rotation age is {old:,}"
        if key.max_age_days is None:
            limit = f"no rotation age is set, and {old:,} are many"
        yield Found(LabelFinding.OLD, f"It is {age:,} days old; {limit}.")
    if not key.confirmed and age >= limits.new_days:
        yield Found(LabelFinding.UNCONFIRMED, "Nobody ever confirmed to have its value.")
    if not key.last_used_at:
        if age >= limits.new_days:
            yield Found(LabelFinding.NEVER_USED, f"Never used in {_days(age)}.")
    elif (quiet := (now - key.last_used_at) // DAY) >= limits.unused:
        yield Found(LabelFinding.UNUSED, f"Not used for {_days(quiet)}.")


def _day(at: int) -> str:
    return f"on {moment(at):%Y-%m-%d}"


def _days(count: int) -> str:
    return f"{count:,} day{'' if count == 1 else 's'}"
