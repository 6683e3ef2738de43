"""The mark of names that were found to hold no credential when they were written. Pure.

It is a digest of the names and of the rules that they were examined by, so it holds for nothing
else: names that an older version changes, which knows no marks, are examined again. It is no
protection from those who write to the database themselves: they can make a mark as well.
"""

import hashlib
import json
from collections.abc import Mapping

RULES = 2
"""The version of the rules in this package; another one makes every mark void."""


def mark(label: str, metadata: Mapping[str, str] | None) -> bytes:
    """Returns the mark of the names of a key: 8 bytes."""
    names = json.dumps([RULES, label, sorted((metadata or {}).items())])
    return hashlib.blake2b(names.encode(), digest_size=8).digest()
