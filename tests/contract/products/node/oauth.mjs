// Introspects a key, revokes it and introspects it again, from the metadata of an issuer alone.
import * as oauth4webapi from "oauth4webapi";
import * as openid from "openid-client";

const { issuer, clientId, clientSecret, keys } = JSON.parse(process.argv[2]);
const found = {};

for (const [method, key] of Object.entries(keys.openid)) {
  const authenticate = openid[method](clientSecret);
  const options = { algorithm: "oauth2", execute: [openid.allowInsecureRequests] };
  const config = await openid.discovery(
    new URL(issuer), clientId, undefined, authenticate, options,
  );
  const before = await openid.tokenIntrospection(config, key);
  await openid.tokenRevocation(config, key);
  found[`openid-client ${method}`] = [before, await openid.tokenIntrospection(config, key)];
}

const insecure = { [oauth4webapi.allowInsecureRequests]: true };
const url = new URL(issuer);
const answer = await oauth4webapi.discoveryRequest(url, { algorithm: "oauth2", ...insecure });
const server = await oauth4webapi.processDiscoveryResponse(url, answer);
const client = { client_id: clientId };

async function introspect(authenticate, key) {
  const response = await oauth4webapi.introspectionRequest(
    server, client, authenticate, key, insecure,
  );
  return oauth4webapi.processIntrospectionResponse(server, client, response);
}

async function revoke(authenticate, key) {
  const response = await oauth4webapi.revocationRequest(
    server, client, authenticate, key, insecure,
  );
  return oauth4webapi.processRevocationResponse(response);
}

async function failure(asking) {
  try {
    await asking;
  } catch (error) {
    return [error.code, error.error ?? error.cause?.[0]?.scheme, error.status];
  }
}

for (const [method, key] of Object.entries(keys.oauth4webapi)) {
  const wrong = oauth4webapi[method](`${clientSecret.slice(0, -1)}-`);
  found[`wrong ${method}`] = [
    await failure(introspect(wrong, key)),
    await failure(revoke(wrong, key)),
  ];
  const authenticate = oauth4webapi[method](clientSecret);
  const before = await introspect(authenticate, key);
  await revoke(authenticate, key);
  found[`oauth4webapi ${method}`] = [before, await introspect(authenticate, key)];
}

console.log(JSON.stringify(found));
