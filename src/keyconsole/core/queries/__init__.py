"""The languages that say which keys and which audit events are meant."""
