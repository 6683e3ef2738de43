"""PostgreSQL URLs as platforms hand them out: what each parameter becomes, and each refusal."""

import pytest

from keyconsole.core.errors import ConfigurationError
from keyconsole.core.urls import without_password
from keyconsole.service.store.postgres.address import Address, Keepalive, Tls, parse
from keyconsole.service.store.postgres.options import startup_settings
from keyconsole.service.store.postgres.parameters import (
    HONOURED,
    NUMBERS,
    REFUSED,
    REFUSED_VARIABLES,
    VALUES,
)

PASSWORD = "hunter2"
BASE = f"postgresql://ops:{PASSWORD}@db.internal/keys"


def read(url: str, **environ: str) -> Address:
    return parse(url, environ)


def tls(query: str, **environ: str) -> Tls:
    return read(f"{BASE}?{query}", **environ).tls


def sentence(url: str, **environ: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        parse(url, environ)
    assert PASSWORD not in caught.value.message
    assert PASSWORD not in without_password(url)
    return caught.value.message


@pytest.mark.parametrize(
    "scheme", ["postgres", "postgresql", "POSTGRESQL", "postgresql+asyncpg", "postgresql+psycopg2"]
)
def test_every_scheme_of_postgresql_is_read(scheme: str) -> None:
    found = read(f"{scheme}://ops:{PASSWORD}@db.internal:6543/keys")
    assert (found.hosts, found.user, found.password, found.database) == (
        (("db.internal", 6543),),
        "ops",
        PASSWORD,
        "keys",
    )
    assert PASSWORD not in repr(found)


@pytest.mark.parametrize(
    ("authority", "hosts"),
    [
        ("db", [("db", 5432)]),
        ("db:5433", [("db", 5433)]),
        ("[2001:db8::5]", [("2001:db8::5", 5432)]),
        ("[2001:db8::5]:5433", [("2001:db8::5", 5433)]),
        ("db1,db2,db3", [("db1", 5432), ("db2", 5432), ("db3", 5432)]),
        ("db1:5433,db2", [("db1", 5433), ("db2", 5432)]),
        ("db1:5433,[::1]:5434", [("db1", 5433), ("::1", 5434)]),
        ("%2Fvar%2Frun%2Fpostgresql", [("/var/run/postgresql", 5432)]),
        ("%2Fvar%2Frun%2Fpostgresql:5433", [("/var/run/postgresql", 5433)]),
    ],
)
def test_hosts_and_ports(authority: str, hosts: list[tuple[str, int]]) -> None:
    assert list(read(f"postgresql://ops@{authority}/keys").hosts) == hosts


@pytest.mark.parametrize(
    ("query", "hosts"),
    [
        ("host=/var/run/postgresql", [("/var/run/postgresql", 5432)]),
        ("host=/var/run/postgresql&port=5433", [("/var/run/postgresql", 5433)]),
        ("host=a,b&port=1,2", [("a", 1), ("b", 2)]),
        ("host=a,b&port=1", [("a", 1), ("b", 1)]),
    ],
)
def test_the_host_may_be_a_parameter(query: str, hosts: list[tuple[str, int]]) -> None:
    assert list(read(f"postgresql://ops@/keys?{query}").hosts) == hosts


@pytest.mark.parametrize(
    ("encoded", "user", "password", "database"),
    [
        ("o%40ps:p%40%2F%3A%3F%23%25@h/k%20s", "o@ps", "p@/:?#%", "k s"),
        ("ops:p@ss@h/keys", "ops", "p@ss", "keys"),
        ("ops:p+s#h@h/keys", "ops", "p+s#h", "keys"),
        ("ops:a:b@h/keys", "ops", "a:b", "keys"),
        ("ops@h/keys?password=p%26s", "ops", "p&s", "keys"),
        ("h/?user=ops&dbname=keys", "ops", None, "keys"),
        ("ops@h", "ops", None, "ops"),
    ],
)
def test_what_is_encoded_is_decoded(
    encoded: str, user: str, password: str | None, database: str
) -> None:
    found = read(f"postgresql://{encoded}")
    assert (found.user, found.password, found.database) == (user, password, database)


def test_variables_of_libpq_stand_in_for_what_the_url_leaves_open() -> None:
    environ = {
        "PGHOST": "db",
        "PGPORT": "5433",
        "PGUSER": "ops",
        "PGPASSWORD": PASSWORD,
        "PGDATABASE": "keys",
        "PGSSLMODE": "require",
        "PGAPPNAME": "gateway",
        "PGCONNECT_TIMEOUT": "7",
    }
    found = read("postgresql://", **environ)
    assert (found.hosts, found.user, found.database) == ((("db", 5433),), "ops", "keys")
    assert (found.tls.mode, found.application_name, found.connect_seconds) == (
        "require",
        "gateway",
        7,
    )
    assert read(f"{BASE}?sslmode=disable", **environ).tls.mode == "disable"


@pytest.mark.parametrize("variable", REFUSED_VARIABLES)
def test_a_variable_that_libpq_would_obey_is_not_passed_over(variable: str) -> None:
    assert sentence(BASE, **{variable: "x"}).startswith(f"{variable} is not supported")
    assert read(BASE, **{variable: ""}).database == "keys"


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("PGSSLMODE", "on", "PGSSLMODE is disable, allow"),
        ("PGSSLCERTMODE", "require", "PGSSLCERTMODE is allow"),
        ("PGTARGETSESSIONATTRS", "standby", "PGTARGETSESSIONATTRS is any, read-write or primary"),
        ("PGCONNECT_TIMEOUT", "soon", "PGCONNECT_TIMEOUT is a whole number"),
    ],
)
def test_what_a_variable_says_wrong_names_the_variable(
    variable: str, value: str, said: str
) -> None:
    assert sentence(BASE, **{variable: value}).startswith(said)


