"""`keyconsole keys`: one module a command.

```
reading.py   keys list, keys show      create.py    keys create
rename.py    keys rename               revoke.py    keys revoke
disabling.py keys disable, keys enable  many.py      keys revoke-many
identify.py  keys identify             receipt.py   keys receipt
rotate.py    keys rotate               rotation.py  keys rotation, rotations
expiring.py  keys expiry               review.py    keys review
allowing.py  keys allow, scopes, tag   refusals.py  keys refusals
owning.py    keys owner, hand-over
limiting.py  keys limits
usage.py     keys usage
audit.py     keys audit                cards.py     how a key is written
reason_option.py   why a key is revoked
```
"""

import click

from keyconsole.cli.group import Home, LoadedWhenUsed

_HOMES: dict[str, Home] = {
    "allow": (
        "keys.allowing:allow",
        "Let a KEY be used from these ADDRESSES alone, or with --any from everywhere.",
    ),
    "audit": (
        "keys.audit:audit",
        "Living keys with an unclear or look-alike name, unused, old, unconfirmed, ownerless.",
    ),
    "create": (
        "keys.create:create",
        "Make a key for an INTEGRATION and print its secret, once.",
    ),
    "disable": (
        "keys.disabling:disable",
        "Disable a KEY at once: it gets 401 until it is enabled, or until a moment you set.",
    ),
    "enable": ("keys.disabling:enable", "Let a disabled KEY authenticate again."),
    "expiry": (
        "keys.expiring:change_expiry",
        "Let a KEY expire at another time: WHEN is 90d, 12h, 2027-01-31 or never.",
    ),
    "hand-over": (
        "keys.owning:hand_over",
        "Give all living keys that FROM answers for to TO, such as those of a member who leaves.",
    ),
    "identify": (
        "keys.identify:identify",
        "Say which keys are in standard input (-), or which key a PUBLIC_KEY is.",
    ),
    "limits": (
        "keys.limiting:limits",
        "Limit how often a KEY may be used: by a --rate, by a --quota for a day or month, or both.",
    ),
    "list": ("keys.reading:list_keys", "The keys of all integrations, or of one."),
    "owner": (
        "keys.owning:owner",
        "Say who answers for a KEY: an OWNER, or with --creator whoever made it.",
    ),
    "receipt": (
        "keys.receipt:receipt",
        "The receipt of a revoked KEY again, and whether it is refused now.",
    ),
    "refusals": (
        "keys.refusals:refusals",
        "Who presents keys that are refused: from where, with what, how often, since when.",
    ),
    "rename": ("keys.rename:rename", "Give a KEY another LABEL."),
    "review": (
        "keys.review:review",
        "Say that each KEY is all right as it is: its findings rest until then, for everybody.",
    ),
    "revoke-many": (
        "keys.many:revoke_many",
        "Revoke many keys at once and for ever: all that is given must hold for each.",
    ),
    "revoke": (
        "keys.revoke:revoke",
        "Revoke a KEY at once and for ever, and print the receipt.",
    ),
    "rotate": (
        "keys.rotate:rotate",
        "Replace a KEY without a gap: print the secret of its replacement, once.",
    ),
    "rotation": (
        "keys.rotation:rotation",
        "The rotation that a KEY is a part of: what it waits for, and how to go on with it.",
    ),
    "rotations": ("keys.rotation:rotations", "The rotations under way, the oldest first."),
    "scopes": (
        "keys.allowing:scopes",
        "Let a KEY be used for these SCOPES alone, or with --all for those of its integration.",
    ),
    "show": ("keys.reading:show", "One KEY, by its public key or a label that only it has."),
    "tag": (
        "keys.allowing:tag",
        "Set tags of a KEY, NAME=VALUE each; NAME= takes one away.",
    ),
    "usage": (
        "keys.usage:usage",
        "Who uses a KEY: how often, from where, with what, and since when.",
    ),
}


@click.group(cls=LoadedWhenUsed, homes=_HOMES, options_metavar="", subcommand_metavar="COMMAND")
def keys() -> None:
    """API keys: find, create, rename, rotate, disable, revoke, identify."""
