"""Plain ASGI middleware around the management API, one class a concern; `stack` orders them."""
