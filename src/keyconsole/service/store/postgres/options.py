"""The parameter `options` of a PostgreSQL URL, as the command line of a server that it is."""

import re
from collections.abc import Iterator

from keyconsole.core.errors import ConfigurationError

_WORD = re.compile(r"(?:\\.|[^\s\\])+", re.DOTALL)
SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")


def startup_settings(options: str) -> tuple[tuple[tuple[str, str], ...], str]:
    """Returns the settings among `options`, and the options themselves if they are no settings.

    `-c name=value`, `-cname=value` and `--name=value` are settings, which work behind a pooler
    too. What else there is, such as `endpoint=…` for a proxy, is for whoever is connected to.
    Raises `ConfigurationError` for a setting without a name or a value.
    """
    words = [re.sub(r"\\(.)", r"\1", word) for word in _WORD.findall(options)]
    if not all(word.startswith("-") or before == "-c" for before, word in _with_previous(words)):
        return (), options
    return tuple(_settings(words)), ""


def _with_previous(words: list[str]) -> Iterator[tuple[str, str]]:
    yield from zip(["", *words], words, strict=False)


def _settings(words: list[str]) -> Iterator[tuple[str, str]]:
    rest = iter(words)
    for word in rest:
        text = next(rest, "") if word == "-c" else word[2:]
        name, equals, value = text.partition("=")
        if not word.startswith(("-c", "--")) or not equals or not SETTING.fullmatch(name):
            raise ConfigurationError(
                "options in the database URL is not of the form -c%20name=value, with %20 between "
                "several."
            )
        yield name.replace("-", "_"), value
