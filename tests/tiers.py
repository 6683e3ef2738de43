"""Selects the tests of a tier and prints how long the tier took.

`pytest --tier check|quick|slow` selects; without the option everything runs. Slow tests are those
of `SLOW` and every twin on PostgreSQL. `SMOKE` names the few of each slow kind that stay in the
quick tier, and so do all the tests that a mutant names.
"""

import os
import time

import pytest
from tests.mutants.mutant import load

LIMITS = {"check": 90, "quick": 480, "slow": 1200}
"""Seconds that a tier may take on two cores once everything is installed."""

CHECK = ("tests/test_", "tests/client/", "tests/flows/", "tests/service/rules/", "tests/text/")
"""Pure modules, the client and the rules; of the rules only what runs on SQLite."""

SLOW = (
    "tests/cli/test_completion.py",
    "tests/cli/test_demo.py",
    "tests/cli/test_no_home.py",
    "tests/cli/test_service.py",
    "tests/console/screens/test_attention.py",
    "tests/console/screens/test_audit.py",
    "tests/console/screens/test_command.py",
    "tests/console/screens/test_create_key_network.py",
    "tests/console/screens/test_identify.py",
    "tests/console/screens/test_integration_form.py",
    "tests/console/screens/test_invitations.py",
    "tests/console/screens/test_members.py",
    "tests/console/screens/test_members_job.py",
    "tests/console/screens/test_quarantine.py",
    "tests/console/screens/test_receipt.py",
    "tests/console/screens/test_rename.py",
    "tests/console/screens/test_rotation.py",
    "tests/console/screens/test_saved_lists.py",
    "tests/console/screens/test_scopes.py",
    "tests/console/screens/test_six_keys.py",
    "tests/console/screens/test_tags.py",
    "tests/console/screens/test_use.py",
    "tests/console/test_hostile.py",
    "tests/console/test_in_sight.py",
    "tests/console/test_residue.py::test_nothing_of_the_app_holds_it_after_done",
    "tests/console/test_snapshots.py",
    "tests/console/widgets/test_paging.py",
    "tests/contract/test_interrupted_creates.py",
    "tests/contract/products/",
    "tests/contract/test_openapi_fuzzing.py",
    "tests/demo/",
    "tests/faults/test_processes.py",
    "tests/gateway/",
    "tests/hostile/test_rooms.py",
    "tests/hostile/test_screens.py",
    "tests/release/",
    "tests/service/routes/test_nonsense.py",
    "tests/service/rules/test_label_corpus.py",
    "tests/service/rules/test_scopes_machine.py",
    "tests/service/store/postgres/",
    "tests/service/store/test_damaged_columns.py::test_what_is_asked_of_a_spoilt_row_is_answered",
    "tests/service/store/test_search.py",
    "tests/service/test_authorization.py",
    "tests/service/test_fast_path.py",
    "tests/service/test_kill_in_use.py",
    "tests/service/test_promise.py",
    "tests/service/test_rotation_under_traffic.py",
    "tests/service/test_server.py",
    "tests/service/test_shutdown.py",
    "tests/service/test_workers.py",
    "tests/terminal/",
    "tests/test_deploy.py::test_a_manifest_has_the_schema_of_kubernetes",
)
"""Processes, servers, terminals and long proofs."""

