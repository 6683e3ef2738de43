"""Every setting, what it is and where that came from. Nothing secret is ever part of the value.

Flag before environment before profile before file before default; only `read_only` is on as
soon as any of them says so.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from keyconsole.cli.options import ServiceOptions
from keyconsole.core.safetext import show
from keyconsole.core.urls import without_password
from keyconsole.local import secrets
from keyconsole.local.config import EMBEDDED, THEMES, Config, ConsoleSettings, Profile
from keyconsole.local.paths import config_file, data_dir, is_nowhere, shown, token_file
from keyconsole.local.privatefile import GROUP_READABLE, is_value

THEME_VARIABLE = "KEYCONSOLE_THEME"

_SERVICE_LINK = re.compile(r"\w+_(?:SERVICE_(?:HOST|PORT(?:_\w+)?)|PORT(?:_[0-9]+_\w+)?)")
"""Variables that Kubernetes sets for every Service of a namespace, of whatever name."""

_HIDDEN = "(hidden)"


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting as it applies now. `origin` is a flag, a variable, a profile or a file."""

    name: str
    value: str | None
    origin: str


@dataclass(frozen=True, slots=True)
class _Known:
    name: str
    variable: str
    default: str | None = None
    secret: bool = False


def console_settings(
    config: Config, environ: Mapping[str, str] = os.environ
) -> tuple[ConsoleSettings, str | None]:
    """Returns the settings of the console, and a warning if the variable names no theme."""
    theme = environ.get(THEME_VARIABLE, "").strip()
    if theme in THEMES:
        return replace(config.console, theme=theme), None
    warning = f"{THEME_VARIABLE} names no theme that there is; there is {', '.join(THEMES)}."
    return config.console, warning if theme else None


def effective(
    environ: Mapping[str, str] = os.environ,
    options: ServiceOptions | None = None,
    config: Config | None = None,
) -> list[Setting]:
    """Every setting of contract section 6 as it applies now."""
    options = options or ServiceOptions()
    config = config or Config(config_file(environ))
    profile_setting, profile = _profile(environ, options, config)
    return [
        profile_setting,
        *_of_service(environ, options, profile),
        *_of_console(environ, config),
        *(_resolve(known, environ) for known in _catalogue(environ)),
    ]


def mistyped(environ: Mapping[str, str] = os.environ) -> list[str]:
    """Returns a sentence for each variable `KEYCONSOLE_…` that is no setting."""
    from difflib import get_close_matches

    prefix = "KEYCONSOLE_"
    known = {each.variable for each in _catalogue(environ)} | {
        "KEYCONSOLE_DATABASE_URL_FILE",
        "KEYCONSOLE_PROFILE",
        "KEYCONSOLE_READ_ONLY",
        "KEYCONSOLE_URL",
        THEME_VARIABLE,
        secrets.VARIABLE,
        secrets.FILE_VARIABLE,
    }
    sentences = []
    endings = sorted(each.removeprefix(prefix) for each in known)
    for name in sorted(each for each in environ if each.startswith(prefix)):
        if name not in known and not _SERVICE_LINK.fullmatch(name):
            alike = get_close_matches(name.removeprefix(prefix), endings, 1, 0.7)
            ending = f" Is it meant to be {prefix}{alike[0]}?" if alike else ""
            sentences.append(f"{show(name[:64])} is no setting.{ending}")
    return sentences


def _profile(
    environ: Mapping[str, str], options: ServiceOptions, config: Config
) -> tuple[Setting, Profile | None]:
    named = (
        (options.profile, "--profile"),
        (environ.get("KEYCONSOLE_PROFILE"), "KEYCONSOLE_PROFILE"),
        (None if environ.get("KEYCONSOLE_URL") else config.default_profile, str(config.path)),
    )
    for name, where in named:
        if name:
            return Setting("profile", name, where), config.profiles.get(name)
    if environ.get("KEYCONSOLE_URL"):
        return Setting("profile", None, "KEYCONSOLE_URL"), None
    return Setting("profile", EMBEDDED, "default"), config.profiles.get(EMBEDDED)


def _of_service(
    environ: Mapping[str, str], options: ServiceOptions, profile: Profile | None
) -> list[Setting]:
    stored = profile or Profile(EMBEDDED)
    given = f"profile {stored.name}"

    def setting(name: str, flag: object, default: str | None = None) -> Setting:
        if flag:
            return Setting(name, _shown(flag), f"--{name.replace('_', '-')}")
        if name in stored.given:
            return Setting(name, _shown(getattr(stored, name)), given)
        return Setting(name, default, "default")

    url = environ.get("KEYCONSOLE_URL", "").strip()
    return [
        Setting("url", _shown(url), "KEYCONSOLE_URL") if url else setting("url", None),
        _token(environ, options, profile),
        setting("workspace", None),
        setting("danger", None, "false"),
        _read_only(environ, options, stored, setting("read_only", options.read_only, "false")),
        setting("ca_file", options.ca_file),
        setting("proxy", options.proxy),
        setting("allow_plain_http", options.allow_plain_http, "false"),
    ]


