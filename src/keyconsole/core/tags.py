"""Tags of keys as people write them: `team=payments note="for the audit"`. Pure.

Within quotes "" is a quote. A comma after a value without quotes is not part of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from keyconsole.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_QUOTED = r'"(?:[^"]|"")*"'
_TAG = re.compile(rf'\s*(?:({_QUOTED}|[^\s="]+)=({_QUOTED}|[^\s"]*)(?:,|(?=\s|$))|(\S+))')
_UNBROKEN = re.compile(r'[^\s="]+')


def pair(text: str) -> tuple[str, str]:
    """Returns the name and the value of `NAME=VALUE`; raises `UsageError` for anything else."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise UsageError(f"A tag is NAME=VALUE, and {text} is none.")
    return name, value


def typed(text: str) -> dict[str, str]:
    """Returns the tags in a text; raises `UsageError` for what is none."""
    found: dict[str, str] = {}
    for match in _TAG.finditer(text.strip()):
        if match[1] is None:
            raise UsageError(f"A tag is name=value, and {match[3]} is none.")
        name, value = (_plain(part) for part in match.groups()[:2])
        if name in found:
            raise UsageError(f"{name} is there twice.")
        if not value:
            raise UsageError(f"{name} has no value.")
        found[name] = value
    return found


def written(tags: Mapping[str, str]) -> str:
    """Returns the text of tags; `typed` reads it as the same tags."""
    return " ".join(f"{_quoted(name)}={_quoted(value)}" for name, value in tags.items())


def _plain(part: str) -> str:
    if part.startswith('"'):
        return part[1:-1].replace('""', '"')
    return part.removesuffix(",")


def _quoted(text: str) -> str:
    if _UNBROKEN.fullmatch(text) and not text.endswith(","):
        return text
    return '"' + text.replace('"', '""') + '"'
