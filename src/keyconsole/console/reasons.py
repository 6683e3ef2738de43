"""Why a key is revoked, in the words of a person; the service has the names of RFC 5280."""

from keyconsole.console.styled_text import Run

WORDS = {
    "unspecified": "not said",
    "key_compromise": "leaked",
    "superseded": "replaced",
    "affiliation_changed": "owner left",
    "cessation_of_operation": "not needed",
    "privilege_withdrawn": "withdrawn",
}


def reason_runs(reason: str) -> list[Run]:
    """A reason as it is shown: the word, and the name beside it."""
    word: Run = (WORDS.get(reason, reason), "ink")
    return [word] if reason == "unspecified" else [word, (f"   {reason}", "dim")]
