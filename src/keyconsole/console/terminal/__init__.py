"""The terminal below the console: input, output, clipboard, signals."""
