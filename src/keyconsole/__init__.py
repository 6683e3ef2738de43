"""keyconsole: the console for API keys, and the key service it talks to.

Importing the package imports nothing else, so that every command starts as fast as it can.
"""

__version__ = "0.1.0"
