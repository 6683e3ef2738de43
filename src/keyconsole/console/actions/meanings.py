"""The one table of keys: a key means the same on every screen that offers it.

Enter, Escape, Tab, Space, the arrows and Ctrl+S are no part of it: they go on, back, along, mark
and save wherever one is.
"""

from __future__ import annotations

from typing import NamedTuple


class Meaning(NamedTuple):
    """The keys of one meaning, as Textual names them, the first one shown; and a sentence."""

    keys: tuple[str, ...]
    sentence: str


MEANINGS = {
    "new": Meaning(("n",), "Make a new one: an integration, a key, a sign-in."),
    "edit": Meaning(("e",), "Change what it is called and says of itself."),
    "ends": Meaning(("E",), "Change when it ends: a key, a rotation."),
    "rotate": Meaning(("t",), "Replace a key without a gap."),
    "disable": Meaning(("d",), "Disable it, or let it work again."),
    "revoke": Meaning(("x",), "Revoke a key, after a question."),
    "revoke_many": Meaning(("X",), "Revoke many keys, after a question."),
    "receipt": Meaning(("r",), "Show the receipt of a revoked key."),
    "copy": Meaning(("c",), "Copy what the page is about: a secret value, a receipt."),
    "copy_public": Meaning(("y",), "Copy the public key."),
    "show": Meaning(("v",), "Show or mask a secret value."),
    "save": Meaning(("s",), "Save what is shown to a file: a value, a receipt, a list."),
    "order": Meaning(("o",), "Order the list by another column."),
    "filter": Meaning(("slash",), "Show only what matches."),
    "kind": Meaning(("K",), "Show one kind of finding, the next one each time."),
    "reviewed": Meaning(("m",), "Say that a key is all right as it is."),
    "mark_all": Meaning(("a",), "Mark every key that is shown, or none."),
    "follow": Meaning(("f",), "Show events as they happen, or stop."),
    "verify": Meaning(("V",), "Follow the audit log from its first event."),
    "cancel": Meaning(("C",), "Cancel a rotation and keep both keys."),
    "others": Meaning(("p",), "Ask the services of the other profiles."),
    "first_part": Meaning(("1",), "Go to the first part of a page: Overview, the old key."),
    "second_part": Meaning(("2",), "Go to the second part of a page: API Keys, the new key."),
    "third_part": Meaning(("3",), "Go to the third part of a page: Activity."),
    "next_part": Meaning(("right_square_bracket",), "Go to the part after this one."),
    "part_before": Meaning(("left_square_bracket",), "Go to the part before this one."),
    "identify": Meaning(("i",), "Find out which key a text contains."),
    "watch": Meaning(("w",), "See who still presents refused keys."),
    "find": Meaning(("ctrl+f",), "Find a key across all integrations."),
    "label_audit": Meaning(("L",), "Open the label audit."),
    "audit_log": Meaning(("A",), "Open the audit log."),
    "rotations": Meaning(("T",), "Open the rotations under way."),
    "profiles": Meaning(("P",), "Go to another service or workspace."),
    "policy": Meaning(("comma",), "Open the policy of the workspace."),
    "go_to": Meaning(("colon",), "Go somewhere, or do something, by name."),
    "palette": Meaning(("ctrl+p",), "List everything that can be done here."),
    "refresh": Meaning(("ctrl+r",), "Ask the service again now."),
    "help": Meaning(("question_mark",), "Open or close the help."),
    "leave": Meaning(("q",), "Leave the help, or keyconsole."),
    "confirm_revoke": Meaning(("R",), "Yes: revoke."),
    "confirm_disable": Meaning(("D",), "Yes: disable."),
    "confirm_enable": Meaning(("O",), "Yes: let it work again."),
}
EXEMPT = {"enter", "escape", "tab", "space", "left", "right", "ctrl+s"}
"""Keys that go on, back, along, mark or save, whatever that is on a screen."""
