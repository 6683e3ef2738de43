"""The smallest Textual app with a list: what the console is measured against."""

import sys

from textual.app import App, ComposeResult
from textual.widgets import DataTable


class SmallestApp(App[None]):
    """A DataTable of as many rows as asked for, by row."""

    def compose(self) -> ComposeResult:
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns("Label", "Public key", "Status", "Last used", "From", "Created")
        for number in range(int(sys.argv[1])):
            label, key = f"api-gateway-{number:03d}", f"kcp_7k2m4q9x0a1b{number:04d}"
            table.add_row(label, key, "active", "2 s ago", "10.1.4.7 +3", "12 Mar ops")


if __name__ == "__main__":
    SmallestApp().run()
