"""The tokens by which the index of labels is asked. Pure.

A token is the number of a workspace, a kind and three characters, so that a search reads nothing
of another workspace: `12x` begins a trigram of a label, `12h` and `12t` the first and the last
three characters of a public key. The indexes of both databases hold the same tokens.
"""

from dataclasses import dataclass

TRIGRAM = 3
MOST_TOKENS = 8
"""More trigrams of a text hardly leave fewer keys, and each is read."""


@dataclass(frozen=True, slots=True)
class TokenQuery:
    """Keys with all of the tokens of `label`, or with one of `ends`. Some do not match the text."""

    label: tuple[str, ...]
    ends: tuple[str, ...] = ()


def token_query(number: int, text: str, pid_part: str | None) -> TokenQuery | None:
    """The tokens of a text in the workspace with this number; None where it is too short.

    `pid_part` is what a public key may begin or end with.
    """
    if len(text) < TRIGRAM or (pid_part is not None and len(pid_part) < TRIGRAM):
        return None
    every = sorted({text[at : at + TRIGRAM] for at in range(len(text) - TRIGRAM + 1)})
    step = -(-len(every) // MOST_TOKENS)
    label = tuple(f"{number}x{trigram}" for trigram in every[::step])
    if pid_part is None:
        return TokenQuery(label)
    head, tail = pid_part[:TRIGRAM], pid_part[-TRIGRAM:]
    return TokenQuery(label, (f"{number}h{head}", f"{number}t{tail}"))
