"""The settings of the service from arguments and environment variables."""

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from keyconsole.core.errors import ConfigurationError
from keyconsole.core.networks import Network, unmapped
from keyconsole.local import privatefile
from keyconsole.service.places import VARIABLE as CREDENTIALS
from keyconsole.service.places import CredentialPlaces
from keyconsole.service.publicurl import VARIABLE as PUBLIC_URL
from keyconsole.service.publicurl import checked_public_url

DATABASE_NAME = "keyconsole.db"
ROOT_KEYS_NAME = "root-keys"
DATABASE_URL = "KEYCONSOLE_DATABASE_URL"
ROOT_KEY = "KEYCONSOLE_ROOT_KEY"
ROOT_KEY_FILE = "KEYCONSOLE_ROOT_KEY_FILE"
REVOCATIONS_LOG = "KEYCONSOLE_REVOCATIONS_LOG"
LOG_LEVELS = ("debug", "info", "warning", "error")

CHECKPOINTS_NAME = "audit-checkpoints.jsonl"
STDOUT = Path("-")
EVERY_EVENTS = 100
EVERY_SECONDS = 60

_MOST = 1_000_000
_POSTGRESQL = re.compile(r"postgres(?:ql)?(?:\+\w+)?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CheckpointSettings:
    """The file and the interval of the checkpoints that `service run` writes of the audit log.

    `path` is `-` for standard output; without one none are written. One is written after so many
    events, or after so many seconds if there was any.
    """

    path: Path | None = None
    events: int = EVERY_EVENTS
    seconds: int = EVERY_SECONDS

    @classmethod
    def from_environment(cls, data_dir: Path, environ: Mapping[str, str]) -> "CheckpointSettings":
        """Reads the settings of `KEYCONSOLE_AUDIT_CHECKPOINT*`; raises `ConfigurationError`."""
        named = environ.get("KEYCONSOLE_AUDIT_CHECKPOINTS", "").strip()
        path = Path(named) if named else data_dir / CHECKPOINTS_NAME
        return cls(
            path=None if named == "off" else path,
            events=_positive("KEYCONSOLE_AUDIT_CHECKPOINT_EVENTS", EVERY_EVENTS, environ),
            seconds=_positive("KEYCONSOLE_AUDIT_CHECKPOINT_SECONDS", EVERY_SECONDS, environ),
        )


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """Everything that differs between one deployment and another."""

    data_dir: Path
    database_url: str = field(repr=False)
    root_key_file: Path
    root_key: str | None = field(default=None, repr=False)
    group_readable: bool = False
    trusted_proxies: tuple[Network, ...] = ()
    rate_limits: bool = True
    lets_preflight: bool = False
    credential_places: CredentialPlaces = field(default_factory=CredentialPlaces)
    # A page that cannot be read ends a process that reads through a map: a service starts again,
    # a console would leave its person with a broken terminal.
    log_level: str = "info"
    # Of a worker: what its parent found the database to be (`store.opening.OpenDatabase.identity`).
    expected_database: str | None = None
    public_url: str | None = None
    checkpoints: "CheckpointSettings" = field(default_factory=lambda: CheckpointSettings())
    revocations_log: Path | None = None

    @classmethod
    def from_environment(
        cls,
        data_dir: Path,
        database_url: str | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> "ServiceSettings":
        """Reads the settings of `KEYCONSOLE_*`; an argument that is given wins.

        Raises `ConfigurationError` for a value that cannot be meant.
        """
        level = (environ.get("KEYCONSOLE_LOG_LEVEL", "").strip() or "info").lower()
        if level not in LOG_LEVELS:
            raise ConfigurationError(f"KEYCONSOLE_LOG_LEVEL is one of {', '.join(LOG_LEVELS)}.")
        root_key = environ.get(ROOT_KEY, "").strip() or None
        root_key_file = privatefile.named_file(ROOT_KEY_FILE, environ)
        if root_key and root_key_file:
            raise ConfigurationError(f"{ROOT_KEY} and {ROOT_KEY_FILE} are both set: unset one.")
        return cls(
            data_dir=data_dir,
            database_url=database_url
            or privatefile.secret_variable(DATABASE_URL, environ)
            or f"sqlite:///{data_dir / DATABASE_NAME}",
            root_key_file=root_key_file or data_dir / ROOT_KEYS_NAME,
            root_key=root_key,
            group_readable=privatefile.accepts_group(environ),
            trusted_proxies=_networks(environ.get("KEYCONSOLE_TRUSTED_PROXIES", "")),
            rate_limits=_switch("KEYCONSOLE_RATE_LIMITS", "on", environ),
            lets_preflight=_switch("KEYCONSOLE_FORWARD_AUTH_PREFLIGHT", "off", environ),
            credential_places=CredentialPlaces.parse(environ.get(CREDENTIALS, "")),
            log_level=level,
            public_url=checked_public_url(environ.get(PUBLIC_URL, "")),
            checkpoints=CheckpointSettings.from_environment(data_dir, environ),
            revocations_log=_path(REVOCATIONS_LOG, environ),
        )

    def to_environment(self) -> dict[str, str]:
        """Returns the variables that make the same settings; those that are empty count as unset.

        Secrets are among them, since a file that was read may be a pipe.
        """
        return {
            DATABASE_URL: self.database_url,
            f"{DATABASE_URL}_FILE": "",
            ROOT_KEY: self.root_key or "",
            ROOT_KEY_FILE: "" if self.root_key else str(self.root_key_file),
            privatefile.GROUP_READABLE: "yes" if self.group_readable else "no",
            "KEYCONSOLE_LOG_LEVEL": self.log_level,
            "KEYCONSOLE_RATE_LIMITS": "on" if self.rate_limits else "off",
            "KEYCONSOLE_TRUSTED_PROXIES": ",".join(map(str, self.trusted_proxies)),
            "KEYCONSOLE_FORWARD_AUTH_PREFLIGHT": "on" if self.lets_preflight else "off",
            CREDENTIALS: str(self.credential_places),
            PUBLIC_URL: self.public_url or "",
        }

    @property
    def is_postgresql(self) -> bool:
        """True if the database is on a PostgreSQL server."""
        return _POSTGRESQL.match(self.database_url) is not None

    @property
    def database_path(self) -> Path:
        """The SQLite file; raises `ConfigurationError` for a URL of another database."""
        prefix = "sqlite:///"
        if not self.database_url.startswith(prefix) or len(self.database_url) == len(prefix):
            raise ConfigurationError(
                "The database URL is neither of the form sqlite:///path nor of "
                "postgresql://user:password@host/name."
            )
        return Path(self.database_url.removeprefix(prefix))


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(
            unmapped(ipaddress.ip_network(part.strip(), strict=False))
            for part in text.split(",")
            if part.strip()
        )
    except ValueError as error:
        raise ConfigurationError(
            "KEYCONSOLE_TRUSTED_PROXIES is a list of addresses or networks with commas between."
        ) from error


def _path(name: str, environ: Mapping[str, str]) -> Path | None:
    named = environ.get(name, "").strip()
    return Path(named) if named not in ("", "off") else None


def _switch(name: str, default: str, environ: Mapping[str, str]) -> bool:
    value = (environ.get(name, "").strip() or default).lower()
    if value not in ("on", "off"):
        raise ConfigurationError(f"{name} is on or off.")
    return value == "on"


def _positive(name: str, default: int, environ: Mapping[str, str]) -> int:
    text = environ.get(name, "").strip() or str(default)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _MOST:
        raise ConfigurationError(f"{name} is a whole number from 1 to {_MOST}.")
    return int(text)