@pytest.mark.parametrize("mode", VALUES["sslmode"][0])
def test_all_six_modes_of_tls(mode: str) -> None:
    assert tls(f"sslmode={mode}").mode == mode


def test_the_other_parameters_of_tls() -> None:
    assert tls("").mode == "prefer"
    assert tls("ssl=true").mode == "require"
    found = tls(
        "sslmode=verify-ca&sslrootcert=/ca&sslcert=/c&sslkey=/k&sslpassword=open&sslcrl=/r"
        "&ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.3&sslnegotiation=direct"
    )
    assert found == Tls(
        mode="verify-ca",
        root="/ca",
        certificate="/c",
        key="/k",
        password="open",
        revoked="/r",
        oldest="TLSv1.3",
        newest="TLSv1.3",
        is_direct=True,
    )
    assert "open" not in repr(found)


def test_the_authorities_of_the_system_verify_the_name_too() -> None:
    assert tls("sslrootcert=system").mode == "verify-full"
    assert "needs sslmode=verify-full" in sentence(f"{BASE}?sslrootcert=system&sslmode=require")


def test_channel_binding_is_kept_by_verifying_the_certificate() -> None:
    for accepted in ("disable", "prefer"):
        assert tls(f"sslmode=require&channel_binding={accepted}").mode == "require"
    found = tls("sslmode=require&channel_binding=require")
    assert (found.mode, found.root, found.binds_channel) == ("verify-full", "system", True)
    assert tls("channel_binding=require&sslrootcert=/ca").root == "/ca"
    assert "needs TLS" in sentence(f"{BASE}?sslmode=disable&channel_binding=require")


def test_keepalives_and_time_limits() -> None:
    assert read(BASE).keepalive == Keepalive()
    found = read(
        f"{BASE}?keepalives=1&keepalives_idle=30&keepalives_interval=10&keepalives_count=3"
        "&tcp_user_timeout=9000&connect_timeout=10"
    )
    assert found.keepalive == Keepalive(
        idle_seconds=30, interval_seconds=10, count=3, user_timeout_ms=9000
    )
    assert found.connect_seconds == 10
    assert not read(f"{BASE}?keepalives=0").keepalive.is_on
    left_to_the_system = read(f"{BASE}?keepalives_idle=0&tcp_user_timeout=0").keepalive
    assert (left_to_the_system.idle_seconds, left_to_the_system.user_timeout_ms) == (None, None)
    assert read(f"{BASE}?connect_timeout=1").connect_seconds == 2  # as libpq rounds it
    for none in ("0", "-1"):
        assert read(f"{BASE}?connect_timeout={none}").connect_seconds is None


@pytest.mark.parametrize(
    ("options", "settings", "startup"),
    [
        ("-c statement_timeout=5s", [("statement_timeout", "5s")], ""),
        ("-cgeqo=off -c  work_mem=8MB", [("geqo", "off"), ("work_mem", "8MB")], ""),
        ("--search-path=a,b", [("search_path", "a,b")], ""),
        (r"-c search_path=a\ b\\c", [("search_path", "a b\\c")], ""),
        ("", [], ""),
        ("endpoint=ep-cool-1", [], "endpoint=ep-cool-1"),
        ("project=x -c geqo=off", [], "project=x -c geqo=off"),
    ],
)
def test_options(options: str, settings: list[tuple[str, str]], startup: str) -> None:
    assert startup_settings(options) == (tuple(settings), startup)


