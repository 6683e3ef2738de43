"""Uses the package that openapi-python-client makes: an integration, a key, its revoke."""

import json
import sys
from datetime import datetime

from keyconsole_client import AuthenticatedClient
from keyconsole_client.api.account import get_me
from keyconsole_client.api.integrations import create_integration
from keyconsole_client.api.keys import create_key, get_key, list_keys, revoke_key, update_key
from keyconsole_client.models import (
    IntegrationCreate,
    Key,
    KeyCreate,
    KeyPatch,
    KeySort,
    Metadata,
    Permission,
    Problem,
    Receipt,
    RevokeReason,
    RevokeRequest,
)

url, token = sys.argv[1:]
client = AuthenticatedClient(url, token)
asked = IntegrationCreate(
    name="Python",
    provider="salesforce",
    environment="production",
    client_id="3MVG9",
    redirect_uri="https://acme.example/callback",
    scopes=["api"],
)
integration = create_integration.sync(client=client, body=asked)
made = create_key.sync(
    integration.id,
    client=client,
    body=KeyCreate(label="python", metadata=Metadata.from_dict({"team": "pay"})),
    idempotency_key="p" * 32,
)
public_key = made.key.public_key
receipt = revoke_key.sync(
    public_key, client=client, body=RevokeRequest(reason=RevokeReason.SUPERSEDED)
)
page = list_keys.sync(
    client=client, sort=KeySort.USED_DESCENDING, query="status:revoked", limit=500
)
key = get_key.sync(public_key, client=client)
refused = update_key.sync(public_key, client=client, body=KeyPatch(label="too late"), if_match="*")
assert isinstance(key, Key)
assert isinstance(receipt, Receipt)
assert isinstance(refused, Problem)
may = get_me.sync(client=client).memberships[0].permissions
sys.stdout.write(
    json.dumps(
        {
            "may": Permission.KEYS_REVOKE in may and Permission.INTROSPECT not in may,
            "reason": receipt.reason,
            "labels": [each.label for each in page.items],
            "error": refused.error,
            "is_time": isinstance(key.created_at, datetime)
            and receipt.revoked_at == key.revoked_at,
        }
    )
)
