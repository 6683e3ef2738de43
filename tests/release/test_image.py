"""The image of docs/deploy/Dockerfile: its steps, performed here, leave a service that works.

They install every library anew, which takes a minute or more: `make image` asks for it.
"""

import os
import socket
import subprocess
from contextlib import closing

import pytest
from tests.release.dockerfile import Image, perform
from tests.release.workflows import ROOT

pytestmark = pytest.mark.skipif(
    not os.environ.get("TESTS_PERFORM_DOCKERFILE"), reason="make image performs the Dockerfile"
)

DOCKERFILE = ROOT / "docs" / "deploy" / "Dockerfile"


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    try:
        return perform(DOCKERFILE, ROOT, tmp_path_factory.mktemp("image"))
    except AssertionError as error:
        if "Could not find a version" in str(error) or "No matching distribution" in str(error):
            pytest.skip("pip finds no package index")
        raise


def run(image: Image, command: list[str], **more: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(image.root / "opt" / "keyconsole" / "bin" / command[0]), *command[1:]],
        cwd=image.inside(image.directory),
        env=image.environ | more,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def written(image: Image) -> dict[str, tuple[int, int]]:
    """Returns what is in the image outside of the data directory, with sizes and times."""
    data = image.root / "data"
    found = (path for path in image.root.rglob("*") if not path.is_relative_to(data))
    return {str(path): (path.lstat().st_size, path.lstat().st_mtime_ns) for path in found}


def test_it_serves_and_knows_that_it_is_ready_and_writes_to_its_data_alone(image: Image) -> None:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    health = [*image.health, "--port", port]
    assert image.entrypoint == ["keyconsole"]
    before = written(image)
    not_yet = run(image, health)
    assert (not_yet.returncode, not_yet.stderr) == (
        1,
        f"No service answers on 127.0.0.1 port {port}.\n",
    )
    made = run(
        image,
        [*image.entrypoint, "service", "init", "--workspace", "a", "--account", "a@b.example"],
    )
    assert made.returncode == 0, made.stderr
    command = [each.replace("0.0.0.0", "127.0.0.1") for each in image.command]
    with subprocess.Popen(
        [image.root / "opt/keyconsole/bin/keyconsole", *command, "--port", port],
        cwd=image.inside(image.directory),
        env=image.environ,
        stderr=subprocess.PIPE,
        text=True,
    ) as serving:
        assert serving.stderr is not None
        try:
            assert any(f"listening on http://127.0.0.1:{port}" in line for line in serving.stderr)
            assert run(image, health).returncode == 0
        finally:
            serving.terminate()
            serving.communicate()
    assert (image.root / "data" / "keyconsole.db").exists()
    assert written(image) == before
    driver = run(image, ["python", "-c", "import asyncpg, keyconsole; print(keyconsole.__file__)"])
    assert driver.stdout.startswith(str(image.root / "opt" / "keyconsole"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_its_data_belongs_to_the_account_that_it_runs_as(image: Image) -> None:
    user, _, group = image.user.partition(":")
    found = (image.root / "data").stat()
    assert (found.st_uid, found.st_gid) == (int(user), int(group))
    assert found.st_mode & 0o777 == 0o700
