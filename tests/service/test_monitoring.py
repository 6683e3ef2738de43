"""The alert rules and the dashboard of docs/deploy ask for metrics that a running service has."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from tests.service.databases import on_sqlite
from tests.service.world import World

from keyconsole.core.errors import PROBLEMS
from keyconsole.service import expiring

DEPLOY = Path(__file__).resolve().parents[2] / "docs" / "deploy"
ALERTS = DEPLOY / "alerts.yaml"
PROMTOOL = shutil.which("promtool")
OF_PROMETHEUS = {"up"}

needs_promtool = pytest.mark.skipif(
    PROMTOOL is None, reason="promtool is not installed (Debian: prometheus)"
)

_NAME = re.compile(r"\b(up|keyconsole_\w+|process_\w+)")
_LABEL = re.compile(r"(outcome|within)\s*!?=\s*\"([^\"]*)\"")


def rules() -> list[dict[str, Any]]:
    [group] = yaml.safe_load(ALERTS.read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DEPLOY / "dashboard.json").read_text())
    return found


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in rules())
    yield from (each["expr"] for panel in dashboard()["panels"] for each in panel["targets"])
    yield from (str(each["query"]) for each in dashboard()["templating"]["list"])


@on_sqlite
async def test_every_metric_that_is_asked_for_is_there(world: World) -> None:
    _, secret = await world.admin.key(await world.admin.integration())
    await world.verify(secret)
    text = (await world.gateway.get("/metrics")).text
    there = {
        sample.name for family in text_string_to_metric_families(text) for sample in family.samples
    }
    asked = {name for each in expressions() for name in _NAME.findall(each)}
    assert len(asked) > 15
    assert asked - there - OF_PROMETHEUS == set()


def test_every_value_of_a_label_that_is_asked_for_exists() -> None:
    known = {"accepted", *PROBLEMS, *expiring.WITHIN}
    asked = {value for each in expressions() for _, value in _LABEL.findall(each)}
    assert asked
    assert asked <= known


def test_what_has_to_be_told_is_told() -> None:
    text = " ".join(rule["expr"] for rule in rules())
    for name in (
        "up{", "keyconsole_ready", "history_lost", "clock_doubted", "keys_expiring",
        'outcome!="accepted"', 'status=~"5.."', "usage_flush_lag", "unwitnessed",
    ):  # fmt: skip
        assert name in text
    for rule in rules():
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        assert rule["annotations"]["summary"]


def test_the_panels_of_the_dashboard_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not taken & cells, panel["title"]
        assert all(x < 24 for x, _ in cells)
        taken |= cells


@needs_promtool
def test_promtool_accepts_the_rules_and_every_expression_of_the_dashboard(tmp_path: Path) -> None:
    variables = {"$job": "keyconsole", "$instance": ".*", "$__rate_interval": "5m"}
    recorded = []
    for number, panel in enumerate(dashboard()["panels"]):
        for target in panel["targets"]:
            text = target["expr"]
            for name, value in variables.items():
                text = text.replace(name, value)
            recorded.append({"record": f"panel_{number}_{target['refId']}", "expr": text})
    of_dashboard = tmp_path / "dashboard.yaml"
    of_dashboard.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": recorded}]}))
    assert PROMTOOL is not None
    done = subprocess.run(
        [PROMTOOL, "check", "rules", ALERTS, of_dashboard],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_the_alerts_fire_when_they_should(tmp_path: Path) -> None:
    one = 'job="keyconsole",instance="one"'
    refused = 'keyconsole_verifications_total{outcome="key-expired",instance="one"}'
    tests = [
        {
            "interval": "1m",
            "input_series": [
                {"series": f"keyconsole_history_lost{{{one}}}", "values": "0x9 1x50"},
                {"series": f'keyconsole_keys_expiring{{{one},within="1d"}}', "values": "0x9 3x50"},
                {"series": refused, "values": "0+60x70 4200+3000x30"},
            ],
            "promql_expr_test": [
                _expression("KeyconsoleHistoryLost", 9, 0),
                _expression("KeyconsoleHistoryLost", 20, 1),
                _expression("KeyconsoleKeysExpireTomorrow", 9, 0),
                _expression("KeyconsoleKeysExpireTomorrow", 20, 1),
                _expression("KeyconsoleRefusalsSpike", 69, 0),
                _expression("KeyconsoleRefusalsSpike", 80, 1),
            ],
        }
    ]
    path = tmp_path / "tests.yaml"
    path.write_text(yaml.safe_dump({"rule_files": [str(ALERTS)], "tests": tests}))
    assert PROMTOOL is not None
    done = subprocess.run(
        [PROMTOOL, "test", "rules", path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _expression(name: str, minutes: int, results: int) -> dict[str, Any]:
    """How many series an alert's expression has at a time."""
    expression = next(rule["expr"] for rule in rules() if rule["alert"] == name)
    return {
        "expr": f"count({expression}) or vector(0)",
        "eval_time": f"{minutes}m",
        "exp_samples": [{"labels": "{}", "value": results}],
    }
