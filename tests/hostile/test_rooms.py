"""The other rooms, dialogs and sentences, each on a machine where everything has a hostile name."""

from collections.abc import Sequence

import pytest
from tests.hostile import traces
from tests.hostile.conftest import numbers_on, open_keys
from tests.terminal.conftest import Machine, Stock
from tests.terminal.terminal import LEFT

Step = tuple[str, Sequence[str]]
"""What is pressed, and what is to be seen then."""

BACK = "escape"
ROOMS: dict[str, Sequence[Step]] = {
    "tabs": [
        ("1", ["Redirect URI", "h0001-"]),
        ("e", ["Edit", "h0001-"]),
        (BACK, ["API Keys 2003"]),
        ("d", ["Disable", "esc"]),
        (BACK, ["e edit"]),
        ("3", ["renamed the key", "h1999-"]),
        *[("down", ["h1999-"])] * 3,
        ("?", ["On this screen", "h0010-"]),
    ],
    "expiry, disable": [
        ("E", ["When does it expire?", "h0000-"]),
        (BACK, ["h0000-", "n generate"]),
        ("d", ["Disable this key?", "h0000-", "D  disable"]),
        ("D", ["Disabled h0000-"]),
    ],
    "label audit, audit log, profiles": [
        ("L", ["more follow", "h00"]),
        ("m", ["all right as it is?", "h00"]),
        (BACK, ["more follow"]),
        ("s", ["Save what is listed"]),
        (BACK, ["more follow"]),
        ("A", ["Audit log", "h1999-"]),
        ("V", ["The audit log was changed"]),
        (BACK, ["h1999-"]),
        ("s", ["Save what is listed"]),
        (BACK, ["h1999-"]),
        ("P", ["Where to?"]),
    ],
    "command line": [
        (":", ["Go to"]),
        ("h0008", ["h0008-"]),
        ("enter", ["h0008-", "No API keys yet"]),
    ],
    "actions": [("ctrl+p", ["esc"]), ("h", ["h"])],
    "rotate": [("down", ["h0002-"]), ("t", ["Both keys work", "h0001-"])],
    "generate": [
        ("n", ["Save & Generate Key"]),
        ("checkout-prod", ["checkout-prod"]),
        ("ctrl+s", ["API Key Created"]),
        ("v", ["masked again in"]),
        ("s", ["Save the value"]),
        (BACK, ["Try it"]),
        ("x", ["Revoke this key?"]),
        (BACK, ["Try it"]),
        ("enter", ["checkout-prod", "active"]),
    ],
    "revoke": [
        ("x", ["Revoke this key?", "h0000-", "R  revoke"]),
        ("R", ["Revoked.", "h0000-"]),
        ("enter", ["h0000-", "n generate"]),
    ],
    "mark": [(" ", ["✓"]), ("a", ["✓"]), ("X", ["Revoke 500 keys?", "kcp_"])],
    "revoke many": [
        ("X", ["Revoke which keys?"]),
        ("label:h*", ["label:h*"]),
        ("ctrl+s", ["Revoke 2,000 keys?", "kcp_"]),
        ("tab", ["Revoke 2,000 keys?"]),
    ],
    "watch": [("w", ["Refused keys", "h1999-"]), ("s", ["Save what"]), (BACK, ["h1999-"])],
    "use": [
        ("U", ["Use of", "24 h"]),
        (BACK, ["h0001-"]),
        ("ctrl+f", ["Which key?"]),
        ("h0100\r", ["h0100-"]),
        ("u", ["new source", "h0"]),
        ("B", ["Why"]),
    ],
    "attention": [
        ("!", ["20 need you now", "new source", "h01"]),
        ("down", ["for the first time", "h01"]),
        ("m", ["Dismiss", "h01"]),
        (BACK, ["Matters"]),
    ],
    "find": [
        ("ctrl+f", ["Which key?"]),
        ("h19\r", ["h1900-", "↵ open"]),
        ("enter", ["HISTORY", "h1900-"]),
    ],
    "rotations": [
        ("T", ["Rotations", "h0000-"]),
        ("enter", ["OLD", "NEW", "h0000-", "h0001-"]),
        ("C", ["Cancel this rotation?"]),
        (BACK, ["OLD"]),
        ("E", ["Another deadline"]),
        (BACK, ["OLD"]),
        ("x", ["Revoke this key?", "h0000-"]),
    ],
    "integrations": [(BACK, ["h0000-", "500+"]), ("G", ["h"]), ("enter", ["Overview"])],
}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_of_hostile_names_is_a_room_like_any_other(
    room: str, poisoned: Machine, stock: Stock
) -> None:
    console = open_keys(poisoned, stock, size=(120, 40))
    console.press("down", "down")
    seen = set()
    for keys, words in ROOMS[room]:
        console.press(keys)
        console.wait_for(*words)
        seen |= numbers_on(console)
    assert seen

    assert LEFT not in console.written
    console.press("ctrl+q")
    assert console.read_to_the_end() == 0, console.screen
    assert traces.of_names(console.written) == []
