"""The findings of the label audit in words, the gravest first."""

WORDS = {
    "creator_gone": "creator gone",
    "other_environment": "other environment",
    "look_alike": "look-alike",
    "duplicate": "duplicate",
    "generic": "generic",
    "unclear": "unclear",
    "expiring": "expiring",
    "old": "old",
    "unused": "unused",
    "never_used": "never used",
    "unconfirmed": "unconfirmed",
}
