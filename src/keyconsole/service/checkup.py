"""`service check`: the state of the service on this machine, and the use of each root key."""

import os
import shlex
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from keyconsole.core.errors import ConfigurationError
from keyconsole.local import privatefile
from keyconsole.service import rootkeys
from keyconsole.service.clock import DAY, SECOND, Clock, system_clock, told
from keyconsole.service.publicurl import metadata_url
from keyconsole.service.rootkeys import RootKeys
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store.inspection import Finding, RootUse, WrittenTimes, not_checked
from keyconsole.service.store.opening import inspect

_OTHERS = 0o077
_AHEAD = 5 * SECOND
_THIS_IS_WRITTEN = 1_767_225_600_000
"""The beginning of 2026: no clock that goes right is before it."""


@dataclass(frozen=True, slots=True)
class LoadedRoot:
    """A root key, its use, and true flags if this process loaded it and if it signs."""

    use: RootUse
    is_loaded: bool
    signs: bool


@dataclass(frozen=True, slots=True)
class Checkup:
    """The findings of a check, and the root keys."""

    findings: list[Finding]
    roots: list[LoadedRoot]
    is_read: bool = True
    """True if the database was read, so that the use of each root key is known."""

    @property
    def ok(self) -> bool:
        """True if nothing is wrong."""
        return all(finding.ok is not False for finding in self.findings)


def check(settings: ServiceSettings, clock: Clock = system_clock) -> Checkup:
    """Checks everything, changes nothing. Blocks.

    Raises `ConfigurationError` for a URL of another kind of database.
    """
    now = clock()
    inspected = inspect(settings, now)
    findings = list(inspected.findings)
    loaded, finding = _load(settings)
    findings.append(finding)
    is_read = inspected.times is not None
    if loaded is not None:
        known = _roots_known(inspected.roots, loaded) if is_read else not_checked("roots")
        findings.append(known)
    findings.append(_permissions(settings))
    findings.append(_clock(now, inspected.times))
    if settings.public_url is not None:
        findings.append(_public_url(settings.public_url))
    if inspected.wide_tokens:
        findings.append(_wide_tokens(inspected.wide_tokens))
    return Checkup(findings, list(_uses(inspected.roots, loaded)), is_read)


def _load(settings: ServiceSettings) -> tuple[RootKeys | None, Finding]:
    try:
        roots = rootkeys.load(settings)
    except ConfigurationError as error:
        return None, Finding("root key", ok=False, message=error.message)
    if roots is None:
        message = f"The root key file {settings.root_key_file} is missing: no key can be verified."
        return None, Finding("root key", ok=False, message=message)
    count = sum(1 for _ in roots)
    where = "KEYCONSOLE_ROOT_KEY" if settings.root_key else str(settings.root_key_file)
    message = f"{count} in {where}, {roots.newest.id} signs"
    return roots, Finding("root key", ok=True, message=message)


def _roots_known(used: list[RootUse], loaded: RootKeys) -> Finding:
    lost = [each.id for each in used if each.id not in loaded]
    if lost:
        message = f"The database was written with {', '.join(lost)}: put it back from a backup."
        return Finding("roots", ok=False, message=message)
    return Finding("roots", ok=True, message="all that the database was written with are loaded")


def _permissions(settings: ServiceSettings) -> Finding:
    files = [settings.data_dir]
    if not settings.is_postgresql:
        database = settings.database_path
        files += [database, Path(f"{database}-wal"), Path(f"{database}-shm")]
        files.append(database.absolute().with_name(f".{database.name}.lock"))
    open_to_others = [
        f"chmod {'700' if file.is_dir() else '600'} {shlex.quote(str(file))}"
        for file in files
        if file.exists() and stat.S_IMODE(file.stat().st_mode) & _OTHERS
    ]
    if open_to_others:
        advice = "; ".join(open_to_others)
        return Finding("permissions", ok=False, message=f"Others can read what is here: {advice}")
    readers = "for their owner alone"
    roots = settings.root_key_file
    if settings.root_key is None and roots.exists():
        status = roots.stat()
        if sentence := privatefile.objection(roots, status, by_group=settings.group_readable):
            return Finding("permissions", ok=False, message=f"{roots} {sentence}")
        if status.st_mode & stat.S_IRGRP:  # what a group reads may belong to root
            readers += f"; the group {status.st_gid} reads {roots}"
        else:
            files.append(roots)
    return _owners(settings, [file for file in files if file.exists()], readers)


