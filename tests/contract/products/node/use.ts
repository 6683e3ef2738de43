// Uses the types that openapi-typescript makes: an integration, a key, its revoke.
import createClient from "openapi-fetch";
import type { components, operations, paths } from "./schema.js";

type Revoke = operations["revokeKey"]["responses"]["200"]["content"]["application/json"];
type Page = components["schemas"]["KeyPage"];
const needed: components["schemas"]["Permission"] = "keys:revoke";

declare const process: { argv: string[] };
const [url, token] = process.argv.slice(2);
const client = createClient<paths>({
  baseUrl: url,
  headers: { Authorization: `Bearer ${token}` },
});

const me = await client.GET("/v1/me");
const integration = await client.POST("/v1/integrations", {
  body: {
    name: "TypeScript",
    provider: "salesforce",
    environment: "production",
    client_id: "3MVG9",
    redirect_uri: "https://acme.example/callback",
    scopes: ["api"],
  },
});
const made = await client.POST("/v1/integrations/{integration_id}/keys", {
  params: {
    path: { integration_id: integration.data!.id },
    header: { "idempotency-key": "t".repeat(32) },
  },
  body: { label: "typescript", metadata: { team: "pay" } },
});
const path = { public_key: made.data!.key.public_key };
const revoked = await client.POST("/v1/keys/{public_key}/revoke", {
  params: { path },
  body: { reason: "superseded" },
});
const receipt: Revoke = revoked.data!;
const listed = await client.GET("/v1/keys", {
  params: { query: { sort: "-last_used_at", query: "status:revoked", limit: 500 } },
});
const page: Page = listed.data!;
const refused = await client.PATCH("/v1/keys/{public_key}", {
  params: { path, header: { "if-match": "*" } },
  body: { label: "too late" },
});

console.log(
  JSON.stringify({
    may: me.data!.memberships[0]!.permissions.includes(needed),
    reason: receipt.reason,
    labels: page.items.map((key) => key.label),
    error: refused.error!.error,
  }),
);
