"""Names that act on terminals or hide from eyes, thousands of them, the same ones in every run."""

import random
from collections.abc import Sequence

MARK = "7331"
"""A parameter in every control sequence here, so that none can be taken for the console's own."""

SEQUENCES = (
    f"\x1b[{MARK}m",
    f"\x1b[31;{MARK}m",
    f"\x1b[?1049;{MARK}l",
    f"\x1b[2;{MARK}J",
    f"\x1b[{MARK};1H",
    "\x1b[6n",
    "\x1b[c",
    "\x1b[>q",
    "\x1b[21t",
    "\x1bc",
    "\x1b#8",
    "\x1b(0",
    "\x1b]52;c;cm0gLXJmIH4=\x07",
    "\x1b]52;c;?\x1b\\",
    "\x1b]0;pwned\x07",
    "\x1b]8;;http://x.example\x1b\\x\x1b]8;;\x1b\\",
    "\x1b]1337;File=:eA==\x07",
    "\x1bP$qm\x1b\\",
    "\x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\",
    "\x1b_Ga=T;eA==\x1b\\",
    f"\x9b{MARK}m",
    "\x9b6n",
    "\x9d52;c;eA==\x9c",
    "\x90q\x9c",
)
MARKUP = (
    "[@click=app.quit]x[/]",
    "[@click=app.action_quit]x[/]",
    "[@click=screen.revoke]x[/]",
    "[@click='run_command(\"sh\")']x[/]",
    "prod[/foo]",
    "[/]",
    "[red]gone",
    "[bold",
    "$danger",
    "[link=http://x.example]x[/link]",
    "{0.__class__}",
    "%s%n",
    "${HOME}",
    "`id`",
)
CHARACTERS: Sequence[range] = (
    range(0x20),
    range(0x7F, 0xA0),
    range(0x200B, 0x2010),
    range(0x2028, 0x202F),
    range(0x2060, 0x2070),
    range(0xFE00, 0xFE10),
    range(0xFFF9, 0xFFFC),
    range(0xFDD0, 0xFDD4),
    range(0xE000, 0xE004),
    range(0xE0001, 0xE0080),
    range(0xE0100, 0xE0110),
    range(0x1FFFE, 0x20000),
    range(0xF0000, 0xF0003),
)
SINGLE = "\xad\u034f\u061c\u115f\u1160\u17b4\u180e\u2800\u3164\uffa0\ufeff"
_WORDS = ("api", "gateway", "prod", "日本", "cron", "é", "worker", "🔑", "staging")


def generate(count: int, seed: int = 2026) -> list[str]:
    """So many names, no two alike; each begins with its number."""
    chance = random.Random(seed)
    return [f"h{number:04d}-{_name(chance)}" for number in range(count)]


def _name(chance: random.Random) -> str:
    parts = [chance.choice(_WORDS)]
    for _ in range(chance.randint(1, 3)):
        parts += [_intruder(chance), chance.choice(_WORDS)]
    return "".join(parts)


def _intruder(chance: random.Random) -> str:
    match chance.randrange(6):
        case 0 | 1:
            return chance.choice(SEQUENCES)
        case 2:
            return chance.choice(MARKUP) + chr(chance.choice(chance.choice(CHARACTERS)))
        case 3:
            return "e" + "\u0301" * chance.randint(4, 30)
        case 4:
            return chance.choice(SINGLE)
        case _:
            return chr(chance.choice(chance.choice(CHARACTERS)))
