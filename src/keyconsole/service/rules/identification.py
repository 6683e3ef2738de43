"""Which key is this? Answered from the public key and, where there is one, the digest."""

from keyconsole.core.credential import DIGEST_PATTERN, MalformedCredentialError, pid_of
from keyconsole.service.clock import moment
from keyconsole.service.rules.context import RequestContext
from keyconsole.service.rules.fields import FieldErrors
from keyconsole.service.rules.keys import to_wire
from keyconsole.service.store import keys
from keyconsole.wire import Identified, IdentifyMatch, IdentifyRequest, Permission


async def identify(context: RequestContext, asked: IdentifyRequest) -> Identified:
    """Returns the key, and the verdict of the verification path on it now.

    Without a digest the verdict is the one that the right secret would get.
    """
    pid, digest = _parse(asked)
    runtime = context.runtime
    await runtime.recorder.catch_up()
    workspaces = context.principal.workspaces_with(Permission.KEYS_READ)
    async with runtime.store.read() as tx:
        key = await keys.find(tx, pid, workspaces)
    now = context.now()
    if key is None:
        return Identified(
            match=IdentifyMatch.UNKNOWN,
            reason="credential-invalid",
            checked_at=moment(now),
            process=runtime.process,
        )
    if digest is None:
        verdict = await runtime.verifier.state(pid)
    else:
        verdict = await runtime.verifier.verify(pid, digest)
    matched = digest is not None and verdict.row is not None
    return Identified(
        match=IdentifyMatch.MATCH if matched else IdentifyMatch.ID_ONLY,
        key=to_wire(key, now),
        would_authenticate=verdict.refusal is None,
        reason=verdict.refusal,
        checked_at=moment(now),
        process=runtime.process,
    )


def _parse(asked: IdentifyRequest) -> tuple[str, bytes | None]:
    errors = FieldErrors()
    pid = ""
    try:
        pid = pid_of(asked.public_key)
    except MalformedCredentialError:
        errors.add("public_key", "public-key", "A public key is kcp_ and 16 characters.")
    if asked.digest is not None and DIGEST_PATTERN.fullmatch(asked.digest) is None:
        errors.add("digest", "digest", "A digest is SHA-256 as 64 lower-case hex digits.")
    errors.raise_if_any()
    return pid, None if asked.digest is None else bytes.fromhex(asked.digest)
