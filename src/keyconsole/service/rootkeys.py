"""The root keys, kept outside the database, and the keys derived from each.

A root is 32 random bytes. Its id is derived from it, so a file line whose id does not fit is
damage and not a surprise later. Several roots may be loaded: each row of the database names the
one it was made with, and the newest (the last line) signs.
"""

import contextlib
import hmac
import os
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from keyconsole.core.errors import ConfigurationError
from keyconsole.local import privatefile
from keyconsole.local.inputfile import InputFile
from keyconsole.service.logs import log
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store.engine import StoreUnavailableError

ROOT_BYTES = 32
Reload = Callable[[], "RootKeys | None"]

_RELOAD_SECONDS = 1.0


def _derive(root: bytes, label: str) -> bytes:
    return hmac.digest(root, f"keyconsole/{label}/1".encode(), "sha256")


@dataclass(frozen=True, slots=True)
class RootKey:
    """One root, as what is derived from it: none of the keys yields another."""

    id: str
    verify_key: bytes = field(repr=False)
    mint_key: bytes = field(repr=False)
    audit_key: bytes = field(repr=False)
    cursor_key: bytes = field(repr=False)
    revocation_key: bytes = field(repr=False)

    @classmethod
    def of(cls, root: bytes) -> "RootKey":
        """Derives the keys from 32 bytes, each by its own label."""
        return cls(
            id=root_id(root),
            verify_key=_derive(root, "verify-key"),
            mint_key=_derive(root, "mint-key"),
            audit_key=_derive(root, "audit-key"),
            cursor_key=_derive(root, "cursor-key"),
            revocation_key=_derive(root, "revocation-key"),
        )


class RootKeyMissingError(StoreUnavailableError):
    """Something was written with a root that is not loaded: it cannot be told right from wrong."""


class RootKeys:
    """The loaded roots, oldest first.

    A root that another process began to sign with is read from the file when it is met first.
    """

    def __init__(self, roots: list[RootKey], reload: "Reload | None" = None) -> None:
        self._by_id = {root.id: root for root in roots}
        self._reload = reload
        self._reloaded_at = 0.0
        self.newest = roots[-1]

    def __getitem__(self, root: str) -> RootKey:
        if root not in self:
            log.error("a root key is missing: add it to the root key file", root=root)
            raise RootKeyMissingError(root)
        return self._by_id[root]

    def __contains__(self, root: str) -> bool:
        return root in self._by_id or self._learn(root)

    def _learn(self, root: str) -> bool:
        """Reads the file again, at most once a second. The root that signs stays."""
        if self._reload is None or time.monotonic() < self._reloaded_at + _RELOAD_SECONDS:
            return False
        self._reloaded_at = time.monotonic()
        with contextlib.suppress(ConfigurationError):
            if (roots := self._reload()) is not None:
                self._by_id |= {each.id: each for each in roots}
        return root in self._by_id

    def __iter__(self) -> Iterator[RootKey]:
        return iter(self._by_id.values())


def root_id(root: bytes) -> str:
    """Returns the id of a root, `rk_` and ten hex digits, which says nothing about the root."""
    return f"rk_{_derive(root, 'root-id').hex()[:10]}"


def load(settings: ServiceSettings) -> RootKeys | None:
    """Returns the roots of the environment, or of the file; None if there is no file.

    Raises `ConfigurationError` when what is there cannot be used.
    """
    if settings.root_key is not None:
        return RootKeys([_parse_root(word) for word in settings.root_key.replace(",", " ").split()])
    if (read := _read(settings)) is None:
        return None
    text, found = read
    reload = None if found.is_pipe else lambda: load(settings)
    return RootKeys(_parse(text, settings.root_key_file), reload)