def _owners(settings: ServiceSettings, files: list[Path], readers: str) -> Finding:
    """Compares the owners: root can read every file, and the account of the service cannot.

    That account is the owner of the database, or of the data directory.
    """
    owner = os.geteuid()
    if owner == 0 and files:
        is_file = not settings.is_postgresql and settings.database_path in files
        owner = (settings.database_path if is_file else files[0]).stat().st_uid
    strange = [str(file) for file in files if file.stat().st_uid != owner]
    if strange:
        message = (
            f"Of another owner than the account of the service, which cannot read them: "
            f"chown {owner} {' '.join(strange)}"
        )
        return Finding("permissions", ok=False, message=message)
    # Root may whatever the modes say, and so sees nothing else of them.
    lacking = [
        f"chmod u+{rights} {shlex.quote(str(file))}"
        for file in files
        for rights, mode in [_needed(settings, file)]
        if owner != os.geteuid() and file.stat().st_mode & mode != mode
    ]
    if lacking:
        message = f"The account of the service cannot use what is here: {'; '.join(lacking)}"
        return Finding("permissions", ok=False, message=message)
    return Finding("permissions", ok=True, message=readers)


def _needed(settings: ServiceSettings, file: Path) -> tuple[str, int]:
    """Returns the rights that the owner of a file needs, as `chmod` says them and as a mode."""
    if file.is_dir():
        return "rwx", stat.S_IRWXU
    if file == settings.root_key_file:
        return "r", stat.S_IRUSR
    return "rw", stat.S_IRUSR | stat.S_IWUSR


def _clock(now: int, times: WrittenTimes | None) -> Finding:
    if now < _THIS_IS_WRITTEN:
        message = f"This machine says {told(now)}: set the clock, since expiry depends on it."
        return Finding("clock", ok=False, message=message)
    if times is None:
        message = f"{told(now)}; not checked against what was written"
        return Finding("clock", ok=None, message=message)
    if said := list(_contradictions(now, times)):
        message = f"This machine says {told(now)}. {' '.join(said)}"
        return Finding("clock", ok=True, message=message, warns=True)
    return Finding("clock", ok=True, message=f"{told(now)}, after everything that was written")


def _contradictions(now: int, times: WrittenTimes) -> Iterator[str]:
    """Yields the written times that the clock contradicts: it, or the clock of then, is wrong."""
    if times.newest_event > now + _AHEAD:
        yield (
            f"The newest audit event lies in the future ({told(times.newest_event)}): a clock was "
            "wrong, or this one is."
        )
    if times.last_use > now + _AHEAD:
        yield (
            f"Last use lies in the future ({told(times.last_use)}): a clock was wrong, or this one "
            "is. The next use of such a key puts it right."
        )
    if times.heartbeat and now > times.heartbeat + DAY:
        yield (
            f"The service last ran at {told(times.heartbeat)}: when it starts, it asks whether the "
            "clock is right (service accept-clock)."
        )


def _public_url(url: str) -> Finding:
    message = f"{url}, with OAuth metadata at {metadata_url(url)}"
    if url.startswith("http:"):
        message += ": plain http, for trials on this machine alone"
        return Finding("public url", ok=True, message=message, warns=True)
    return Finding("public url", ok=True, message=message)


def _wide_tokens(tokens: Sequence[str]) -> Finding:
    message = (
        f"{len(tokens)} from before reach several workspaces, and change nothing unless they name "
        f"one; replace them with keyconsole tokens create --workspace: {', '.join(tokens)}"
    )
    return Finding("tokens", ok=True, message=message)


def _uses(used: list[RootUse], loaded: RootKeys | None) -> Iterator[LoadedRoot]:
    known = {each.id: each for each in used}
    if loaded is not None:
        for root in loaded:
            known.setdefault(root.id, RootUse(root.id))
    for each in known.values():
        is_loaded = loaded is not None and each.id in loaded
        signs = loaded is not None and each.id == loaded.newest.id
        yield LoadedRoot(each, is_loaded, signs)
