"""`config.toml`: profiles and the console's settings, read with patience.

Reading never fails. What is not understood becomes a warning with its line and column, and the
rest applies: a switch for safety that cannot be read counts as on, and a profile of which
something necessary cannot be read has a `fault`, which whoever wants to use it raises.
"""

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keyconsole.local.configrules import CONSOLE, PROFILE, TOP, Finding, examine, examine_keys

EMBEDDED = "local"
THEMES = (
    "keyconsole-dark",
    "keyconsole-light",
    "keyconsole-contrast",
    "keyconsole-colourblind",
    "keyconsole-ansi",
)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PLACE = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Profile:
    """A service by name, and how to sign in there.

    `given` names what the file says, `fault` why this profile cannot be used.
    """

    name: str
    url: str | None = None
    workspace: str | None = None
    danger: bool = False
    read_only: bool = False
    token_command: tuple[str, ...] = ()
    keyring: bool = False
    ca_file: Path | None = None
    proxy: str | None = None
    allow_plain_http: bool = False
    given: frozenset[str] = frozenset()
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """The settings of the console. `given` names those that are in the file."""

    theme: str = THEMES[0]
    clipboard: str = "auto"
    reveal_seconds: int = 60
    mouse: str = "auto"
    given: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Config:
    """The content of the file: `keys` are those of the console that a person changed, by name.

    `warnings` are sentences for standard error.
    """

    path: Path
    default_profile: str | None = None
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    console: ConsoleSettings = ConsoleSettings()
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    is_readable: bool = True


def is_profile_name(name: str) -> bool:
    """Returns true for a possible name of a profile: it names a file too."""
    return _NAME.fullmatch(name) is not None


def load(path: Path) -> Config:
    """Returns the configuration in a file; the defaults without one."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return _unreadable(path, f"{path} is not a file")
        text = path.read_bytes().decode()
    except (FileNotFoundError, NotADirectoryError):
        return Config(path)
    except UnicodeDecodeError:
        return _unreadable(path, f"{path} is not text in UTF-8")
    except OSError as error:
        return _unreadable(path, f"{path} cannot be read: {(error.strerror or '').lower()}")
    import tomllib  # most machines have no such file

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return _unreadable(path, _syntax(path, error))
    return _Reader(path, text).config(document)


def _unreadable(path: Path, why: str) -> Config:
    return Config(path, warnings=(f"{why}; nothing in it applies.",), is_readable=False)


def _syntax(path: Path, error: ValueError) -> str:
    if (match := _PLACE.fullmatch(str(error))) is None:
        return f"{path} is not TOML"
    what = f"{match[1][:1].lower()}{match[1][1:]}"
    place = f", line {match[2]}, column {match[3]}" if match[2] else ", at its end"
    return f"{path}{place}: {what}"


class _Reader:
    """One reading of one file: what applies, and every warning on the way."""

    def __init__(self, path: Path, text: str) -> None:
        self._path, self._text = path, text
        self._warnings: list[str] = []

    def config(self, document: dict[str, Any]) -> Config:
        top = self._table(document, TOP, ())
        profiles = {}
        for name, table in (top.pop("profiles", None) or {}).items():
            if (profile := self._profile(name, table)) is not None:
                profiles[name] = profile
        console = self._console(top.pop("console", None) or {})
        keys, findings = examine_keys(top.pop("keys", None) or {})
        for finding in findings:
            self._warn(finding, ("keys",))
        chosen = top.get("default_profile")
        return Config(self._path, chosen, profiles, console, keys, tuple(self._warnings))

    def _profile(self, name: str, table: Any) -> Profile | None:
        where = ("profiles", name)
        if not is_profile_name(name):
            self._warn(Finding(None, "a profile's name is letters, digits and . _ -"), where)
            return None
        if not isinstance(table, dict):
            self._warn(Finding(None, f"{name} is not a table, [profiles.{name}]"), ("profiles",))
            return None
        values = self._table(table, PROFILE, where)
        fault = self._spoiled(table, where)
        if name == EMBEDDED and "url" in values:
            fault = f"The profile {EMBEDDED} is the embedded service and has no url: rename it."
        elif name != EMBEDDED and values.get("url") is None and fault is None:
            fault = f"The profile {name} has no url: give it one in {self._path}."
        if (ca_file := values.get("ca_file")) is not None:
            values["ca_file"] = self._path.parent / _expanded(ca_file)
        values["token_command"] = tuple(values.get("token_command") or ())
        return Profile(name, **values, given=frozenset(table) & PROFILE.keys(), fault=fault)

    def _console(self, table: dict[str, Any]) -> ConsoleSettings:
        values = self._table(table, CONSOLE, ("console",))
        if (theme := values.get("theme", THEMES[0])) not in THEMES:
            self._warn(
                Finding("theme", f"there is no theme {theme}; there is {', '.join(THEMES)}"),
                ("console",),
            )
            del values["theme"]
        return ConsoleSettings(**values, given=frozenset(values))

    def _spoiled(self, table: dict[str, Any], where: tuple[str, ...]) -> str | None:
        """Returns why a profile cannot be used although the rest of the file can."""
        spoiling = (finding for finding in examine(table, PROFILE)[1] if finding.spoils)
        return next((self._sentence(finding, where) for finding in spoiling), None)

    def _table(
        self, table: dict[str, Any], rules: Mapping[str, Any], where: tuple[str, ...]
    ) -> dict[str, Any]:
        values, findings = examine(table, rules)
        for finding in findings:
            self._warn(finding, where)
        return values

    def _warn(self, finding: Finding, where: tuple[str, ...]) -> None:
        self._warnings.append(self._sentence(finding, where))

    def _sentence(self, finding: Finding, where: tuple[str, ...]) -> str:
        line, column = _locate(self._text, where, finding.key)
        place = f", line {line}, column {column}" if line else ""
        table = f" in [{'.'.join(where)}]" if where and not line else ""
        return f"{self._path}{place}: {finding.sentence}{table}."


def _expanded(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:  # there is no home
        return Path(path)


def _locate(text: str, where: tuple[str, ...], key: str | None) -> tuple[int, int]:
    """Returns line and column, from 1, of a key or of the head of its table; zeros if unknown."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.lstrip()
        column = len(line) - len(stripped) + 1
        if stripped.startswith("["):
            table = _head(stripped)
            if key is None and table == where:
                return number, column
        elif key is not None and table == where:
            name = re.match(r"(\"[^\"]*\"|'[^']*'|[A-Za-z0-9_-]+)\s*=", stripped)
            if name and name[1].strip("\"'") == key:
                return number, column
    return 0, 0


def _head(line: str) -> tuple[str, ...]:
    import tomllib

    try:
        table: Any = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return ()
    names = []
    while isinstance(table, dict) and table:
        name, table = next(iter(table.items()))
        names.append(name)
    return tuple(names)
