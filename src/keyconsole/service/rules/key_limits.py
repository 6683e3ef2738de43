"""The limits of a key: how often it may be used, as they are asked for and as they are answered."""

from typing import Any

from keyconsole.core import limits
from keyconsole.core.limits import Limits, Quota, Rate
from keyconsole.service.rules.fields import FieldErrors
from keyconsole.service.store.keys import KeyRecord
from keyconsole.wire import KeyCreate, KeyPatch, QuotaRequest, RateLimitRequest
from keyconsole.wire import Quota as ShownQuota
from keyconsole.wire import RateLimit as ShownRate


def checked(errors: FieldErrors, asked: KeyCreate | KeyPatch, before: Limits) -> Limits:
    """Returns the limits that are asked for; what is left out stays as it was before."""
    found = before
    if "rate_limit" in asked.model_fields_set:
        found = found._replace(rate=_rate(errors, asked.rate_limit))
    if "quota" in asked.model_fields_set:
        found = found._replace(quota=_quota(errors, asked.quota))
    return found


def changed(before: KeyRecord, asked: KeyPatch) -> dict[str, Any] | None:
    """Returns the limits of a key as they become; raises `request-invalid`."""
    errors = FieldErrors()
    found = checked(errors, asked, limits.of_stored(before.limits) or limits.NONE)
    errors.raise_if_any()
    return found.stored


def shown(kept: Limits | None) -> dict[str, ShownRate | ShownQuota | None]:
    """Returns the fields of an answer."""
    rate, quota = kept or limits.NONE
    return {
        "rate_limit": rate and ShownRate(**rate._asdict()),
        "quota": quota and ShownQuota(**quota._asdict()),
    }


def _rate(errors: FieldErrors, asked: RateLimitRequest | None) -> Rate | None:
    if asked is None:
        return None
    bounds = 1, limits.MOST_REQUESTS, "requests", "A rate"
    seconds = 1, limits.MOST_SECONDS, "seconds", "The time of a rate"
    return Rate(
        errors.number("rate_limit.requests", asked.requests, *bounds),
        errors.number("rate_limit.seconds", asked.seconds, *seconds),
    )


def _quota(errors: FieldErrors, asked: QuotaRequest | None) -> Quota | None:
    if asked is None:
        return None
    bounds = 1, limits.MOST_OF_QUOTA, "requests", "A quota"
    return Quota(errors.number("quota.requests", asked.requests, *bounds), asked.per)
