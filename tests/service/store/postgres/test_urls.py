"""What the parameters of a URL do on a server with TLS, passwords and TCP; what refusals say."""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
import trustme
from tests.service.store.postgres.places import give, obstacle
from tests.service.store.postgres.server import Server, a_server

from keyconsole.core.errors import ConfigurationError
from keyconsole.service.store.postgres import schema
from keyconsole.service.store.postgres.connecting import Primary, connect, connect_within

PASSWORD = "hunter2"
# The server of the other tests is built without TLS.
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
_RULES = """
local all postgres trust
hostssl all certified 127.0.0.1/32 cert
hostssl all encrypted 127.0.0.1/32 scram-sha-256
hostnossl all plain 127.0.0.1/32 scram-sha-256
host all ops 127.0.0.1/32 scram-sha-256
"""


class Listening:
    """A server on TCP, the certificates around it, and URLs of it."""

    def __init__(self, server: Server, port: int, files: Path) -> None:
        self.server, self.port, self.files = server, port, files

    def url(self, query: str = "", *, user: str = "ops", password: str = PASSWORD) -> str:
        place = f"{user}:{password}@localhost:{self.port}/postgres"
        return f"postgresql://{place}?{query}"

    async def execute(self, statement: str) -> None:
        connection = await connect(self.server.url)
        await connection.execute(statement)
        await connection.close()


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    if reason := obstacle():
        pytest.skip(reason)
    if not PROGRAMS:
        pytest.skip("Debian's postgresql, which has TLS, is not installed")
    files = tmp_path_factory.mktemp("certificates")
    authority, other = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(str(files / "ca.pem"))
    other.cert_pem.write_to_path(str(files / "other.pem"))
    client = authority.issue_cert(common_name="certified")
    client.cert_chain_pems[0].write_to_path(str(files / "client.pem"))
    client.private_key_pem.write_to_path(str(files / "client.key"))
    (files / "client.key").chmod(0o600)
    port = free_port()
    with a_server(
        f"port = {port}", "listen_addresses = '127.0.0.1'", programs=PROGRAMS[-1].parent
    ) as server:
        certificate = authority.issue_cert("localhost")
        certificate.cert_chain_pems[0].write_to_path(str(server.data / "server.crt"))
        certificate.private_key_pem.write_to_path(str(server.data / "server.key"))
        authority.cert_pem.write_to_path(str(server.data / "ca.pem"))
        for name in ("server.crt", "server.key", "ca.pem"):
            (server.data / name).chmod(0o600)
            give(server.data / name)
        (server.data / "pg_hba.conf").write_text(_RULES)
        server.url += f"&port={port}"
        found = Listening(server, port, files)
        asyncio.run(_prepare(found))
        yield found


async def _prepare(listening: Listening) -> None:
    for name in ("ops", "certified", "encrypted", "plain"):
        await listening.execute(f"CREATE ROLE {name} SUPERUSER LOGIN PASSWORD '{PASSWORD}'")
    await listening.execute("ALTER SYSTEM SET ssl_ca_file = 'ca.pem'")
    await with_tls(listening, "on")


async def with_tls(listening: Listening, state: str) -> None:
    """Switch the TLS of the server on or off, and wait until it is so."""
    await listening.execute(f"ALTER SYSTEM SET ssl = {state}")
    listening.server.stop()
    listening.server.start()