def create(settings: ServiceSettings) -> RootKeys:
    """Makes the root key file, 0600; if another process just made it, loads that one."""
    root = secrets.token_bytes(ROOT_BYTES)
    path = settings.root_key_file
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        try:
            with _new_file(draft, path) as file:
                file.write(f"{root_id(root)} {root.hex()}\n")
            os.link(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    except FileExistsError:
        pass
    except OSError as error:
        raise _unwritable(path, error) from error
    return _reloaded(settings)


def add(settings: ServiceSettings) -> tuple[RootKey, RootKeys]:
    """Adds a new root as the last line of the file; it signs from the next start on.

    Every line that was there stays, so every key still verifies. Raises `ConfigurationError`.
    """
    if settings.root_key is not None:
        raise ConfigurationError(
            "The root keys come from KEYCONSOLE_ROOT_KEY: append 64 hexadecimal digits to it, such "
            "as `openssl rand -hex 32` makes, after a comma."
        )
    # A link stays a link: what it points to is replaced, and keeps its owner and mode.
    path = Path(os.path.realpath(settings.root_key_file))
    if (read := _read(settings)) is None:
        raise ConfigurationError(
            f"There is no root key file {path}: put it back from a backup. For a new service, "
            "service init makes one."
        )
    text, found = read
    if found.is_pipe:
        raise ConfigurationError(f"The root key file {path} is a pipe: nothing can be added to it.")
    _parse(text, path)
    if (names := path.stat().st_nlink) > 1:
        raise ConfigurationError(
            f"{path} has {names} names (hard links), and the others would go on naming a file "
            "without the new root: remove them, or let them be symbolic links."
        )
    root = secrets.token_bytes(ROOT_BYTES)
    draft = path.with_name(f"{path.name}.new")
    try:
        # Read once the draft is there, which keeps others from adding a root meanwhile.
        with _new_file(draft, path) as file:
            before = path.read_text(encoding="utf-8-sig").rstrip()
            file.write(f"{before}\n{root_id(root)} {root.hex()}\n")
            os.fchmod(file.fileno(), stat.S_IMODE(path.stat().st_mode))
        draft.replace(path)
    except FileExistsError:
        raise ConfigurationError(
            f"{draft} is there: another rotation is under way, or one was cut short. Remove it if "
            "none is."
        ) from None
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise _unwritable(path, error) from error
    roots = _reloaded(settings)
    return roots.newest, roots


@contextlib.contextmanager
def _new_file(draft: Path, path: Path) -> Iterator[TextIO]:
    """Yields a new file, 0600, for the owner that the one at `path` has or would have."""
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        privatefile.give_to_owner_of(file.fileno(), path)
        yield file
        file.flush()
        os.fsync(file.fileno())


def _unwritable(path: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(f"The root key file {path} cannot be written: {error.strerror}.")


def _reloaded(settings: ServiceSettings) -> RootKeys:
    if (roots := load(settings)) is None:
        raise ConfigurationError(
            f"The root key file {settings.root_key_file} vanished while it was written."
        )
    return roots


def _read(settings: ServiceSettings) -> tuple[str, InputFile] | None:
    """Returns the root key file and its text; None if there is none."""
    path = settings.root_key_file
    called = f"The root key file {path}"
    try:
        return privatefile.read_checked(path, called, by_group=settings.group_readable)
    except ConfigurationError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return None
        raise


def _parse(text: str, path: Path) -> list[RootKey]:
    roots = [root for line in text.splitlines() for root in _parse_line(line, path)]
    if not roots:
        raise ConfigurationError(f"The root key file {path} is empty: put it back from a backup.")
    return roots


def _parse_line(line: str, path: Path) -> list[RootKey]:
    """Returns the root of a line that `create` wrote, or all of a line without ids.

    The latter is written as `KEYCONSOLE_ROOT_KEY` is, which platforms mount as a file.
    """
    words = line.replace(",", " ").split()
    if not words or not words[0].startswith("rk_"):
        return [_parse_root(word) for word in words]
    root = _parse_root(words[-1])
    if len(words) != 2 or words[0] != root.id:
        raise ConfigurationError(f"The root key file {path} is damaged: put it back from a backup.")
    return [root]


def _parse_root(word: str) -> RootKey:
    try:
        root = bytes.fromhex(word)
    except ValueError:
        root = b""
    if len(root) != ROOT_BYTES:
        raise ConfigurationError("A root key is 64 hexadecimal digits.")
    return RootKey.of(root)
