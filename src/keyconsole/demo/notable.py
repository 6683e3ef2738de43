"""Keys with a story of their own: all of Salesforce Production, and the busy ones elsewhere.

One is in trouble: `api-gateway-prod` is used from an address that nobody has seen before.
"""

from functools import partial

from keyconsole.demo.catalogue import SALESFORCE
from keyconsole.demo.plan import Disabled, Pattern, Revoked, SampleKey, Source
from keyconsole.wire import RevokeReason

MINUTE = 1 / 1_440
HOUR = 1 / 24

STRANGER = Source("203.0.113.66", "python-requests/2.31.0", 0.0, 14 * MINUTE)
"""The source that has got hold of `api-gateway-prod`."""

STRANGER_PACE = 18.0
"""Its requests an hour."""

CURL, HTTPX, GO = "curl/8.4.0", "python-httpx/0.28.1", "Go-http-client/2.0"
OKHTTP, AXIOS, JAVA = "okhttp/4.12.0", "axios/1.7.9", "Java-http-client/21.0.5"


_key = partial(SampleKey, SALESFORCE)


IN_TROUBLE = _key(
    "api-gateway-prod", 257, "ops",
    pattern=Pattern.ALWAYS, pace=740,
    sources=(
        Source("10.1.4.7", CURL, 0.46),
        Source("10.1.4.9", HTTPX, 0.34, 193),
        Source("10.1.4.12", HTTPX, 0.14, 61),
        Source("10.1.6.3", GO, 0.06, 22),
    ),
)  # fmt: skip

