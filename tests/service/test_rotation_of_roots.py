"""Root rotation: the newest signs, the older ones verify, and no process is caught unawares."""

import dataclasses
import os
import stat
import threading
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TextIO

import pytest
from tests.service.world import World

from keyconsole.core.errors import ConfigurationError
from keyconsole.local import inputfile
from keyconsole.service import rootkeys
from keyconsole.service.app import ServiceApp, create_app
from keyconsole.service.rootkeys import RootKeyMissingError
from keyconsole.service.settings import ServiceSettings


async def restarted(world: World) -> ServiceApp:
    """Another process, started after the rotation."""
    app = create_app(world.settings, clock=world.clock)
    await app.start()
    return app


async def test_keys_of_before_and_after_verify_everywhere(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    integration = await world.admin.integration()
    _, before = await world.admin.key(integration)
    old = world.runtime.roots.newest
    new, _ = rootkeys.add(world.settings)
    later = await restarted(world)
    assert later.runtime.roots.newest.id == new.id != old.id

    person = world.person(world.admin.token)
    person.http._transport.app = later  # type: ignore[attr-defined]
    _, after = await person.key(integration)
    gateway = world.gateway._transport
    for app in (later, world.app):
        monkeypatch.setattr(gateway, "app", app)
        assert (await world.verify(before)).status_code == 200
        assert (await world.verify(after)).status_code == 200
    assert world.runtime.roots.newest.id == old.id
    assert (await world.admin.get("/v1/audit/verification")).json()["first_broken"] is None
    await later.aclose()


async def test_a_key_whose_root_is_missing_is_neither_let_through_nor_called_wrong(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    integration = await world.admin.integration()
    kept = world.settings.root_key_file.read_text()
    rootkeys.add(world.settings)
    later = await restarted(world)
    person = world.person(world.admin.token)
    person.http._transport.app = later  # type: ignore[attr-defined]
    _, after = await person.key(integration)
    await later.aclose()
    world.settings.root_key_file.write_text(kept)

    refused = await world.verify(after)

    assert refused.status_code == 503
    assert refused.headers["x-auth-reason"] == "store-unavailable"
    assert "a root key is missing" in caplog.text


async def test_a_missing_root_is_looked_for_once_a_second(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[int] = []
    monkeypatch.setattr(rootkeys, "load", lambda _: reads.append(1))
    roots = world.runtime.roots
    for _ in range(3):
        with pytest.raises(RootKeyMissingError):
            roots["rk_0000000000"]
    assert len(reads) == 1


async def test_the_file_stays_private_and_keeps_every_line(world: World) -> None:
    path = world.settings.root_key_file
    before = path.read_text()
    new, roots = rootkeys.add(world.settings)
    assert path.read_text().startswith(before)
    assert path.read_text().splitlines()[-1].startswith(new.id)
    assert [root.id for root in roots][-1] == new.id
    assert path.stat().st_mode & 0o777 == 0o600
    assert not path.with_name("root-keys.new").exists()


async def test_a_rotation_that_was_cut_short_is_told(world: World) -> None:
    path = world.settings.root_key_file
    before = path.read_text()
    path.with_name("root-keys.new").write_text("")
    with pytest.raises(ConfigurationError, match="another rotation"):
        rootkeys.add(world.settings)
    assert path.read_text() == before


async def test_roots_of_the_environment_are_rotated_there(world: World) -> None:
    settings = dataclasses.replace(world.settings, root_key="00" * 32)
    with pytest.raises(ConfigurationError, match="openssl rand -hex 32"):
        rootkeys.add(settings)


def test_a_root_key_file_keeps_link_owner_and_mode(tmp_path: Path) -> None:
    real = tmp_path / "secrets" / "root-keys"
    real.parent.mkdir()
    settings = ServiceSettings.from_environment(tmp_path, environ={})
    rootkeys.create(dataclasses.replace(settings, root_key_file=real))
    real.chmod(0o400)
    owner = os.geteuid()
    if owner == 0:
        owner = 65534
        os.chown(real, owner, owner)
    settings.root_key_file.symlink_to(real)

    new, roots = rootkeys.add(settings)

    assert settings.root_key_file.is_symlink()
    assert len(real.read_text().splitlines()) == len(list(roots)) == 2
    assert real.read_text().splitlines()[-1].startswith(new.id)
    found = real.stat()
    assert (found.st_uid, stat.S_IMODE(found.st_mode)) == (owner, 0o400)


def test_a_root_key_file_that_is_a_pipe_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputfile.read, "__kwdefaults__", {"longest": 1000, "seconds": 0.05})
    settings = ServiceSettings.from_environment(tmp_path, environ={})
    os.mkfifo(settings.root_key_file, 0o600)
    with pytest.raises(ConfigurationError, match="in time"):
        rootkeys.load(settings)


def test_nothing_is_added_to_a_root_key_file_that_is_a_pipe(tmp_path: Path) -> None:
    settings = ServiceSettings.from_environment(tmp_path, environ={})
    rootkeys.create(settings)
    text = settings.root_key_file.read_text()
    settings.root_key_file.unlink()
    os.mkfifo(settings.root_key_file, 0o600)
    thread = threading.Thread(target=settings.root_key_file.write_text, args=(text,))
    thread.start()
    with pytest.raises(ConfigurationError, match="is a pipe: nothing can be added to it"):
        rootkeys.add(settings)
    thread.join()


def test_a_root_that_another_process_adds_meanwhile_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = ServiceSettings.from_environment(tmp_path, environ={})
    rootkeys.create(settings)
    at_once = rootkeys._new_file

    def later(draft: Path, path: Path) -> AbstractContextManager[TextIO]:
        monkeypatch.undo()
        rootkeys.add(settings)
        return at_once(draft, path)

    monkeypatch.setattr(rootkeys, "_new_file", later)
    _, roots = rootkeys.add(settings)
    assert len(list(roots)) == 3


def test_a_root_key_file_with_another_name_is_not_replaced(tmp_path: Path) -> None:
    settings = ServiceSettings.from_environment(tmp_path, environ={})
    rootkeys.create(settings)
    other = tmp_path / "second"
    other.hardlink_to(settings.root_key_file)
    with pytest.raises(ConfigurationError, match="has 2 names"):
        rootkeys.add(settings)
    assert other.samefile(settings.root_key_file)
    other.unlink()
    rootkeys.add(settings)


def test_a_root_key_file_of_an_editor_with_a_mark_of_utf8_is_rotated(tmp_path: Path) -> None:
    settings = ServiceSettings.from_environment(tmp_path, environ={})
    before = rootkeys.create(settings).newest
    settings.root_key_file.write_bytes(b"\xef\xbb\xbf" + settings.root_key_file.read_bytes())
    added, roots = rootkeys.add(settings)
    assert [each.id for each in roots] == [before.id, added.id]
