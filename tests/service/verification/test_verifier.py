"""What is stored instead of a secret, held to the library's own HMAC."""

import hmac

from hypothesis import given
from hypothesis import strategies as st
from tests.service.world import World

from keyconsole.service.verification.verifier import verifier_of


@given(
    key=st.binary(min_size=32, max_size=32),
    pid=st.text("0123456789abcdefghjkmnpqrstvwxyz", min_size=16, max_size=16),
    owner=st.text(max_size=40),
    digest=st.binary(min_size=32, max_size=32),
)
def test_a_verifier_is_the_hmac_of_pid_owner_and_digest(
    key: bytes, pid: str, owner: str, digest: bytes
) -> None:
    message = b"keyconsole/verify/1\0" + pid.encode() + b"\0" + owner.encode() + b"\0" + digest
    for _ in range(2):  # the second time what was prepared is used again
        assert verifier_of(key, pid, owner, digest) == hmac.digest(key, message, "sha256")


async def test_what_is_asked_of_a_key_that_is_gone_by_now_is_whether_it_is_known(
    world: World,
) -> None:
    verdict = await world.runtime.verifier.state("0" * 16)
    assert verdict == (None, "credential-invalid", False)
