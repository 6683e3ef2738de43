"""What a fork runs: workflows, hooks and templates name things that exist."""

import re
import subprocess
import tomllib
from typing import Any

import pytest
import yaml
from tests.release import workflows
from tests.release.workflows import ROOT

ACTIONS = {"actions/checkout", "actions/setup-python", "actions/upload-artifact"}
"""Nobody else's code runs with our checkout."""

NAMES = workflows.names()
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def hooks() -> list[dict[str, Any]]:
    [repository] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert repository["repo"] == "local"
    return list(repository["hooks"])


def test_there_is_a_workflow_for_changes_and_one_for_releases() -> None:
    assert NAMES == ["ci.yml", "release.yml"]
    assert set(workflows.read("ci.yml")["on"]) == {"push", "pull_request", "workflow_dispatch"}
    assert workflows.read("release.yml")["on"] == {"push": {"tags": ["v*"]}}


@pytest.mark.parametrize("name", NAMES)
def test_every_command_of_a_workflow_is_one_make_target_that_exists(name: str) -> None:
    runs = [step.run for step in workflows.steps(name) if step.run]
    assert runs
    for run in runs:
        words = run.split()
        assert words[0] == "make"
        assert words[1] in make_targets()
        assert "${{" not in run  # what GitHub fills in could be a command of somebody else


@pytest.mark.parametrize("name", NAMES)
def test_a_workflow_may_only_read_and_ends_by_itself(name: str) -> None:
    workflow = workflows.read(name)
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert "permissions" not in job
        assert 0 < job["timeout-minutes"] <= 60
        assert "latest" not in job["runs-on"]
    assert "secrets" not in (workflows.FOLDER / name).read_text()


@pytest.mark.parametrize("name", NAMES)
def test_a_workflow_uses_only_known_actions_of_a_named_version(name: str) -> None:
    for step in workflows.steps(name):
        if step.uses is None:
            continue
        action, _, version = step.uses.partition("@")
        assert action in ACTIONS
        assert re.fullmatch(r"v\d+|[0-9a-f]{40}", version)
        if action == "actions/checkout":
            assert step.options["persist-credentials"] is False


def test_every_supported_python_is_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    job = workflows.read("ci.yml")["jobs"]["test"]
    versions = job["strategy"]["matrix"]["python"]
    assert project["requires-python"] == f">={versions[0]}"
    assert versions == [f"3.{minor}" for minor in range(11, 11 + len(versions))]
    assert len(versions) == 4
    setup = [step for step in workflows.steps("ci.yml") if step.job == "test"][1]
    assert setup.options["python-version"] == "${{ matrix.python }}"


def test_a_release_is_built_from_its_tag_then_tried_then_kept() -> None:
    runs = [step.run or step.uses for step in workflows.steps("release.yml")][2:]
    assert runs == [
        'make dist TAG="$GITHUB_REF_NAME"', "make smoke", "actions/upload-artifact@v4",
    ]  # fmt: skip


def test_hooks_run_what_make_installs_and_fetch_nothing() -> None:
    pinned = (ROOT / "requirements" / "dev.txt").read_text()
    for hook in hooks():
        assert hook["language"] == "system"
        program, argument, *_ = hook["entry"].split()
        if program == "make":
            assert argument in make_targets()
        else:
            assert program.startswith(".venv/bin/")
            assert f"\n{program.removeprefix('.venv/bin/')}==" in pinned


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.stem)
def test_a_form_has_what_github_asks_of_one(form: Any) -> None:
    read = yaml.safe_load(form.read_text())
    if form.stem == "config":
        assert read == {"blank_issues_enabled": False}
        return
    assert {"name", "description", "body"} <= set(read)
    questions = [each for each in read["body"] if each["type"] != "markdown"]
    ids = [each["id"] for each in questions]
    assert ids
    assert len(ids) == len(set(ids))
    assert all(each["attributes"]["label"] for each in questions)


def test_the_lists_of_pins_name_no_index() -> None:
    for path in sorted((ROOT / "requirements").iterdir()):
        assert re.findall(r"https?://|^--?(?:i|index|extra|find)\b.*", path.read_text(), re.M) == []


def test_make_knows_how_to_make_what_the_workflows_ask_for() -> None:
    """`--dry-run` resolves every prerequisite and runs nothing."""
    asked = {
        (step.run or "").split()[1] for each in NAMES for step in workflows.steps(each) if step.run
    }
    done = subprocess.run(
        ["make", "--dry-run", *sorted(asked)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
