"""The findings of the label audit in words, the gravest first."""

WORDS = {
    name: name.replace("_", " ")
    for name in ("creator_gone", "other_environment", "look_alike", "duplicate", "generic",
                 "unclear", "expiring", "old", "unused", "never_used", "unconfirmed")
} | {"look_alike": "look-alike"}  # fmt: skip