_SALESFORCE = (
    _key(
        "api-gateway-prod", 622, "bruno", pattern=Pattern.OFFICE, pace=700,
        sources=(Source("10.1.4.7", CURL),),
        revoked=Revoked(256, "ops", RevokeReason.SUPERSEDED, "CHG-871", "Yearly rotation"),
    ),
    IN_TROUBLE,
    _key("api-gateway-prod-2", 41, "ci"),
    _key("api-gateway-pr\u043ed", 9, "support", acknowledged=False),
    _key(
        "asdf", 310, "mei", pattern=Pattern.RARE, quiet=190, sources=(Source("10.9.0.41", CURL),)
    ),
    _key(
        "billing-worker-prod", 294, "ops", owner="payments", pattern=Pattern.OFFICE, pace=140,
        sources=(Source("10.1.9.30", JAVA, 0.7), Source("10.1.9.31", JAVA, 0.3, 118)),
    ),
    _key(
        "Billing Worker Prod", 180, "lena", pattern=Pattern.WEEKLY, pace=6,
        sources=(Source("10.1.9.30", JAVA),),
    ),
    _key(
        "cron-worker-prod", 327, "ci", pattern=Pattern.NIGHTLY, pace=48,
        sources=(Source("10.1.9.2", CURL),), refused=("key-disabled", 2),
        disabled=Disabled(4 * HOUR, "noor", 2, "revoke"),
    ),
    _key(
        "crm-sync-prod", 93, "dara", lifetime=90, pattern=Pattern.OFFICE, pace=75,
        sources=(Source("10.1.8.14", HTTPX),), refused=("key-expired", 12),
    ),
    _key(
        "data-export-prod", 168, "dara", owner="data", pattern=Pattern.NIGHTLY, pace=310,
        sources=(Source("10.4.0.18", HTTPX),), allowed_ips=("10.4.0.0/24",),
    ),
    _key(
        "etl-nightly-prod", 360, "ci", lifetime=365, pattern=Pattern.NIGHTLY, pace=900,
        sources=(Source("10.4.0.22", JAVA),),
    ),
    _key(
        "invoice-sync-prod", 148, "ops", owner="payments", pattern=Pattern.ALWAYS, pace=220,
        sources=(Source("10.1.7.5", JAVA, 0.8), Source("10.1.7.6", JAVA, 0.2, 97)),
    ),
    _key(
        "key1", 705, "bruno", pattern=Pattern.RARE, pace=3, sources=(Source("10.9.0.17", CURL),)
    ),
    _key("laptop-test", 2 * HOUR, "support", acknowledged=False),
    _key(
        "lead-import-prod", 212, "lena", pattern=Pattern.OFFICE, pace=95,
        sources=(Source("10.1.8.20", AXIOS),),
    ),
    _key(
        "mobile-gateway-prod", 35, "ops", pattern=Pattern.ALWAYS, pace=960,
        sources=(Source("10.1.4.9", OKHTTP, 0.6), Source("10.1.4.10", OKHTTP, 0.4)),
    ),
    _key("New key", 77, "support"),
    _key("new key 2", 76, "support", acknowledged=False),
    _key(
        "old-backend", 404, "bruno", pattern=Pattern.OFFICE, pace=60,
        sources=(Source("10.1.9.77", JAVA),), refused=("key-revoked", 40),
        revoked=Revoked(
            21, "noor", RevokeReason.KEY_COMPROMISE, "INC-4102", "Found in a build log"
        ),
    ),
    _key(
        "partner-portal-prod", 540, "mei", owner="lena@acme.example",
        pattern=Pattern.OFFICE, pace=30, sources=(Source("10.1.3.8", AXIOS),),
        disabled=Disabled(12, "ops"),
    ),
    _key(
        "report-builder-prod", 430, "mei", pattern=Pattern.NIGHTLY, pace=20, quiet=141,
        sources=(Source("10.4.0.9", HTTPX),),
    ),
    _key(
        "search-indexer-prod", 815, "tomas", pattern=Pattern.NIGHTLY, pace=500,
        sources=(Source("10.1.2.40", GO),),
        revoked=Revoked(370, "dara", RevokeReason.CESSATION_OF_OPERATION, "CHG-702"),
    ),
    _key(
        "support-lookup-prod", 58, "support", pattern=Pattern.RARE, pace=9,
        sources=(Source("10.20.0.5", CURL),), allowed_ips=("10.20.0.0/28", "192.0.2.17"),
        renamed=(57, "lookup"),
    ),
    _key("temp - delete me", 90, "lena", lifetime=30),
    _key(
        "test", 690, "tomas", pattern=Pattern.WEEKLY, pace=4, sources=(Source("10.1.9.5", CURL),)
    ),
    _key(
        "webhook-relay-prod", 905, "tomas", owner="platform", pattern=Pattern.ALWAYS, pace=120,
        sources=(Source("10.1.5.2", GO, 0.5), Source("10.1.5.3", GO, 0.5, 400)),
    ),
)  # fmt: skip

_BUSY = (
    ("GitHub Actions", "ci-deploy-prod", 61, "ci", 95, "10.30.0.4", GO),
    ("HubSpot EU", "lead-import-eu-prod", 45, "dara", 130, "10.1.8.21", AXIOS),
    ("NetSuite Finance", "invoice-sync-prod", 52, "ops", 180, "10.1.7.5", JAVA),
    ("Slack Notifications", "email-sender-prod", 32, "dara", 420, "10.1.4.7", HTTPX),
    ("Snowflake Warehouse", "metrics-scraper-prod", 24, "lena", 350, "10.4.0.30", HTTPX),
    ("Stripe Payments", "billing-worker-prod", 38, "ops", 740, "10.1.9.30", JAVA),
    ("Zendesk Support", "ticket-mirror-prod", 18, "support", 260, "10.1.3.15", OKHTTP),
)

NOTABLE: tuple[SampleKey, ...] = _SALESFORCE + tuple(
    SampleKey(
        integration,
        label,
        age,
        by,
        pattern=Pattern.ALWAYS,
        pace=pace,
        sources=(Source(address, agent),),
    )
    for integration, label, age, by, pace, address, agent in _BUSY
)