async def refusal(url: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        await schema.prepare(url)
    assert PASSWORD not in caught.value.message
    return caught.value.message


async def is_encrypted(connection: Primary) -> bool:
    found = await connection.fetchval("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    await connection.close()
    return bool(found)


async def test_each_mode_is_encrypted_as_it_says(listening: Listening) -> None:
    ca = f"sslrootcert={listening.files / 'ca.pem'}"
    for query, encrypted in {
        "sslmode=disable": False,
        "sslmode=allow": False,
        "sslmode=prefer": True,
        "": True,
        "sslmode=require": True,
        f"sslmode=require&{ca}": True,
        f"sslmode=verify-ca&{ca}": True,
        f"sslmode=verify-full&{ca}": True,
        f"sslmode=verify-full&{ca}&ssl_min_protocol_version=TLSv1.3": True,
        f"channel_binding=require&{ca}": True,
    }.items():
        assert await is_encrypted(await connect(listening.url(query))) is encrypted, query


async def test_the_other_way_is_tried_where_the_mode_leaves_it_open(listening: Listening) -> None:
    allow, prefer = "sslmode=allow", "sslmode=prefer"
    assert await is_encrypted(await connect(listening.url(allow, user="encrypted")))
    assert not await is_encrypted(await connect(listening.url(prefer, user="plain")))
    assert "pg_hba.conf" in await refusal(listening.url("sslmode=disable", user="encrypted"))
    assert "pg_hba.conf" in await refusal(listening.url("sslmode=require", user="plain"))


async def test_a_client_certificate_signs_in(listening: Listening) -> None:
    files = f"sslcert={listening.files / 'client.pem'}&sslkey={listening.files / 'client.key'}"
    url = listening.url(f"sslmode=require&{files}", user="certified", password="")
    assert await is_encrypted(await connect(url))
    (listening.files / "client.key").chmod(0o644)
    assert "sslkey: " in await refusal(url)
    (listening.files / "client.key").chmod(0o600)
    other = files.replace("client.pem", "ca.pem")
    assert "do not fit each other" in await refusal(listening.url(f"sslmode=require&{other}"))


async def test_a_certificate_that_is_not_trusted_is_told(listening: Listening) -> None:
    files = listening.files
    self_signed = await refusal(listening.url(f"sslmode=verify-ca&sslrootcert={files}/other.pem"))
    assert "The TLS certificate of PostgreSQL at postgresql://ops:…@localhost" in self_signed
    assert "is not trusted: " in self_signed
    by_system = await refusal(listening.url("sslrootcert=system"))
    assert "is not trusted: " in by_system
    bound = await refusal(listening.url("sslmode=require&channel_binding=require"))
    assert "because of channel_binding=require" in bound
    named = listening.url(f"sslmode=verify-full&sslrootcert={files}/ca.pem")
    name = await refusal(named.replace("localhost", "127.0.0.1"))
    assert "IP address mismatch" in name
    assert await is_encrypted(
        await connect(named.replace("localhost", "127.0.0.1").replace("full", "ca"))
    )


async def test_a_file_that_cannot_be_used_is_named(listening: Listening, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    for query, said in {
        f"sslmode=verify-ca&sslrootcert={tmp_path}/none": "sslrootcert: ",
        f"sslmode=verify-ca&sslrootcert={empty}": "holds no certificate",
        f"sslcert={tmp_path}/none": "sslcert: ",
        f"sslmode=verify-ca&sslrootcert={listening.files}/ca.pem&sslcrl={empty}": "sslcrl: ",
    }.items():
        assert said in await refusal(listening.url(query))


async def test_verifying_needs_an_authority(
    listening: Listening, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "needs sslrootcert" in await refusal(listening.url("sslmode=verify-full"))
    (tmp_path / ".postgresql").mkdir()
    os.link(listening.files / "ca.pem", tmp_path / ".postgresql" / "root.crt")
    assert await is_encrypted(await connect(listening.url("sslmode=verify-full")))


async def test_a_server_without_tls_is_told_and_not_used(listening: Listening) -> None:
    await with_tls(listening, "off")
    try:
        for query in ("sslmode=require", "sslmode=verify-full&sslrootcert=system"):
            assert "offers no TLS, which sslmode" in await refusal(listening.url(query))
        assert not await is_encrypted(await connect(listening.url("sslmode=prefer")))
    finally:
        await with_tls(listening, "on")


async def test_each_refusal_of_the_server_is_one_sentence(listening: Listening) -> None:
    assert "refuses the user or the password" in await refusal(listening.url(password="wrong"))
    assert "pg_hba.conf" in await refusal(listening.url(user="stranger"))
    assert "has no such database" in await refusal(listening.url().replace("/postgres?", "/no?"))
    closed = listening.url().replace(str(listening.port), str(free_port()))
    assert "cannot be reached: connection refused." in await refusal(closed)


async def test_settings_and_names_reach_the_server(listening: Listening) -> None:
    options = quote("-c work_mem=8MB -c search_path=public")
    connection = await connect(
        listening.url(f"options={options}&application_name=my%20app"),
        application_name="keyconsole verification",
        statement_timeout="1500",
    )
    found = [
        await connection.fetchval("SELECT current_setting($1)", name)
        for name in ("work_mem", "search_path", "application_name", "statement_timeout")
    ]
    await connection.close()
    assert found == ["8MB", "public", "my app verification", "1500ms"]


async def test_a_setting_that_the_server_refuses_is_named(listening: Listening) -> None:
    for query, said in {
        "pgbouncer=true": "the parameter pgbouncer, which PostgreSQL does not know",
        "options=-c%20no_such=1": "the parameter no_such, which PostgreSQL does not know",
        "options=-c%20work_mem=much": "sets work_mem, which the server does not accept",
        "options=-c%20log_connections=on": "sets log_connections",
    }.items():
        assert said in await refusal(listening.url(query))


async def test_keepalives_are_set_on_the_socket(listening: Listening) -> None:
    connection = await connect(
        listening.url("keepalives_idle=31&keepalives_interval=7&keepalives_count=4")
    )
    found = connection.transport.get_extra_info("socket")  # type: ignore[attr-defined]
    assert found.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    assert found.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 31
    assert found.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 7
    assert found.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == 4
    assert found.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 10_000
    await connection.close()


async def test_the_next_host_is_used_where_one_does_not_answer(listening: Listening) -> None:
    with closing(socket.socket()) as silent:  # takes connections, and says nothing
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        hosts = f"localhost:{free_port()},localhost:{silent.getsockname()[1]}"
        url = listening.url("connect_timeout=2").replace("@", f"@{hosts},")
        assert await is_encrypted(await connect_within(6, url))


async def test_a_password_file_is_read(listening: Listening, tmp_path: Path) -> None:
    path = tmp_path / "pgpass"
    path.touch(0o600)
    path.write_text(f"localhost:{listening.port}:*:ops:{PASSWORD}\n")
    assert await is_encrypted(await connect(listening.url(f"passfile={path}", password="")))
