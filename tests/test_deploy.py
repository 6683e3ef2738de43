"""The files of docs/deploy have the form that those who read them expect, and fit the product."""

import importlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from tests.release.dockerfile import instructions

from keyconsole.cli.root import keyconsole
from keyconsole.cli.settings import effective
from keyconsole.local.privatefile import GROUP_READABLE
from keyconsole.service.settings import DATABASE_URL, ROOT_KEY, ROOT_KEY_FILE

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "docs" / "deploy"
UNIT = DEPLOY / "keyconsole.service"
DOCKERFILE = DEPLOY / "Dockerfile"
ANALYZE = shutil.which("systemd-analyze")
KUBERNETES = sorted((DEPLOY / "kubernetes").glob("*.yaml"))


def test_the_unit_runs_the_service_and_stops_it_in_time() -> None:
    # Names may be given more than once, which is meant to be allowed in a unit.
    unit = RawConfigParser(strict=False)
    unit.read_string(UNIT.read_text())
    command = unit["Service"]["ExecStart"].split()
    assert command[:3] == ["/opt/keyconsole/bin/keyconsole", "service", "run"]
    assert int(unit["Service"]["TimeoutStopSec"]) > 10  # what is under way has ten seconds
    assert unit["Service"]["UMask"] == "0077"


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    assert ANALYZE is not None
    here = tmp_path / UNIT.name
    here.write_text(UNIT.read_text().replace("/opt/keyconsole/bin/keyconsole", sys.executable))
    done = subprocess.run(
        [ANALYZE, "verify", "--man=no", here], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


@pytest.fixture
def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return read


def test_nothing_of_the_compose_file_can_be_reached_from_elsewhere(compose: dict[str, Any]) -> None:
    ports = [port for each in compose["services"].values() for port in each.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_replicas_share_a_database_a_root_key_and_little_else(compose: dict[str, Any]) -> None:
    one, two = compose["services"]["one"], compose["services"]["two"]
    assert one == two
    assert one["environment"]["KEYCONSOLE_DATABASE_URL"].startswith("postgresql://")
    assert one["environment"]["KEYCONSOLE_DATA_DIR"] in one["volumes"][0]
    assert one["cap_drop"] == ["ALL"]
    assert {*one["volumes"], *compose["services"]["db"]["volumes"]} == {
        f"{name}:{at}"
        for name, at in zip(compose["volumes"], ("/data", "/var/lib/postgresql/data"), strict=True)
    }


def test_the_compose_file_builds_the_image_from_this_checkout(compose: dict[str, Any]) -> None:
    build = compose["x-keyconsole"]["build"]
    context = DEPLOY / build["context"]
    assert context.resolve() == ROOT
    assert (context / build["dockerfile"]).resolve() == DOCKERFILE
    resolve(compose["services"]["one"]["command"])
    assert compose["services"]["one"]["healthcheck"]["test"][0] == "CMD"
    resolve(compose["services"]["one"]["healthcheck"]["test"][2:])


def test_the_step_for_nginx_makes_it_ask_the_replicas(
    compose: dict[str, Any], tmp_path: Path
) -> None:
    [step] = re.findall(r"^#   (sed .*)$", (DEPLOY / "compose.yaml").read_text(), re.M)
    shutil.copy(DEPLOY / "nginx.conf", tmp_path)
    subprocess.run(["sh", "-c", step], cwd=tmp_path, check=True)
    changed = (tmp_path / "nginx.conf").read_text()
    replicas = re.findall(r"^    server (\w+):(\d+) ", changed, re.M)
    command = resolve(compose["services"]["one"]["command"])
    [port] = [option.default for option in command.params if option.name == "port"]
    assert replicas == [("one", str(port)), ("two", str(port))]
    [published] = compose["services"]["gateway"]["ports"]
    assert f"listen 0.0.0.0:{published.rpartition(':')[2]};" in changed


def test_no_file_holds_a_secret_and_every_variable_is_one_of_ours() -> None:
    known = {setting.variable for setting in _settings()} | {f"{DATABASE_URL}_FILE"}
    assert {DATABASE_URL, ROOT_KEY, ROOT_KEY_FILE, GROUP_READABLE} <= known
    for file in (path for path in DEPLOY.rglob("*") if path.is_file()):
        text = file.read_text()
        assert not re.search(r"://[^:/\s]+:(?!password@)[^$@\s…][^@\s]*@", text), file.name
        assert {*re.findall(r"KEYCONSOLE_[A-Z_]+", text)} <= known, file.name


def _settings() -> Any:
    settings = importlib.import_module("keyconsole.cli.settings")
    assert {each.name for each in effective({})} >= {"database_url", "group_readable"}
    return settings._catalogue({})


def resolve(arguments: list[str]) -> click.Command:
    """Returns the command that arguments name, all of whose options it has."""
    command: click.Command = keyconsole
    context = click.Context(command)
    words = list(arguments)
    while isinstance(command, click.Group):
        found = command.get_command(context, words.pop(0))
        assert found is not None, arguments
        command = found
    options = {name for each in command.params for name in each.opts}
    assert {word for word in words if word.startswith("-")} <= options, arguments
    return command


def test_the_image_copies_what_is_there_and_runs_what_the_product_has() -> None:
    steps = instructions(DOCKERFILE.read_text())
    sources = [
        source
        for name, rest in steps
        if name == "COPY" and not rest.startswith("--from")
        for source in rest.split()[:-1]
    ]
    assert sources
    assert all((ROOT / source).exists() for source in sources)
    by_name = dict(steps)
    assert re.fullmatch(r"[1-9][0-9]*:[1-9][0-9]*", by_name["USER"])
    assert by_name["ENTRYPOINT"] == '["keyconsole"]'
    resolve(yaml.safe_load(by_name["CMD"]))
    health = yaml.safe_load(by_name["HEALTHCHECK"].partition(" CMD ")[2])
    assert health[0] == "keyconsole"
    resolve(health[1:])


def test_the_pinned_driver_is_the_one_of_the_tests() -> None:
    def pin(name: str) -> str:
        [found] = re.findall(
            r"^asyncpg==.*?(?=^ +# via)", (ROOT / "requirements" / name).read_text(), re.M | re.S
        )
        return str(found)

    assert pin("postgres.txt") == pin("dev.txt")


def pods() -> Iterator[dict[str, Any]]:
    for path in KUBERNETES:
        document = yaml.safe_load(path.read_text())
        if "template" in document["spec"]:
            yield document["spec"]["template"]


def manifest(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "kubernetes" / f"{name}.yaml").read_text())
    return found


def test_pods_run_as_nobody_on_a_root_that_is_read_only() -> None:
    user = dict(instructions(DOCKERFILE.read_text()))["USER"]
    for pod in pods():
        security = pod["spec"]["securityContext"]
        assert security["runAsNonRoot"]
        assert f"{security['runAsUser']}:{security['runAsGroup']}" == user
        assert not pod["spec"]["automountServiceAccountToken"]
        [container] = pod["spec"]["containers"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert not container["securityContext"]["allowPrivilegeEscalation"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        resolve(container["args"])


def test_secrets_are_mounted_as_the_service_accepts_them_where_it_looks_for_them() -> None:
    for pod in pods():
        [container] = pod["spec"]["containers"]
        environ = {each["name"]: each["value"] for each in container["env"]}
        mounts = {each["mountPath"]: each["name"] for each in container["volumeMounts"]}
        volumes = {each["name"]: each for each in pod["spec"]["volumes"]}
        for variable in (f"{DATABASE_URL}_FILE", ROOT_KEY_FILE):
            folder, _, name = environ[variable].rpartition("/")
            secret = volumes[mounts[folder]]["secret"]
            assert secret["defaultMode"] == 0o440
            assert re.search(rf"--from-\w+={name}\b", (KUBERNETES[0]).read_text())
        assert environ[GROUP_READABLE] == "yes"
        assert pod["spec"]["securityContext"]["fsGroup"] == container_group(pod)
        data = environ["KEYCONSOLE_DATA_DIR"].rpartition("/")[0]
        assert "emptyDir" in volumes[mounts[data]]


def container_group(pod: dict[str, Any]) -> int:
    return int(pod["spec"]["securityContext"]["runAsGroup"])


def test_probes_ports_and_labels_agree() -> None:
    deployment = manifest("deployment")["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    [container] = deployment["template"]["spec"]["containers"]
    [port] = container["ports"]
    assert container["args"][-1] == str(port["containerPort"])
    for probe, path in {"startup": "/readyz", "readiness": "/readyz", "liveness": "/livez"}.items():
        assert container[f"{probe}Probe"]["httpGet"] == {"path": path, "port": port["name"]}
    assert deployment["template"]["spec"]["terminationGracePeriodSeconds"] >= 15
    for selector in (
        deployment["selector"]["matchLabels"],
        manifest("service")["spec"]["selector"],
        manifest("disruption")["spec"]["selector"]["matchLabels"],
    ):
        assert selector == labels
    [expression] = manifest("network")["spec"]["podSelector"]["matchExpressions"]
    names = {pod["metadata"]["labels"][expression["key"]] for pod in pods()}
    assert {*expression["values"]} == names
    [ingress] = manifest("network")["spec"]["ingress"]
    assert ingress["ports"] == [{"protocol": "TCP", "port": port["containerPort"]}]


@pytest.mark.parametrize("path", KUBERNETES, ids=lambda path: path.stem)
def test_a_manifest_has_the_schema_of_kubernetes(path: Path) -> None:
    validate = pytest.importorskip(
        "kubernetes_validate", reason="kubernetes-validate is not installed (make schemas)"
    )
    document = yaml.safe_load(path.read_text())
    validate.validate(document, validate.latest_version(), strict=True)


def test_nothing_that_no_index_has_is_to_be_installed_from_one() -> None:
    pages = [
        *(ROOT / "docs").rglob("*"),
        *(ROOT / "src").rglob("*.py"),
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
    ]
    for page in (path for path in pages if path.suffix in {".md", ".yaml", ".service", ".py", ""}):
        if page.is_file():
            text = page.read_text()
            found = re.findall(r"pip install[^\n]*(?<![\w/.=-])keyconsole(?!\w)(?:\[\w+\])?", text)
            assert found == [], page
