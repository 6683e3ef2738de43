"""The parameters of a PostgreSQL URL: every one that libpq has, and what becomes of it here.

From "Parameter Key Words" and "Environment Variables" of libpq's documentation (PostgreSQL 18).
"""

from collections.abc import Mapping
from typing import Final

HONOURED: Final[Mapping[str, str]] = {
    "host": "PGHOST",
    "port": "PGPORT",
    "dbname": "PGDATABASE",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "passfile": "PGPASSFILE",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "application_name": "PGAPPNAME",
    "fallback_application_name": "",
    "options": "PGOPTIONS",
    "keepalives": "",
    "keepalives_idle": "",
    "keepalives_interval": "",
    "keepalives_count": "",
    "tcp_user_timeout": "",
    "sslmode": "PGSSLMODE",
    "sslnegotiation": "PGSSLNEGOTIATION",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslpassword": "",
    "sslcrl": "PGSSLCRL",
    "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION",
    "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
    "channel_binding": "PGCHANNELBINDING",
    "gssencmode": "PGGSSENCMODE",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
    "client_encoding": "PGCLIENTENCODING",
    "load_balance_hosts": "PGLOADBALANCEHOSTS",
    "sslcompression": "PGSSLCOMPRESSION",
    "sslsni": "PGSSLSNI",
    "sslcertmode": "PGSSLCERTMODE",
}
"""Parameters whose value counts, and the variable that gives it where the URL does not."""

SYNONYMS: Final[Mapping[str, str]] = {"database": "dbname"}

MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
TLS_VERSIONS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")

_GSS = "encryption by Kerberos is not supported"
_PRIMARY = "only the primary is used: a standby may not know of a revoke yet"

VALUES: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "sslmode": (MODES, ""),
    "sslnegotiation": (("postgres", "direct"), ""),
    "ssl_min_protocol_version": (TLS_VERSIONS, ""),
    "ssl_max_protocol_version": (TLS_VERSIONS, ""),
    "channel_binding": (("disable", "prefer", "require"), ""),
    "gssencmode": (("disable", "prefer"), _GSS),
    "target_session_attrs": (("any", "read-write", "primary"), _PRIMARY),
    "client_encoding": (("utf8", "UTF8", "utf-8", "UTF-8", "auto"), "the service speaks UTF-8"),
    "load_balance_hosts": (("disable",), _PRIMARY),
    "keepalives": (("0", "1"), ""),
    "sslcompression": (("0", "1"), ""),
    "sslsni": (("1",), ""),
    "sslcertmode": (("allow",), ""),
}
"""Parameters with few values: those that can be kept, and why no other can."""

NUMBERS = (
    "connect_timeout",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
)

_PUT = "is not supported: write what it stands for into the URL"
_KERBEROS = "is not supported: signing in by Kerberos is not"

REFUSED: Final[Mapping[str, str]] = {
    "hostaddr": "is not supported: write the address as the host",
    "service": _PUT,
    "servicefile": _PUT,
    "krbsrvname": _KERBEROS,
    "gsslib": _KERBEROS,
    "gssdelegation": _KERBEROS,
    "sslcrldir": "is not supported: sslcrl names one file",
    "sslkeylogfile": "is not supported: it would give away what is sent",
    "requirepeer": "is not supported",
    "require_auth": "is not supported: the server decides in pg_hba.conf",
    "replication": "is not for a service",
    "requiressl": "is not supported: write sslmode=require into the URL",
    "min_protocol_version": "is not supported",
    "max_protocol_version": "is not supported",
    "scram_client_key": "is not supported: use a password",
    "scram_server_key": "is not supported: use a password",
    "oauth_issuer": "is not supported: use a password or sslcert",
    "oauth_client_id": "is not supported: use a password or sslcert",
    "oauth_client_secret": "is not supported: use a password or sslcert",
    "oauth_scope": "is not supported: use a password or sslcert",
}
"""Parameters of libpq that nothing here can keep, and what to do about each."""

REFUSED_VARIABLES: Final[Mapping[str, str]] = {
    "PGHOSTADDR": "hostaddr",
    "PGSERVICE": "service",
    "PGREQUIREAUTH": "require_auth",
    "PGREQUIREPEER": "requirepeer",
    "PGREQUIRESSL": "requiressl",
    "PGSSLCRLDIR": "sslcrldir",
    "PGMINPROTOCOLVERSION": "min_protocol_version",
    "PGMAXPROTOCOLVERSION": "max_protocol_version",
}
"""Variables that libpq would obey, by saying where to connect or what to demand of the server."""
