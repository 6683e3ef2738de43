"""The forty integrations of Acme. Ages are days before now."""

from dataclasses import dataclass

SALESFORCE = "Salesforce Production"
"""The integration with the most to look at."""


@dataclass(frozen=True, slots=True)
class SampleIntegration:
    """An integration. `missing` keeps it a draft; `share` is its part of the crowd of keys."""

    name: str
    provider: str
    environment: str
    age: float
    by: str
    share: int = 0
    missing: str = ""
    disabled: float | None = None


INTEGRATIONS = (
    SampleIntegration("GitHub Actions", "github", "production", 1_070, "ops", 6),
    SampleIntegration("GitHub Sandbox", "github", "sandbox", 700, "bruno", 3),
    SampleIntegration("HubSpot EU", "hubspot", "production", 960, "tomas", 6),
    SampleIntegration("HubSpot Sandbox", "hubspot", "sandbox", 610, "mei", 2),
    SampleIntegration("HubSpot US", "hubspot", "production", 955, "tomas", 5),
    SampleIntegration("Jira Cloud", "jira", "production", 1_050, "ops", 5),
    SampleIntegration("Jira Staging", "jira", "staging", 520, "dara", 2),
    SampleIntegration("NetSuite Finance", "netsuite", "production", 1_030, "ana", 6),
    SampleIntegration("NetSuite Sandbox", "netsuite", "sandbox", 1_010, "bruno", 3),
    SampleIntegration("Okta Directory", "okta", "production", 880, "ops", 4),
    SampleIntegration("PagerDuty", "pagerduty", "production", 590, "dara", 3),
    SampleIntegration(SALESFORCE, "salesforce", "production", 1_090, "ops"),
    SampleIntegration("Salesforce Sandbox", "salesforce", "sandbox", 1_085, "ops", 6),
    SampleIntegration("Salesforce UAT", "salesforce", "staging", 740, "mei", 4),
    SampleIntegration("SAP Concur", "sap", "production", 670, "bruno", 3),
    SampleIntegration("Segment Events", "segment", "production", 820, "tomas", 4),
    SampleIntegration("SendGrid Mail", "sendgrid", "production", 930, "ops", 4),
    SampleIntegration("ServiceNow", "servicenow", "production", 480, "dara", 3),
    SampleIntegration("ServiceNow Development", "servicenow", "development", 470, "dara", 3),
    SampleIntegration("Shopify Storefront", "shopify", "production", 900, "tomas", 5),
    SampleIntegration("Shopify Wholesale", "shopify", "production", 6, "lena", 0, "client_id"),
    SampleIntegration("Slack Alerts", "slack", "production", 780, "ops", 3),
    SampleIntegration("Slack Notifications", "slack", "production", 1_060, "ops", 6),
    SampleIntegration("Slack Sandbox", "slack", "sandbox", 510, "mei", 2),
    SampleIntegration("Snowflake Staging", "snowflake", "staging", 690, "bruno", 3),
    SampleIntegration("Snowflake Warehouse", "snowflake", "production", 850, "bruno", 6),
    SampleIntegration("Stripe Payments", "stripe", "production", 1_080, "ana", 6),
    SampleIntegration("Stripe Test Mode", "stripe", "sandbox", 1_079, "ana", 4),
    SampleIntegration("Tableau Reports", "tableau", "production", 560, "mei", 3),
    SampleIntegration("Tableau Staging", "tableau", "staging", 550, "mei", 2, "", 84),
    SampleIntegration("Twilio Messages", "twilio", "production", 990, "tomas", 4),
    SampleIntegration("Twilio Sandbox", "twilio", "sandbox", 420, "mei", 2),
    SampleIntegration("Workday HR", "workday", "production", 720, "bruno", 4),
    SampleIntegration("Workday Payroll", "workday", "production", 19, "dara", 0, "scopes"),
    SampleIntegration("Workday Sandbox", "workday", "sandbox", 715, "bruno", 2),
    SampleIntegration("Xero Ledger", "xero", "production", 33, "lena", 0, "redirect_uri"),
    SampleIntegration("Zendesk Mirror", "zendesk", "staging", 760, "ops", 3, "", 12),
    SampleIntegration("Zendesk Support", "zendesk", "production", 1_045, "ops", 5),
    SampleIntegration("Zoom Meetings", "zoom", "production", 3, "support", 0, "environment"),
    SampleIntegration("Zuora Billing", "zuora", "production", 860, "ana", 4),
)

SCOPES: dict[str, list[str]] = {
    "github": ["repo", "workflow", "read:org"],
    "hubspot": ["crm.objects.contacts.read", "crm.objects.deals.write"],
    "jira": ["read:jira-work", "write:jira-work"],
    "netsuite": ["restlets", "rest_webservices"],
    "okta": ["okta.users.read", "okta.groups.read"],
    "salesforce": ["api", "refresh_token", "offline_access"],
    "slack": ["chat:write", "channels:read"],
    "snowflake": ["session:role:loader"],
    "stripe": ["read_write"],
    "workday": ["staffing", "payroll:read"],
    "zendesk": ["tickets:read", "tickets:write"],
}
"""The scopes of a provider's integrations; the others have `OTHER_SCOPES`."""

OTHER_SCOPES = ["read", "write"]
