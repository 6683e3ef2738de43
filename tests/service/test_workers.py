"""`service run --workers`: what becomes of workers without their parent, or without their files."""

import os
import signal
from pathlib import Path

import httpx
import pytest
from tests.service.processes import Running, serving
from tests.service.promise import Process
from tests.service.world import COMPLETE

from keyconsole.service.initialize import InitResult, initialize
from keyconsole.service.settings import ServiceSettings

PATIENCE = httpx.Timeout(30)


@pytest.fixture
async def made(tmp_path: Path) -> InitResult:
    settings = ServiceSettings.from_environment(tmp_path / "data", environ={})
    return await initialize(settings, workspace="Acme", account="ops@acme.example")


def children_of(parent: int) -> list[int]:
    """The processes that serve, without the one of multiprocessing that only cleans up."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            status = (directory / "status").read_text()
            command = (directory / "cmdline").read_bytes()
        except OSError:
            continue
        if f"\nPPid:\t{parent}\n" in status and b"spawn_main" in command:
            found.append(int(directory.name))
    return found


def ready(running: Running) -> None:
    """Wait until it answers."""
    assert httpx.get(f"{running.url}/readyz", timeout=PATIENCE).status_code == 200


def test_workers_end_with_a_parent_that_was_killed(made: InitResult, tmp_path: Path) -> None:
    with serving(tmp_path / "data", tmp_path, 2) as running:
        ready(running)
        workers = children_of(running.process.pid)
        assert len(workers) == 2
        running.process.kill()
        running.process.wait()
        running.reader.join(timeout=20)  # until nobody has the other end of its output any more
        assert not running.reader.is_alive()
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{running.url}/livez", timeout=PATIENCE)


@pytest.mark.parametrize("is_renamed", [True, False])
async def test_a_worker_is_not_started_again_on_another_file(
    made: InitResult, tmp_path: Path, *, is_renamed: bool
) -> None:
    data_dir = tmp_path / "data"
    with serving(data_dir, tmp_path, 2, KEYCONSOLE_RATE_LIMITS="off") as running:
        # One that has not opened the file yet would end, and nobody be left to ask.
        assert running.says("Application startup complete", times=2)
        # A connection that is kept may be one to the worker that is killed.
        none_kept = httpx.Limits(max_keepalive_connections=0)
        async with httpx.AsyncClient(
            base_url=running.url, timeout=PATIENCE, limits=none_kept
        ) as http:
            process = Process(http, made.operator_token)
            answer = await process.post("/v1/integrations", COMPLETE | {"name": "Salesforce"})
            created = (await process.create(answer.json()["id"])).json()
            public_key, secret = created["key"]["public_key"], created["secret"]
            if is_renamed:
                data_dir.rename(tmp_path / "renamed")
            else:
                (tmp_path / "away").mkdir()
                for path in data_dir.glob("keyconsole.db*"):
                    path.rename(tmp_path / "away" / path.name)
            os.kill(children_of(running.process.pid)[0], signal.SIGKILL)
            assert running.says("a worker ended and is not started again")
            refused = await process.post(f"/v1/keys/{public_key}/revoke")
            assert refused.status_code == 503
            for _ in range(10):
                answer = await http.get("/readyz", headers={"connection": "close"})
                assert answer.status_code == 503
                assert "restart the service" in answer.json()["detail"]
                assert (await process.verify(secret)).status_code == 503
    assert not (data_dir / "keyconsole.db").exists()
    assert (data_dir / "root-keys").exists() is not is_renamed


def test_a_service_whose_workers_are_all_gone_ends(made: InitResult, tmp_path: Path) -> None:
    with serving(tmp_path / "data", tmp_path, 2) as running:
        ready(running)
        workers = children_of(running.process.pid)
        (tmp_path / "data").rename(tmp_path / "renamed")
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        assert running.process.wait(timeout=20) == 1
    assert not (tmp_path / "data").exists()
    assert "Put the right file back, then restart the service." in "".join(running.log)
