-- Asks keyconsole about a request, for haproxy.cfg: /etc/haproxy/haproxy.lua
-- A caller's body, path and query stay here. No answer within four seconds is a refusal:
-- HAProxy asks up to four times, and 2.6 has no setting for that.

local ADDRESS = "http://127.0.0.1:8321/v1/forward-auth?integration=int_7k2m4q9x0a1b2c3d"
local PASSED_BACK = { "content-type", "www-authenticate", "x-auth-reason", "retry-after" }
local IDENTITY = { "x-key-id", "x-integration-id", "x-workspace-id", "x-scopes" }
local UNREACHABLE = '{"type":"urn:keyconsole:problem:service-unreachable","status":503,'
    .. '"error":"service-unreachable","message":"The service that checks API keys could not be asked."}'

local function refuse(txn, answer)
    local reply = txn:reply({ status = answer.status, body = answer.body })
    reply:add_header("cache-control", "no-store")
    for _, name in ipairs(PASSED_BACK) do
        for _, value in pairs(answer.headers[name] or {}) do
            reply:add_header(name, value)
        end
    end
    txn:done(reply)
end

local function ask(txn)
    local sent, given = {}, txn.http:req_get_headers()
    for _, name in ipairs({ "authorization", "user-agent", "x-forwarded-for" }) do
        if given[name] then
            sent[name] = {}
            for _, value in pairs(given[name]) do
                table.insert(sent[name], value)
            end
        end
    end
    -- Milliseconds for each time.
    local answer = core.httpclient():get({ url = ADDRESS, headers = sent, timeout = 800 })
    if not answer or not answer.headers or not answer.headers["x-request-id"] then
        answer = {
            status = 503,
            body = UNREACHABLE,
            headers = {
                ["content-type"] = { "application/problem+json" },
                ["x-auth-reason"] = { "service-unreachable" },
            },
        }
    end
    if answer.status ~= 200 then
        return refuse(txn, answer)
    end
    for _, name in ipairs(IDENTITY) do
        txn.http:req_set_header(name, (answer.headers[name] or {})[0] or "")
    end
    txn:set_var("txn.keyconsole", "accepted")
end

core.register_action("keyconsole", { "http-req" }, ask)
