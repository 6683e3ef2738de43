"""The messages between client and service: frozen pydantic models of contract `/v1`.

Requests refuse unknown fields, so that a typo is an answer and not a silence. Answers ignore
them, so that a newer service can say more. Times are RFC 3339 UTC with milliseconds, from 1970
to 9998; ids are opaque strings. No model ever puts the rejected input into an error.
"""

# ruff: noqa: F403 - each module lists the names of the contract in its `__all__`

from keyconsole.wire.attention import *
from keyconsole.wire.audit import *
from keyconsole.wire.base import *
from keyconsole.wire.disabling import *
from keyconsole.wire.identification import *
from keyconsole.wire.integrations import *
from keyconsole.wire.introspection import *
from keyconsole.wire.keys import *
from keyconsole.wire.labelaudit import *
from keyconsole.wire.members import *
from keyconsole.wire.people import *
from keyconsole.wire.problems import *
from keyconsole.wire.refusals import *
from keyconsole.wire.reports import *
from keyconsole.wire.revocation import *
from keyconsole.wire.revocations import *
from keyconsole.wire.rotation import *
from keyconsole.wire.tokens import *
from keyconsole.wire.usage import *
from keyconsole.wire.workspaces import *
