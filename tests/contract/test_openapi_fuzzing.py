"""A tool that nobody here wrote reads the OpenAPI document and tries what it can think of."""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
from tests.contract.conftest import Made
from tests.service.processes import serving

CONFIG = Path(__file__).with_name("schemathesis.toml")
SECONDS = 55


def furnish(url: str, token: str) -> dict[str, str]:
    """One of everything, as the variables of the configuration."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "n" * 32}
    with httpx.Client(base_url=url, headers=headers) as client:

        def make(path: str, body: dict[str, object]) -> dict[str, str]:
            answer = client.post(path, json=body)
            assert answer.status_code == 201, answer.text
            return dict(answer.json())

        integration = make(
            "/v1/integrations",
            {
                "name": "Salesforce",
                "provider": "salesforce",
                "environment": "production",
                "client_id": "3MVG9",
                "redirect_uri": "https://acme.example/callback",
                "scopes": ["api"],
            },
        )["id"]
        key = client.post(f"/v1/integrations/{integration}/keys", json={"label": "x"}).json()
        account = make("/v1/members", {"email": "ana@acme.example", "role": "viewer"})
        gateway = make("/v1/members", {"email": "gw@acme.example", "role": "gateway"})
        client.headers["Idempotency-Key"] = "g" * 32
        introspecting = make("/v1/tokens", {"account_id": gateway["account_id"]})
        client.headers["Idempotency-Key"] = "s" * 32
        spare = make("/v1/tokens", {"label": "spare"})
    return {
        "FUZZ_TOKEN": token,
        "FUZZ_INTEGRATION": integration,
        "FUZZ_KEY": key["key"]["public_key"],
        "FUZZ_SECRET": key["secret"],
        "FUZZ_GATEWAY": introspecting["value"],
        "FUZZ_ACCOUNT": account["account_id"],
        "FUZZ_TOKEN_ID": spare["id"],
    }


def test_no_check_fails_and_nothing_breaks(made: Made, tmp_path: Path) -> None:
    environ = made.environ | {"KEYCONSOLE_RATE_LIMITS": "off"}
    with serving(made.data_dir, tmp_path, 1, **environ) as running:
        report = tmp_path / "report.json"
        command = Path(sys.executable).with_name("schemathesis")
        run = subprocess.run(
            [
                *(command, "--no-color", "--config-file", CONFIG, "run"),
                f"{running.url}/v1/openapi.json",
                *("--checks", "all", "--report-json-path", report),
            ],
            env=os.environ
            | furnish(running.url, made.token)
            | {"FUZZ_CACHE": str(tmp_path / "cache")},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        document = httpx.get(f"{running.url}/v1/openapi.json").json()
        assert httpx.get(f"{running.url}/readyz").status_code == 200
        running.stop()
    assert run.returncode == 0, run.stdout[-20_000:] + run.stderr
    operations = sum(len(each) for each in document["paths"].values())
    assert f"Tested: {operations}" in run.stdout
    assert report.exists()
    assert json.loads(report.read_text())
    assert made.token not in run.stdout
    assert not (tmp_path / ".schemathesis").exists()
    assert '"level": "error"' not in "".join(running.log)
