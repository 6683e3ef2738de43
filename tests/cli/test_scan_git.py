"""What Git would take, has changed or holds in its history is scanned as Git has it."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Run

from keyconsole.core.credential import Kind, mint

KEY = mint(Kind.API_KEY).text

Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """Runs Git in a new repository, which is the current directory, whoever runs the tests."""
    for name in list(os.environ):
        if name.startswith("GIT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "ops")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "ops@acme.example")
    repository = tmp_path / "repository"
    repository.mkdir()
    monkeypatch.chdir(repository)

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], capture_output=True, check=True)
        return os.fsdecode(done.stdout).strip()

    git("init", "-q", "-b", "main")
    return git


def paths(run: Run, *arguments: str) -> list[str]:
    done = run("scan", "--json", *arguments)
    document = json.loads(done.out)
    found = [item["path"] for item in document["items"]]
    assert done.code == (1 if found or document["unread"] else 0)
    assert document["unread"] == []
    return found


def test_the_index_decides_and_not_the_work_tree(git: Git, run: Run) -> None:
    Path("a").write_text(f"key={KEY}\n")
    git("add", "a")
    Path("a").write_text("")
    assert paths(run, "--staged") == ["a"]  # before the first commit
    assert paths(run, ".") == []

    git("commit", "-qm", "it is in")
    assert paths(run, "--staged") == []
    Path("a").write_text(f"{KEY}")
    assert paths(run, "--staged") == []
    assert paths(run, "--diff") == ["a"]


def test_renames_type_changes_and_odd_names_are_read(
    git: Git, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = "".join(f"line {number}\n" for number in range(50))
    for name in ("old", "link", "plain"):
        Path(name).write_text(lines)
    git("add", "-A")
    git("commit", "-qm", "first")
    git("config", "diff.relative", "true")
    git("config", "diff.noprefix", "true")

    git("mv", "old", "new")
    Path("new").write_text(f"{lines}{KEY}\n")
    Path("link").unlink()
    Path("link").symlink_to(KEY)
    odd = ["sub/a b", "sub/quote\"'", "sub/line\nbreak", "sub/caf\udce9"]
    Path("sub").mkdir()
    for name in odd:
        Path(name).write_text(KEY)
    git("add", "-A")
    monkeypatch.chdir("sub")
    assert sorted(paths(run, "--staged")) == sorted(["new", "link", *odd])


def test_a_submodule_is_no_content(git: Git, run: Run) -> None:
    Path("a").write_text("a")
    git("add", "a")
    git("commit", "-qm", "first")
    git("update-index", "--add", "--cacheinfo", f"160000,{git('rev-parse', 'HEAD')},module")
    assert paths(run, "--staged") == []


def test_a_range_and_history_find_what_was_taken_out_again(git: Git, run: Run) -> None:
    Path("a").write_text("clean")
    git("add", "a")
    git("commit", "-qm", "first")
    Path("a").write_text(KEY)
    git("commit", "-qam", "second")
    assert paths(run, "--diff", "HEAD~1..HEAD") == ["a"]
    Path("a").write_text("clean again")
    git("commit", "-qam", f"take {KEY} out")
    assert paths(run, "--diff", "HEAD~2..HEAD") == []
    found = sorted(path.partition(":")[2] for path in paths(run, "--history", "HEAD~2..HEAD"))
    assert found == ["a", "commit"]
    assert paths(run, "--history", "HEAD~2") == []


def test_what_only_a_merge_brought_in_is_history(git: Git, run: Run) -> None:
    Path("a").write_text("a")
    git("add", "a")
    git("commit", "-qm", "first")
    git("checkout", "-qb", "side")
    Path("b").write_text("b")
    git("add", "b")
    git("commit", "-qm", "side")
    git("checkout", "-q", "main")
    git("merge", "-q", "--no-ff", "--no-commit", "side")
    Path("evil").write_text(KEY)
    git("add", "evil")
    assert paths(run, "--staged") == ["evil"]
    git("commit", "-qm", "merge")
    assert [path.partition(":")[2] for path in paths(run, "--history", "HEAD")] == ["evil"]


def test_a_bare_repository_and_a_second_work_tree(
    git: Git, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("a").write_text(KEY)
    git("add", "a")
    git("commit", "-qm", "first")
    git("worktree", "add", "-q", str(tmp_path / "second"), "HEAD")
    git("clone", "-q", "--bare", ".", str(tmp_path / "bare"))
    monkeypatch.chdir(tmp_path / "second")
    Path("b").write_text(KEY)
    git("add", "b")
    assert paths(run, "--staged") == ["b"]
    monkeypatch.chdir(tmp_path / "bare")
    assert [path.partition(":")[2] for path in paths(run, "--history", "HEAD")] == ["a"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--staged", "."),
        ("--staged", "--diff"),
        ("--history", "no-such-branch"),
        ("--history", "--output=x"),
        ("--diff", "-O/dev/null"),
    ],
)
def test_a_wrong_use_is_told(arguments: tuple[str, ...], git: Git, run: Run) -> None:
    done = run("scan", *arguments)
    assert (done.code, done.out) == (2, "")
    assert not Path("x").exists()


def test_outside_of_a_repository_is_told(
    git: Git, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    done = run("scan", "--staged")
    assert done.code == 2
    assert "Git cannot tell" in done.err
