"""The database of one machine: a file."""
