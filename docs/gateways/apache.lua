-- Asks keyconsole about a request, for apache.conf: /etc/apache2/apache.lua
-- A caller's body, path and query stay here. No answer within three seconds is a refusal.

local http = require "socket.http"
local ltn12 = require "ltn12"

local ADDRESS = "http://127.0.0.1:8321/v1/forward-auth?integration=int_7k2m4q9x0a1b2c3d"
local IDENTITY = { "X-Key-Id", "X-Integration-Id", "X-Workspace-Id", "X-Scopes" }
local PASSED_ON = { "Authorization", "User-Agent", "Origin", "Access-Control-Request-Method" }
local PASSED_BACK = { "WWW-Authenticate", "X-Auth-Reason", "Retry-After", "Cache-Control" }
local UNREACHABLE = '{"type":"urn:keyconsole:problem:service-unreachable","status":503,'
    .. '"error":"service-unreachable","message":"The service that checks API keys could not be asked."}'

http.TIMEOUT = 3

local CLEARED = {
    ["x-key-id"] = true, ["x-integration-id"] = true, ["x-workspace-id"] = true,
    ["x-scopes"] = true, ["x-required-scope"] = true,
    ["forwarded"] = true, ["x-forwarded-for"] = true, ["x-real-ip"] = true,
}

-- What a caller says about itself. With underscores some frameworks read the same.
local function clear(r)
    for name in pairs(r:headers_in_table()) do
        if CLEARED[name:lower():gsub("_", "-")] then
            r.headers_in[name] = nil
        end
    end
    -- A header that Connection names is cut off on the way.
    local connection = r.headers_in["Connection"]
    if connection then
        r.headers_in["Connection"] = connection:lower():find("close") and "close" or nil
    end
end

function keyconsole(r)
    clear(r)
    local body = {}
    local sent = { ["User-Agent"] = "", ["X-Forwarded-For"] = r.useragent_ip }
    for _, name in ipairs(PASSED_ON) do
        sent[name] = r.headers_in[name]
    end
    local answered, status, headers = http.request({
        url = ADDRESS,
        method = r.method == "OPTIONS" and "OPTIONS" or "GET",
        headers = sent,
        sink = ltn12.sink.table(body),
        redirect = false,
    })
    if not answered or not headers["x-request-id"] then
        status, body = 503, { UNREACHABLE }
        headers = { ["x-auth-reason"] = "service-unreachable", ["cache-control"] = "no-store" }
    end
    if status == 200 then
        for _, name in ipairs(IDENTITY) do
            r.headers_in[name] = headers[name:lower()]
        end
        r.headers_in["Authorization"] = nil  -- what is protected needs to know who, not the secret
        return apache2.OK
    end
    r.status = status
    r.content_type = "application/problem+json"
    for _, name in ipairs(PASSED_BACK) do
        if headers[name:lower()] then
            r.err_headers_out[name] = headers[name:lower()]
        end
    end
    r:puts(table.concat(body))
    return apache2.DONE
end
