"""The operator tokens of the sample workspace, and who is invited. Ages are days before now."""

from dataclasses import dataclass
from typing import Any

from keyconsole.core.credential import Kind
from keyconsole.core.credential import digest as digest_of
from keyconsole.demo.people import ANA, address
from keyconsole.demo.plan import moment
from keyconsole.service.clock import DAY
from keyconsole.service.rootkeys import RootKey
from keyconsole.service.rules.minting import secret_of
from keyconsole.service.verification.verifier import verifier_of
from keyconsole.wire import Role

_NONCE = "demo-token-{}-000000"
_MINUTE = 1 / 1440


@dataclass(frozen=True, slots=True)
class SampleToken:
    """A token of somebody: when it was made and last used, and how long it works."""

    whose: str
    label: str
    age: float
    used: float | None
    lifetime: float | None = None


TOKENS = (
    SampleToken("ana", "laptop", 210, 3 * _MINUTE, 365),
    SampleToken("ops", "bastion-1", 1_050, 0.25),
    SampleToken("ops", "laptop", 41, 2 * _MINUTE, 120),
    SampleToken("ops", "old-laptop", 1_090, 338),
    SampleToken("ci", "deploy-pipeline", 85, 1 * _MINUTE, 90),
    SampleToken("ci", "nightly-audit", 300, 0.3, 365),
    SampleToken("support", "desk", 120, 1.2, 365),
    SampleToken("dara", "laptop", 64, 0.1, 90),
    SampleToken("noor", "phone", 30, 0.17, 90),
    SampleToken("lena", "laptop", 330, 94),
    SampleToken("kofi", "laptop", 100, 12, 90),
)

INVITED = ("sam@contoso.example", Role.RESPONDER, 0.2)
"""Somebody of another workspace who has not answered: address, role offered, and since when."""


def token_row(
    root: RootKey, pid: str, sample: SampleToken, account_id: str, workspace_id: str, now: int
) -> dict[str, Any]:
    """Returns the row of a token."""
    created = moment(now, sample.age)
    value = secret_of(root, pid, _NONCE.format(pid), Kind.OPERATOR_TOKEN).text
    return {
        "pid": pid,
        "account_id": account_id,
        "workspace_id": workspace_id,
        "root_id": root.id,
        "verifier": verifier_of(root.verify_key, pid, account_id, digest_of(value)),
        "label": sample.label,
        "created_at": created,
        "created_by": ANA,
        "last_used_at": 0 if sample.used is None else now - round(sample.used * DAY),
        "expires_at": sample.lifetime and created + round(sample.lifetime * DAY),
        "confined": address(sample.whose) != ANA,
    }
