"""The key service: see `app`, `embedded`, `server`. Importing this imports nothing heavy."""
