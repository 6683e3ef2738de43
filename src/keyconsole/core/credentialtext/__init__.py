"""Decides what a credential looks like in text, whatever form it is written in. Pure.

```
found.py      whole credentials, proven by their checksum: scan, Identify, revoke-many
examined.py   the mark of names that were examined when they were written
suspected.py  anything that still tells most of a secret: refused in names, cut out of free text
forms.py      the readings of a text: percent-encoded, hexadecimal, base64 and so on, nested
base85.py     the one encoding that is found by its beginning, since any text could be it
folding.py    a reading with look-alike letters, invisible characters and widths undone
```

Every place that finds, refuses or hides credentials asks this package, so that all of them agree.
"""

from keyconsole.core.credentialtext.found import LONGEST_FORM, Located, find, locate
from keyconsole.core.credentialtext.suspected import (
    HIDDEN,
    contains_credential,
    may_contain_credential,
    publish,
    redact,
    redact_names,
)

__all__ = [
    "HIDDEN",
    "LONGEST_FORM",
    "Located",
    "contains_credential",
    "find",
    "locate",
    "may_contain_credential",
    "publish",
    "redact",
    "redact_names",
]