SMOKE = (
    # Terminals: a pty, SSH, tmux.
    "tests/terminal/test_main_job.py",
    "tests/terminal/test_ssh.py::test_the_whole_job",
    "tests/terminal/test_tmux.py::test_info_says_which_way_a_copy_would_take_and_why",
    # The gateway, several processes, killed processes.
    "tests/gateway/test_nginx.py::test_a_revoked_key_is_refused_on_the_very_next_request",
    "tests/service/test_promise.py::test_the_same_request_to_both_makes_one_key",
    "tests/service/test_workers.py::test_workers_end_with_a_parent_that_was_killed",
    "tests/cli/test_service.py::test_run_serves_until_it_is_interrupted",
    # Who may do what, and whatever is asked.
    "tests/service/test_authorization.py::test_every_route_has_an_expectation_and_every_expectation_a_route",
    "tests/service/routes/test_nonsense.py::test_no_field_takes_it[sqlite-POST /v1/revocations]",
    # An incident that nobody was told of.
    "tests/console/screens/test_attention.py::"
    "test_an_incident_is_found_from_the_first_screen[size1]",
    # Hostile names, what is left of a value, a rotation watched.
    "tests/console/test_hostile.py::test_a_hostile_refusal_is_a_sentence_like_any_other",
    "tests/console/test_residue.py::test_nothing_of_the_app_holds_it_after_done[way0]",
    "tests/console/screens/test_members.py::test_a_token_is_made_and_its_value_is_masked",
    "tests/console/screens/test_members.py::test_the_last_admin_stays_one_and_nothing_is_sent",
    "tests/console/screens/test_rotation.py::test_any_other_deadline_is_typed",
    "tests/console/screens/test_rotation.py::test_what_is_chosen_is_what_is_agreed",
    # What a screen looks like, what a dialog shows of what it asks, a form whose answer is lost.
    *(
        f"tests/console/test_snapshots.py::test_it_looks_as_it_did_at_every_size[{scene}]"
        for scene in (
            "audit",
            "create",
            "created",
            "help",
            "identify-several",
            "integrations",
            "key",
            "keys",
            "receipt",
            "revoke",
        )
    ),
    "tests/console/test_in_sight.py::test_what_has_the_focus_is_in_sight[RevokeDialog]",
    "tests/console/screens/test_create_key_network.py::"
    "test_no_answer_says_that_pressing_again_is_safe",
    # PostgreSQL.
    "tests/service/store/postgres/test_triggers.py",
    "tests/service/rules/test_revocation.py",
)
"""A few of each slow kind for the quick tier, by the beginning of their ids."""

OF_MUTANTS = {
    on_postgresql: {
        test
        for mutant in load()
        if (mutant.keyword == "postgresql") == on_postgresql
        for test in mutant.tests
    }
    for on_postgresql in (False, True)
}
"""The tests that must catch mutants, by whether they run on PostgreSQL."""


class TierSelection:
    """The plugin behind `--tier`."""

    def __init__(self, tier: str) -> None:
        self.tier = tier
        # `make` passes when the tier began, so that lint and types count too.
        self.started = float(os.environ.get("TIER_STARTED") or time.time())

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Leave the tests of the tier."""
        chosen: list[pytest.Item] = []
        dropped: list[pytest.Item] = []
        for item in items:
            (chosen if self.includes(item) else dropped).append(item)
        if dropped:
            config.hook.pytest_deselected(items=dropped)
            items[:] = chosen

    def includes(self, item: pytest.Item) -> bool:
        """Return whether the test belongs to the tier."""
        slow = is_slow(item)
        if self.tier == "slow":
            return slow
        return not slow and (self.tier == "quick" or item.nodeid.startswith(CHECK))

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print what the tier took, before pytest's closing line."""
        seconds = time.time() - self.started
        terminalreporter.write_line(
            f"Tier {self.tier}: {seconds:.0f} s of at most {LIMITS[self.tier]} s."
        )


def is_slow(item: pytest.Item) -> bool:
    """Return whether a test runs in the slow tier."""
    function = item.nodeid.partition("[")[0]
    if item.nodeid.startswith(SMOKE) or any(
        function in tests and on_postgresql == runs_on_postgresql(item)
        for on_postgresql, tests in OF_MUTANTS.items()
    ):
        return False
    return item.nodeid.startswith(SLOW) or runs_on_postgresql(item)


def runs_on_postgresql(item: pytest.Item) -> bool:
    """Return whether one of the test's parameters is PostgreSQL."""
    parameters = getattr(item, "callspec", None)
    return parameters is not None and "postgresql" in map(str, parameters.params.values())
