"""The actions that every room offers."""

from keyconsole.console.actions.registry import BELOW, ROOMS, AppAction, Definition, Scope

# fmt: off


class Back(Definition, means="leave", key="escape", sign="esc", word="back", on=BELOW, weight=9):
    """Back to where you came from; q does the same."""


class Identify(AppAction, means="identify", word="identify", on=ROOMS, needs="keys:read"):
    """Paste anything: which key is it, and does it still work?"""


class Attention(AppAction, means="attention", word="attention",
                on=tuple(scope for scope in ROOMS if scope is not Scope.ATTENTION),
                needs="keys:read", weight=0):
    """List new addresses, refused keys, and keys that expire or are due."""


class Watch(AppAction, means="watch", word="watch",
            on=tuple(scope for scope in ROOMS if scope is not Scope.WATCH), needs="keys:read",
            weight=2):
    """Who still presents keys that are refused, live."""


class Find(AppAction, means="find", word="find", on=ROOMS, needs="keys:read", weight=3):
    """Find a key across all integrations."""


class LabelAudit(AppAction, means="label_audit", word="label audit", on=ROOMS, needs="keys:read",
                 weight=1):
    """Keys whose name or life somebody should look at."""


class AuditLog(AppAction, means="audit_log", word="audit log", on=ROOMS, needs="audit:read",
               weight=1):
    """Who did what, and when."""


class Command(AppAction, means="go_to", word="go to", on=ROOMS, weight=4):
    """Go to a screen, an integration or a key, or do something by name."""


class Palette(AppAction, means="palette", word="actions", on=ROOMS, weight=0):
    """Everything that can be done here."""


class Refresh(Definition, means="refresh", word="refresh", on=ROOMS, weight=0):
    """Ask the service again now; it also happens by itself."""


class Profiles(AppAction, means="profiles", word="profile", on=ROOMS, weight=1):
    """Another service or workspace, or sign in again."""


class Policy(AppAction, means="policy", word="policy", on=ROOMS, needs="members:write", weight=0):
    """The policy of the workspace: how old keys get, what labels name, how a rotation begins."""


class Members(AppAction, means="members", word="members", on=ROOMS, weight=0):
    """The members of the workspace, their roles and their tokens; for its admins."""


class Rotations(AppAction, means="rotations", word="rotations",
                on=tuple(scope for scope in ROOMS if scope is not Scope.ROTATIONS),
                needs="keys:create", weight=1):
    """The rotations under way, of every integration."""


class Report(AppAction, means="report",
             word="report", on=tuple(scope for scope in ROOMS if scope is not Scope.REPORT),
             needs="keys:read", weight=1):
    """Count the active keys by integration and age."""


class WorkspaceUse(AppAction, means="workspace_use", word="use of the workspace", on=ROOMS,
                   needs="keys:read", weight=0):
    """Show the use of the workspace over time."""


class Help(AppAction, means="help", word="help", on=ROOMS, weight=9):
    """This list."""


class Quit(AppAction, means="leave", word="quit", on=Scope.INTEGRATIONS, weight=2):
    """Leave keyconsole; ^q does so on every screen."""


class _QuitBelow(AppAction, name="quit", key="ctrl+q", sign="^q", word="quit", on=BELOW, weight=0):
    """Leave keyconsole."""
