"""The address that an account is named by. Pure."""

import unicodedata

from keyconsole.core import safetext
from keyconsole.core.safetext import LabelProblem

_WHAT = "An account's email address"


def account_address(text: str) -> str:
    """Returns an address in the one form in which it is stored.

    That is NFKC, with small letters but for ASCII: the case of those is kept, and no database tells
    them apart where it compares. Of other letters each has its own idea.
    """
    composed = unicodedata.normalize("NFKC", safetext.normalize(text))
    small = "".join(each if each.isascii() else each.lower() for each in composed)
    return unicodedata.normalize("NFKC", small)


def address_problem(text: str) -> LabelProblem | None:
    """Returns the first rule that an address breaks, or None. Nobody asks if mail arrives there."""
    if found := safetext.name_problem(text, _WHAT):
        return found
    if "@" not in account_address(text):
        return LabelProblem("email", "An account is an email address.")
    return None
