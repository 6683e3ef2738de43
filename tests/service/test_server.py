"""`service run` as processes of their own: what crosses processes is promised there too."""

import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from tests.service.processes import ENVIRONMENT, serving
from tests.service.world import Person, fresh_nonce

from keyconsole.core.errors import ConfigurationError
from keyconsole.service import server
from keyconsole.service.embedded import start_embedded
from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[Person]:
    """Somebody at the console: the embedded service on the same directory."""
    service = await start_embedded(tmp_path / "data")
    person = Person(service.app, service.token)
    yield person
    await person.http.aclose()
    await service.aclose()


def verifier(url: str, client: httpx.Client) -> Callable[[str], int]:
    def verify(secret: str) -> int:
        answer = client.get(f"{url}/v1/forward-auth", headers={"authorization": f"Bearer {secret}"})
        return answer.status_code

    return verify


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_revoke_is_seen_by_every_process_on_the_very_next_request(
    console: Person, tmp_path: Path, workers: int
) -> None:
    integration = await console.integration()
    made = [await console.key(integration) for _ in range(8)]
    with serving(tmp_path / "data", tmp_path, workers) as running:
        # A connection stays with the worker that took it, so several reach them all.
        clients = [httpx.Client(timeout=30) for _ in range(2 * workers)]
        verifiers = [verifier(running.url, client) for client in clients]
        for public_key, secret in made:
            assert {verify(secret) for verify in verifiers} == {200}
            assert (await console.revoke(public_key)).status_code == 200
            assert {verify(secret) for verify in verifiers} == {401}
        for client in clients:
            client.close()
        assert running.stop() == 0


async def test_disabling_an_integration_is_seen_across_processes_too(
    console: Person, tmp_path: Path
) -> None:
    integration = await console.integration()
    _, secret = await console.key(integration)
    with serving(tmp_path / "data", tmp_path) as running, httpx.Client() as client:
        verify = verifier(running.url, client)
        for status, expected in (("disabled", 401), ("configured", 200)) * 3:
            await console.patch(f"/v1/integrations/{integration}", {"status": status})
            assert verify(secret) == expected


async def test_use_counted_elsewhere_arrives_when_that_process_ends(
    console: Person, tmp_path: Path
) -> None:
    public_key, secret = await console.key(await console.integration())
    with serving(tmp_path / "data", tmp_path) as running, httpx.Client() as client:
        assert verifier(running.url, client)(secret) == 200
        assert running.stop() == 0
    usage = (await console.get(f"/v1/keys/{public_key}/usage")).json()
    assert usage["last_day"] == 1
    assert usage["sources"][0]["address"] == "127.0.0.1"


async def test_no_secret_is_in_the_log_even_at_debug(tmp_path: Path) -> None:
    settings = ServiceSettings.from_environment(tmp_path / "data", environ={})
    made = await initialize(settings, workspace="Acme", account="ops@acme.example")
    nonce = fresh_nonce()
    with serving(tmp_path / "data", tmp_path, KEYCONSOLE_LOG_LEVEL="debug") as running:
        headers = {"authorization": f"Bearer {made.operator_token}"}
        async with httpx.AsyncClient(base_url=running.url, headers=headers) as http:
            body = {
                "name": "x",
                "provider": "p",
                "environment": "e",
                "client_id": "c",
                "redirect_uri": "https://a/b",
                "scopes": ["s"],
            }
            integration = (await http.post("/v1/integrations", json=body)).json()["id"]
            created = await http.post(
                f"/v1/integrations/{integration}/keys",
                json={"label": "a"},
                headers={"idempotency-key": nonce},
            )
            assert "server" not in created.headers
            secret = created.json()["secret"]
            as_key = {"authorization": f"Bearer {secret}"}
            assert (await http.get("/v1/forward-auth", headers=as_key)).status_code == 200
            assert (await http.get(f"/v1/keys?query={secret}")).status_code == 200
            assert (await http.get(f"/v1/{secret}")).status_code == 404
            assert (await http.get("/v1/me", headers=as_key)).status_code == 401
        running.stop()
    log = "".join(running.log)
    assert "listening on http://127.0.0.1:" in log
    assert "startup complete" in log
    for canary in (secret[21:], nonce, made.operator_token[21:], "_\\u2026"):
        assert canary not in log


async def test_a_client_cannot_choose_its_source_address(console: Person, tmp_path: Path) -> None:
    integration = await console.integration()
    _, secret = await console.key(integration, allowed_ips=["192.0.2.7"])
    with serving(tmp_path / "data", tmp_path) as running:
        headers = {"authorization": f"Bearer {secret}", "x-forwarded-for": "192.0.2.7"}
        async with httpx.AsyncClient(base_url=running.url, headers=headers) as http:
            assert (await http.get("/v1/forward-auth")).status_code == 403


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_refusal_at_start_is_a_sentence_and_not_a_traceback(tmp_path: Path, workers: str) -> None:
    (tmp_path / "keyconsole.db").write_text("not a database, not at all " * 50)
    with pytest.raises(AssertionError) as caught, serving(tmp_path, tmp_path, int(workers)):
        pass
    assert "is not a database" in str(caught.value)
    assert "Traceback" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "said"),
    [("", "--host is empty"), (f"{'a' * 70}.b", "Cannot listen on a"), (" ", "--")],
)
def test_what_is_no_address_is_not_listened_on(host: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        server._listen(host, 0)


def test_a_start_that_fails_is_an_error_of_the_command(tmp_path: Path) -> None:
    settings = ServiceSettings.from_environment(tmp_path, "nonsense", environ={})
    listening = server._listen("127.0.0.1", 0)
    with listening, pytest.raises(ConfigurationError, match="neither of the form"):
        server._serve(settings, listening)


def test_a_port_that_is_taken_is_a_sentence(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys\n"
        "from keyconsole.core.errors import ConfigurationError\n"
        "from keyconsole.service.server import run\n"
        "from keyconsole.service.settings import ServiceSettings\n"
        "settings = ServiceSettings.from_environment(pathlib.Path(sys.argv[1]))\n"
        "try: run(settings, port=int(sys.argv[2]))\n"
        "except ConfigurationError as error: sys.exit(error.message)\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path), str(taken.getsockname()[1])],
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert "Choose another --port" in done.stderr
    assert "Traceback" not in done.stderr
