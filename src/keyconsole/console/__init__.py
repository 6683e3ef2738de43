"""The console: what a person sees and does, drawn with Textual.

It asks the client and knows nothing of the service. Nothing but Textual is imported before the
first frame is on the screen.
"""
