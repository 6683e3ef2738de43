"""The use cases: what may be done, by whom, and what it leaves behind. No HTTP, no SQL."""
