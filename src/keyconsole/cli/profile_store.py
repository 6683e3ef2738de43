"""Changing the profiles in `config.toml`: everything else that is there stays, comments too."""

from collections.abc import Callable, Mapping
from typing import Any

from keyconsole.core.errors import ConfigurationError
from keyconsole.local import paths
from keyconsole.local.config import Config


def write(
    config: Config, name: str, settings: Mapping[str, str | bool], *, makes_default: bool
) -> None:
    """Give a profile these settings and keep its others. What says so already is not written.

    Raises `ConfigurationError`.
    """

    def add(document: Any) -> None:
        import tomlkit

        if makes_default:
            document["default_profile"] = name
        if "profiles" not in document:
            document["profiles"] = tomlkit.table(is_super_table=True)
        profiles = document["profiles"]
        if name not in profiles:
            profiles[name] = tomlkit.table()
        profile = profiles[name]
        for key, value in settings.items():
            if profile.get(key) != value:
                profile[key] = value

    _change(config, add, f"a profile cannot be added to: add [profiles.{name}] by hand")


def make_default(config: Config, name: str) -> None:
    """Let plain `keyconsole` open this profile. Raises `ConfigurationError`."""

    def choose(document: Any) -> None:
        document["default_profile"] = name

    _change(config, choose, f'cannot be changed: write default_profile = "{name}" by hand')


def remove(config: Config, name: str) -> None:
    """Take a profile out, and with it that it is the default. Raises `ConfigurationError`."""

    def take_out(document: Any) -> None:
        if document.get("default_profile") == name:
            del document["default_profile"]
        del document["profiles"][name]

    _change(config, take_out, f"cannot be changed: take [profiles.{name}] out by hand")


def _change(config: Config, change: Callable[[Any], None], otherwise: str) -> None:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    before = _text(config)
    try:
        document: Any = tomlkit.parse(before)
        change(document)
        after = tomlkit.dumps(document)
    except (TOMLKitError, AttributeError, KeyError, TypeError) as error:
        raise ConfigurationError(f"{config.path} is built in a way that {otherwise}.") from error
    if after != before:
        paths.write_private(config.path, after)


def _text(config: Config) -> str:
    try:
        return config.path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{config.path} cannot be read.") from error
