"""The service that a command talks to: by flag, environment or profile, or the embedded one.

Naming a target asks nobody and runs nothing; `sign_in` reads the token, which may run a command.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from keyconsole.cli.options import ServiceOptions
from keyconsole.client.connection import Connection, checked_proxy, checked_url
from keyconsole.core.errors import ConfigurationError, UsageError
from keyconsole.local import secrets
from keyconsole.local.config import EMBEDDED, Config, Profile
from keyconsole.local.secrets import Source

PROFILE_VARIABLE = "KEYCONSOLE_PROFILE"
URL_VARIABLE = "KEYCONSOLE_URL"


@dataclass(frozen=True, slots=True)
class Target:
    """A service by the name that the console shows; without a `url` it is the embedded one."""

    profile: str
    url: str | None = None
    danger: bool = False
    read_only: bool = False
    workspace: str | None = None
    stored: Profile | None = None
    options: ServiceOptions = field(default_factory=ServiceOptions)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    @property
    def token_source(self) -> Source | None:
        """Returns the source of the token; none for the embedded service or without one."""
        if self.url is None:
            return None
        return secrets.source_of(
            self.stored, token_file=self.options.token_file, environ=self.environ
        )

    @property
    def signs_in_at_once(self) -> bool:
        """True if `sign_in` starts no other program, which may take long."""
        return self.token_source not in {Source.COMMAND, Source.KEYRING}

    def sign_in(self) -> Connection:
        """The connection with its token. It may block. Raises as `secrets.find_token` does."""
        if self.url is None:
            raise ConfigurationError("The embedded service is not behind a network.")
        token = secrets.find_token(
            self.url, self.stored, token_file=self.options.token_file, environ=self.environ
        )
        proxy = self.options.proxy or (self.stored.proxy if self.stored else None)
        return Connection(
            self.url,
            token,
            ca_file=self.options.ca_file or (self.stored.ca_file if self.stored else None),
            proxy=checked_proxy(proxy) if proxy else None,
            allow_plain_http=_plain_http(self.options, self.stored),
            read_only=self.read_only,
        )


def find_target(
    options: ServiceOptions,
    config: Config,
    *,
    last: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Target:
    """The service that is meant. `last` is the profile to take when nobody names one.

    Raises `UsageError` or `ConfigurationError`: nothing falls back silently.
    """
    variable = environ.get(PROFILE_VARIABLE, "").strip()
    url = environ.get(URL_VARIABLE, "").strip()
    name = options.profile or variable
    if name == EMBEDDED and url and not options.profile:
        raise UsageError(f"{PROFILE_VARIABLE} is {EMBEDDED} and {URL_VARIABLE} is set: unset one.")
    if not name and not url:
        name = config.default_profile or last or ""
    if name == EMBEDDED or not (name or url):
        return _embedded(options, config, environ, is_named=bool(name))
    profile = _profile(name, config, named=bool(options.profile or variable)) if name else None
    checked = checked_url(
        url or (profile.url if profile else None) or "",
        allow_plain_http=_plain_http(options, profile),
    )
    return Target(
        profile.name if profile else urlsplit(checked).netloc,
        checked,
        danger=profile is not None and profile.danger,
        read_only=options.read_only or (profile is not None and profile.read_only),
        workspace=profile.workspace if profile else None,
        stored=profile,
        options=options,
        environ=environ,
    )


def _embedded(
    options: ServiceOptions, config: Config, environ: Mapping[str, str], *, is_named: bool
) -> Target:
    """The service in this process. Where the file cannot be read, it may have said read-only."""
    if options.token_file is not None:
        raise UsageError("--token-file is for a service elsewhere; the embedded one takes none.")
    if not is_named and (variable := secrets.source_in(environ)) is not None:
        raise ConfigurationError(
            f"{variable} is set and {URL_VARIABLE} is not: a token belongs to one service."
        )
    stored = config.profiles.get(EMBEDDED, Profile(EMBEDDED))
    if stored.fault:
        raise ConfigurationError(stored.fault)
    unknown = not is_named and not config.is_readable
    return Target(
        EMBEDDED,
        danger=stored.danger,
        read_only=options.read_only or stored.read_only or unknown,
        stored=stored,
        options=options,
        environ=environ,
    )


def _profile(name: str, config: Config, *, named: bool) -> Profile:
    if (profile := config.profiles.get(name)) is None:
        known = ", ".join([EMBEDDED, *sorted(config.profiles.keys() - {EMBEDDED})])
        sentence = f"There is no profile {name}. There is {known}; keyconsole login adds one."
        if named:
            raise UsageError(sentence)
        raise ConfigurationError(f"{config.path} names it as default_profile: {sentence}")
    if profile.fault:
        raise ConfigurationError(profile.fault)
    return profile


def _plain_http(options: ServiceOptions, profile: Profile | None) -> bool:
    return options.allow_plain_http or (profile is not None and profile.allow_plain_http)
