"""The check that the value in an answer belongs to the key that it came with."""

from keyconsole.core.credential import MalformedCredentialError, parse
from keyconsole.core.errors import UnexpectedAnswerError
from keyconsole.wire import CreatedKey


def checked_created(created: CreatedKey, peer: str) -> CreatedKey:
    """Returns the answer; raises `UnexpectedAnswerError` if its value is not that key's."""
    if not _belongs(created):
        raise UnexpectedAnswerError(
            f"{peer} made {created.key.public_key}, but the value it answered is not a whole "
            "key: revoke it and generate another."
        )
    return created


def _belongs(created: CreatedKey) -> bool:
    try:
        return parse(created.secret.get_secret_value()).public_key == created.key.public_key
    except MalformedCredentialError:
        return False
