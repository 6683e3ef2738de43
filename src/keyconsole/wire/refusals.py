"""The sources of refused keys."""

from keyconsole.wire.base import Answer, Count, Moment, ShownName, ShownText

__all__ = ["Refusal"]


class Refusal(Answer):
    """Requests with one key from one source that were refused for one reason.

    `reason` is the problem code. With `credential-invalid` the secret was wrong: whoever asked
    knew the name of the key, and no more.
    """

    public_key: str
    label: ShownName
    integration_id: str
    integration_name: ShownName
    reason: str
    address: str
    agent: ShownText
    count: Count
    first_at: Moment
    last_at: Moment
