"""The table of settings that `config.toml` may hold, and what is wrong with a value. Pure."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from keyconsole.core.safetext import show
from keyconsole.core.shortcuts import DEFAULTS, refusals


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence without its full stop about a key, or about the whole table.

    `spoils` says that the table is of no use without it.
    """

    key: str | None
    sentence: str
    spoils: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule of a value. `instead` applies if it is broken; `needed` then spoils its table."""

    must_be: str
    fits: Callable[[Any], bool]
    instead: Any = None
    needed: bool = False


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_switch(value: Any) -> bool:
    return isinstance(value, bool)


def _is_command(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_text, value))


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


def _is_seconds(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 3600


def _one_of(*choices: str) -> Rule:
    return Rule(f"one of {', '.join(choices)}", lambda value: value in choices)


_TEXT = Rule("text in quotes", _is_text)
_NEEDED_TEXT = Rule("text in quotes", _is_text, needed=True)
_SAFETY = Rule("true or false", _is_switch, instead=True)
_TABLE = Rule("a table", _is_table)

TOP: Mapping[str, Rule] = {
    "default_profile": _TEXT,
    "profiles": _TABLE,
    "console": _TABLE,
    "keys": _TABLE,
}

PROFILE: Mapping[str, Rule] = {
    "url": _NEEDED_TEXT,
    "workspace": _NEEDED_TEXT,
    "danger": _SAFETY,
    "read_only": _SAFETY,
    "token_command": Rule('a list of texts, such as ["op", "read", "…"]', _is_command, needed=True),
    "keyring": Rule("true or false", _is_switch, needed=True),
    "ca_file": _NEEDED_TEXT,
    "proxy": _NEEDED_TEXT,
    "allow_plain_http": Rule("true or false", _is_switch, instead=False),
}

CONSOLE: Mapping[str, Rule] = {
    "theme": _TEXT,
    "clipboard": _one_of("auto", "osc52", "tmux", "system", "off"),
    "reveal_seconds": Rule("a whole number of seconds from 1 to 3600", _is_seconds),
    "mouse": _one_of("auto", "on", "off"),
}


def examine_keys(
    table: Mapping[str, Any],
) -> tuple[dict[str, tuple[str, ...]], list[Finding]]:
    """Returns the keys that a person gave to actions of the console, and the findings."""
    keys, findings = {}, []
    for name, given in table.items():
        listed = [given] if isinstance(given, str) else given
        if isinstance(listed, list) and listed and all(map(_is_text, listed)):
            keys[name] = tuple(listed)
        else:
            findings.append(Finding(name, f"{show(name)} must be a key in quotes, or a list"))
    for name, why in refusals(keys).items():
        close = difflib.get_close_matches(name, DEFAULTS, n=1) if name not in DEFAULTS else []
        meant = f"; did you mean {close[0]}" if close else ""
        findings.append(Finding(name, f"{show(name)} {show(why)}{meant}"))
        del keys[name]
    return keys, findings


def examine(
    table: Mapping[str, Any], rules: Mapping[str, Rule]
) -> tuple[dict[str, Any], list[Finding]]:
    """Returns the values that apply, and the findings about the others, which quote no value."""
    values: dict[str, Any] = {}
    findings = []
    for key, value in table.items():
        if (rule := rules.get(key)) is None:
            meant, sentence = _unknown(key, rules)
            findings.append(Finding(key, sentence))
            if meant and rules[meant] is _SAFETY and value is not False:
                values.setdefault(meant, True)
        elif rule.fits(value):
            values[key] = value
        else:
            findings.append(Finding(key, _misfit(key, rule), spoils=rule.needed))
            if rule.instead is not None:
                values[key] = rule.instead
    return values, findings


def _unknown(key: str, rules: Mapping[str, Rule]) -> tuple[str | None, str]:
    if "token" in key and "command" not in key:
        return None, (
            f"{show(key)} is not a setting, and no token belongs into this file: keyconsole login"
        )
    close = difflib.get_close_matches(key.lower(), rules, n=1)
    if not close:
        return None, f"{show(key)} is not a setting; there are {', '.join(rules)}"
    taken = ", taken as on to be safe" if rules[close[0]] is _SAFETY else ""
    return close[0], f"{show(key)} is not a setting; did you mean {close[0]}{taken}"


def _misfit(key: str, rule: Rule) -> str:
    sentence = f"{key} must be {rule.must_be}"
    if rule.needed:
        return f"{sentence}; without it the profile cannot be used"
    if rule is _SAFETY:
        return f"{sentence}; it is taken as true, to be safe"
    return sentence
