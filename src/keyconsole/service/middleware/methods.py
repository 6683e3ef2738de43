"""The methods of HTTP that only read."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Safe methods (RFC 9110, section 9.2.1), as far as the service has them."""
