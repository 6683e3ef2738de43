"""Credentials are found wherever they stand, at their line and column, and nothing else is."""

import io
import random
from pathlib import Path

import pytest

from keyconsole.cli import leaks
from keyconsole.cli.leaks import find_in
from keyconsole.cli.scanned_files import files_below
from keyconsole.core.credential import Kind, mint

KEY = mint(Kind.API_KEY)
TOKEN = mint(Kind.OPERATOR_TOKEN)


def places(content: bytes) -> list[tuple[int, int, str]]:
    found = find_in(io.BytesIO(content), "x")
    return [(leak.line, leak.column, leak.public_key) for leak in found]


@pytest.mark.parametrize(
    ("before", "line", "column"),
    [
        (b"", 1, 1),
        (b"API_KEY=", 1, 9),
        (b"\n\n  ", 3, 3),
        (b"\x00\xff\xfe\n\x1b[31m", 2, 6),
        (b"%20", 1, 4),
        (b"a\r\nb", 2, 2),
    ],
)
def test_it_says_where(before: bytes, line: int, column: int) -> None:
    content = before + KEY.text.encode() + b"\n" + b"x" * 10
    assert places(content) == [(line, column, KEY.public_key)]


@pytest.mark.parametrize("shift", range(-75, 76, 5))
def test_a_block_may_end_anywhere_in_it(shift: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "BLOCK", 256)
    start = 512 + shift
    filler = (b"." * 29 + b"\n") * 40
    content = filler[:start] + KEY.text.encode() + b"\n" + filler[:300] + TOKEN.text.encode()

    lines = content.split(b"\n")
    expected = [
        (number, line.index(secret) + 1, public)
        for secret, public in (
            (KEY.text.encode(), KEY.public_key),
            (TOKEN.text.encode(), TOKEN.public_key),
        )
        for number, line in enumerate(lines, 1)
        if secret in line
    ]
    assert places(content) == expected


def test_near_misses_and_noise_are_nothing() -> None:
    wrong = KEY.text[:-1] + ("0" if KEY.text[-1] != "0" else "1")
    noise = random.Random(1).randbytes(200_000)
    text = f"{wrong} {KEY.text[:-1]} {KEY.public_key} kcs_ {KEY.text.upper()}".encode()
    assert places(noise + text + noise) == []


def test_a_tree_is_searched_without_what_version_control_packs_away(tmp_path: Path) -> None:
    for name in ("a/b/.env", "a/.git/config", "c"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(KEY.text)
    (tmp_path / "link").symlink_to(tmp_path / "c")
    found = [
        path.relative_to(tmp_path).as_posix()
        for path in files_below(tmp_path)
        if isinstance(path, Path)
    ]
    assert found == ["c", "a/b/.env"]