def _read_only(
    environ: Mapping[str, str], options: ServiceOptions, stored: Profile, otherwise: Setting
) -> Setting:
    """Whoever says so; click has checked the variable and put it among the flags."""
    if options.read_only and environ.get("KEYCONSOLE_READ_ONLY"):
        return Setting("read_only", "true", "KEYCONSOLE_READ_ONLY")
    if not stored.read_only and not options.read_only and environ.get("KEYCONSOLE_READ_ONLY"):
        return Setting("read_only", "false", "KEYCONSOLE_READ_ONLY")
    return otherwise


def _token(environ: Mapping[str, str], options: ServiceOptions, profile: Profile | None) -> Setting:
    source = secrets.source_of(profile, token_file=options.token_file, environ=environ)
    match source:
        case None:
            return Setting("token", None, "default")
        case secrets.Source.COMMAND | secrets.Source.KEYRING if profile is not None:
            return Setting("token", _HIDDEN, f"{source} of profile {profile.name}")
        case secrets.Source.FILE if profile is not None:
            return Setting("token", _HIDDEN, str(token_file(profile.name)))
        case _:
            return Setting("token", _HIDDEN, str(source))


def _of_console(environ: Mapping[str, str], config: Config) -> list[Setting]:
    console, _ = console_settings(config, environ)
    found = []
    for each in fields(console):
        if each.name == "given":
            continue
        origin = str(config.path) if each.name in console.given else "default"
        if each.name == "theme" and environ.get(THEME_VARIABLE, "").strip() in THEMES:
            origin = THEME_VARIABLE
        found.append(Setting(each.name, _shown(getattr(console, each.name)), origin))
    return found


def _catalogue(environ: Mapping[str, str]) -> list[_Known]:
    data = data_dir(environ)

    def inside(name: str) -> str | None:
        return None if is_nowhere(data) else str(data / name)

    database = inside("keyconsole.db")

    return [
        _Known("config", "KEYCONSOLE_CONFIG", shown(config_file(environ))),
        _Known("data_dir", "KEYCONSOLE_DATA_DIR", shown(data)),
        _Known("no_color", "NO_COLOR"),
        _Known("confined", "KEYCONSOLE_CONFINED", "off"),
        _Known("database_url", "KEYCONSOLE_DATABASE_URL", database and f"sqlite:///{database}"),
        _Known("root_key", "KEYCONSOLE_ROOT_KEY", secret=True),
        _Known("root_key_file", "KEYCONSOLE_ROOT_KEY_FILE", inside("root-keys")),
        _Known("group_readable", GROUP_READABLE, "no"),
        _Known("trusted_proxies", "KEYCONSOLE_TRUSTED_PROXIES"),
        _Known("public_url", "KEYCONSOLE_PUBLIC_URL"),
        _Known("rate_limits", "KEYCONSOLE_RATE_LIMITS", "on"),
        _Known("forward_auth_preflight", "KEYCONSOLE_FORWARD_AUTH_PREFLIGHT", "off"),
        _Known("credentials", "KEYCONSOLE_CREDENTIALS", "bearer"),
        _Known("log_level", "KEYCONSOLE_LOG_LEVEL", "info"),
        _Known(
            "audit_checkpoints",
            "KEYCONSOLE_AUDIT_CHECKPOINTS",
            inside("audit-checkpoints.jsonl"),
        ),
        _Known("audit_checkpoint_events", "KEYCONSOLE_AUDIT_CHECKPOINT_EVENTS", "100"),
        _Known("audit_checkpoint_seconds", "KEYCONSOLE_AUDIT_CHECKPOINT_SECONDS", "60"),
        _Known("revocations_log", "KEYCONSOLE_REVOCATIONS_LOG", "off"),
        _Known("debug", "KEYCONSOLE_DEBUG", "off"),
    ]


def _resolve(known: _Known, environ: Mapping[str, str]) -> Setting:
    if given := environ.get(known.variable, "").strip():
        is_hidden = known.secret or (known.name == "root_key_file" and is_value(given))
        if known.name == "database_url" and "://" not in given:
            is_hidden = True
        return Setting(known.name, _HIDDEN if is_hidden else _shown(given), known.variable)
    if known.name == "database_url" and (path := environ.get(f"{known.variable}_FILE")):
        shown = _HIDDEN if is_value(path) else f"(in {path})"
        return Setting(known.name, shown, f"{known.variable}_FILE")
    return Setting(known.name, known.default, "default")


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    from keyconsole.core.credentialtext import redact  # which a console starts without

    return redact(without_password(str(value)))