@pytest.mark.parametrize("options", ["-c", "-c+geqo=off", "-c geqo", "--=x", "-c 1=2", "-B"])
def test_options_that_set_nothing_are_named(options: str) -> None:
    with pytest.raises(ConfigurationError, match="options in the database URL is not of the form"):
        startup_settings(options)


def test_what_is_no_parameter_of_libpq_is_a_setting_of_the_server() -> None:
    found = read(f"{BASE}?work_mem=8MB&options=-c%20geqo=off")
    assert found.settings == (("geqo", "off"), ("work_mem", "8MB"))


def test_the_name_of_the_application_is_kept() -> None:
    assert read(f"{BASE}?application_name=my%20app").application_name == "my app"
    assert read(f"{BASE}?fallback_application_name=heroku").application_name == "heroku"


@pytest.mark.parametrize(
    "accepted",
    [
        "gssencmode=disable",
        "gssencmode=prefer",
        "target_session_attrs=any",
        "target_session_attrs=read-write",
        "target_session_attrs=primary",
        "client_encoding=UTF8",
        "client_encoding=auto",
        "load_balance_hosts=disable",
        "sslcompression=0",
        "sslsni=1",
        "passfile=/run/pgpass",
        "sslmode=",
        "",
    ],
)
def test_what_changes_nothing_is_accepted(accepted: str) -> None:
    assert read(f"{BASE}?{accepted}").database == "keys"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("sslmode=on", "sslmode in the database URL is disable, allow, prefer, require, verify-ca"),
        ("sslmode=verify_full", "sslmode in the database URL is"),
        ("gssencmode=require", "gssencmode in the database URL is disable or prefer, since"),
        ("target_session_attrs=standby", "only the primary is used"),
        ("target_session_attrs=prefer-standby", "only the primary is used"),
        ("load_balance_hosts=random", "load_balance_hosts in the database URL is disable"),
        ("client_encoding=LATIN1", "client_encoding"),
        ("channel_binding=always", "channel_binding in the database URL is disable, prefer or"),
        ("sslnegotiation=direct", "sslnegotiation=direct needs sslmode=require"),
        ("ssl_min_protocol_version=SSLv3", "ssl_min_protocol_version"),
        ("keepalives=yes", "keepalives in the database URL is 0 or 1"),
        ("a b=1", "the parameter a b, which PostgreSQL does not know"),
        (f"x{'y' * 500}=1", "the parameter xyyy"),
        ("a%1Bb=1", "the parameter a<U+001B>b"),
        ("sslmode", "has a parameter without a value"),
        ("sslrootcert=%zz", "a % that encodes nothing"),
        ("sslrootcert=%ff", "is not UTF-8"),
        ("sslrootcert=%00", "a zero byte"),
        *((f"{name}=soon", f"{name} in the database URL is a whole number") for name in NUMBERS),
        *((f"{name}=x", f"{name} in the database URL") for name in REFUSED),
    ],
)
def test_what_cannot_be_kept_is_named(query: str, said: str) -> None:
    assert said in sentence(f"{BASE}?{query}")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://h/k", "does not begin with postgresql://"),
        (f"postgresql://ops:{PASSWORD}/slash@127.0.0.1/keys", "A port of the database URL"),
        (f"postgresql://ops:{PASSWORD}", "A port of the database URL"),
        (f"postgresql://ops:{PASSWORD}?x@h/keys", "a parameter without a value"),
        (f"postgresql://ops:{PASSWORD}?x=1@h/keys", "A port of the database URL"),
        (f"postgresql://ops:{PASSWORD}%@h/keys", "a % that encodes nothing"),
        ("postgresql://ops@h:0/keys", "A port"),
        ("postgresql://ops@h:65536/keys", "A port"),
        ("postgresql://ops@::1/keys", "A port"),
        ("postgresql://ops@[::1/keys", "A host of the database URL"),
        ("postgresql://ops@a,b/keys?port=1,2,3", "3 ports for 2 hosts"),
    ],
)
def test_a_url_that_cannot_be_meant_is_told_without_its_password(url: str, said: str) -> None:
    assert said in sentence(url)


def test_every_parameter_is_in_one_table() -> None:
    assert not HONOURED.keys() & REFUSED.keys()
    assert VALUES.keys() | {*NUMBERS} <= HONOURED.keys()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://h:5432,[::1]:5433/k", "postgresql://h:5432,[::1]:5433/k"),
        ("postgresql://ops@h/k?%70assword=hunter2&a=b", "postgresql://ops@h/k?%70assword=…&a=b"),
        ("postgresql://ops@h/k?sslpassword=hunter2", "postgresql://ops@h/k?sslpassword=…"),
        ("postgresql://ops:hunter2/k", "postgresql://ops:…"),
        ("postgresql://ops:a@b:c@[::1]:1/k", "postgresql://ops:…@[::1]:1/k"),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown
