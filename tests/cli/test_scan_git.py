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


def unread(run: Run, *arguments: str) -> dict[str, str]:
    done = run("scan", "--json", *arguments)
    document = json.loads(done.out)
    assert document["items"] == []
    assert done.code == (1 if document["unread"] else 0)
    return dict(document.get("reasons", {}))


def test_a_submodule_is_said_to_be_unread(git: Git, run: Run) -> None:
    Path("a").write_text("a")
    git("add", "a")
    git("commit", "-qm", "first")
    first = git("rev-parse", "HEAD")
    git("update-index", "--add", "--cacheinfo", f"160000,{first},module")
    said = {"module": "it is a submodule, whose commit is in another repository"}
    assert unread(run, "--staged") == said
    assert unread(run, "--staged", "--skip", "module") == {}
    git("commit", "-qm", "second")
    assert unread(run, "--diff", "HEAD~1..HEAD") == said
    assert unread(run, "--history", "HEAD") == said
    Path("a").write_text("b")
    git("commit", "-qm", "third", "a")
    assert unread(run, "--history", "HEAD~1..HEAD") == {}  # it stays where it was


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n",
            "it is a pointer of Git LFS, whose content is not here",
        ),
        (
            "/annex/objects/SHA256E-s12--4d7a",
            "it is a pointer of git-annex, whose content is not here",
        ),
        ("\0GITCRYPT\0\1\2\3", "it is encrypted by git-crypt"),
    ],
)
def test_what_only_points_to_a_content_is_said_to_be_unread(
    content: str, reason: str, git: Git, run: Run
) -> None:
    Path("big.bin").write_text(content)
    git("add", "big.bin")
    assert unread(run, "--staged") == {"big.bin": reason}
    assert unread(run, ".") == {"big.bin": reason}
    git("commit", "-qm", "first")
    assert list(unread(run, "--history", "HEAD").values()) == [reason]


def test_an_index_in_conflict_is_not_clean(git: Git, run: Run) -> None:
    def commit(content: str) -> None:
        Path("a").write_text(content)
        git("add", "a")
        git("commit", "-qm", "a change")

    commit("base")
    git("checkout", "-qb", "theirs")
    commit(KEY)
    git("checkout", "-q", "main")
    commit("ours")
    with pytest.raises(subprocess.CalledProcessError):
        git("merge", "theirs")

    document = json.loads((done := run("scan", "--staged", "--json")).out)
    assert (done.code, document["unread"]) == (1, ["a"])
    assert "in conflict" in document["reasons"]["a"]


def test_a_link_of_git_annex_and_where_any_link_leads_are_read(git: Git, run: Run) -> None:
    Path("link").symlink_to("../.git/annex/objects/SHA256E-s12--4d7a")
    git("add", "link")
    assert list(unread(run, "--staged")) == ["link"]
    git("commit", "-qm", "first")
    Path("link").unlink()
    Path("link").symlink_to(KEY)
    assert paths(run, "--diff") == ["link"]


@pytest.mark.parametrize("option", ["--assume-unchanged", "--skip-worktree"])
def test_what_git_was_told_not_to_look_at_is_said(git: Git, run: Run, option: str) -> None:
    Path("a").write_text("a")
    git("add", "a")
    git("commit", "-qm", "first")
    git("update-index", option, "a")
    Path("a").write_text(KEY)
    assert list(unread(run, "--diff")) == ["a"]
    assert unread(run, "--diff", "HEAD..HEAD") == {}
    if option == "--skip-worktree":  # what a sparse checkout leaves out is no work of anybody
        Path("a").unlink()
        assert unread(run, "--diff") == {}


def test_a_replaced_object_hides_nothing(git: Git, run: Run) -> None:
    Path("a").write_text(KEY)
    git("add", "a")
    git("commit", "-qm", "first")
    Path("clean").write_text("clean")
    git("replace", git("rev-parse", "HEAD:a"), git("hash-object", "-w", "clean"))
    assert [path.partition(":")[2] for path in paths(run, "--history", "HEAD")] == ["a"]


def test_a_shallow_clone_says_that_it_lacks_what_came_before(
    git: Git, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for content in "abc":
        Path("a").write_text(content)
        git("add", "a")
        git("commit", "-qm", content)
    git("clone", "-q", "--depth", "2", f"file://{Path.cwd()}", str(tmp_path / "shallow"))
    monkeypatch.chdir(tmp_path / "shallow")
    [reason] = unread(run, "--history", "HEAD").values()
    assert "shallow" in reason
    assert unread(run, "--history", "HEAD~1..HEAD") == {}


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
