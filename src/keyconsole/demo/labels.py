"""Labels of sample keys: good ones, bad ones, and look-alikes."""

SYSTEMS = (
    "api-gateway", "audit-shipper", "backup-agent", "billing-worker", "ci-deploy", "crm-sync",
    "cron-worker", "data-export", "email-sender", "etl-nightly", "feature-flags", "fraud-check",
    "invoice-sync", "lead-import", "metrics-scraper", "mobile-gateway", "order-sync",
    "partner-portal", "payroll-export", "report-builder", "search-indexer", "session-store",
    "ticket-mirror", "webhook-relay",
)  # fmt: skip

ENVIRONMENTS = {
    "production": "prod",
    "staging": "staging",
    "sandbox": "sandbox",
    "development": "dev",
}
"""The names of environments in labels."""

REGIONS = ("", "", "", "-eu", "-us")

BAD = (
    "test", "New key", "asdf", "key1", "temp", "my key", "DO NOT DELETE", "Untitled", "foo",
    "prod", "old", "token", "for bruno", "new new key", "delete me", "test2", "laptop", "xxx",
    "api key (copy)", "aaa", "demo for friday", "?",
)  # fmt: skip

LOOK_ALIKES = (("o", "\u043e"), ("a", "\u0430"), ("e", "\u0435"), ("l", "1"), ("o", "0"))
"""A letter and one that is drawn alike: Cyrillic, or a digit."""


def good(system: str, environment: str, region: str) -> str:
    """A label that names a system and an environment: `api-gateway-prod`."""
    return f"{system}{region}-{ENVIRONMENTS[environment]}"


def nearly(label: str, kind: int) -> str:
    """A label that is another one to the service and hardly so to the eye."""
    match kind % 4:
        case 0:
            return label.replace("-", "_")
        case 1:
            return label.replace("-", " ").title()
        case 2:
            return f"{label}-2"
        case _:
            letter, twin = LOOK_ALIKES[kind // 4 % len(LOOK_ALIKES)]
            return label.replace(letter, twin, 1) if letter in label else f"{label}1"
