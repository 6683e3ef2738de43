"""The address that an account is named by. Pure."""

import unicodedata

from keyconsole.core import safetext
from keyconsole.core.safetext import LabelProblem

_WHAT = "An account's email address"


def account_address(text: str) -> str:
    """Returns an address in the one form in which it is stored (NFKC)."""
    return unicodedata.normalize("NFKC", safetext.normalize(text))


def address_problem(text: str) -> LabelProblem | None:
    """Returns the first rule that an address breaks, or None. Nobody asks if mail arrives there."""
    if found := safetext.name_problem(text, _WHAT):
        return found
    if "@" not in account_address(text):
        return LabelProblem("email", "An account is an email address.")
    return None
