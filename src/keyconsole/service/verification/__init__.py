"""The hot path: parse, one read, compare, answer. No framework, no cache, no write."""
