"""What client and service say to each other."""

import inspect
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from keyconsole import wire
from keyconsole.core import credential

MOMENT = "2026-03-12T08:15:00.000Z"
SENTINEL = "kcs_sentinel_of_a_secret"
PUBLIC_KEY = "kcp_0123456789abcdef"

KEY: dict[str, Any] = {
    "public_key": PUBLIC_KEY,
    "integration_id": "int_1",
    "integration_name": "Billing",
    "workspace_id": "ws_1",
    "label": "prod",
    "status": "active",
    "confirmed": False,
    "created_at": MOMENT,
    "created_by": "acc_1",
}

REQUESTS: dict[type[wire.Request], dict[str, Any]] = {
    wire.IntegrationCreate: {"name": "Billing"},
    wire.IntegrationPatch: {},
    wire.KeyCreate: {"label": "prod"},
    wire.KeyPatch: {},
    wire.OwnerRequest: {"name": "payments"},
    wire.RateLimitRequest: {"requests": 100, "seconds": 60},
    wire.QuotaRequest: {"requests": 1000, "per": "day"},
    wire.RevokeRequest: {},
    wire.IdentifyRequest: {"public_key": PUBLIC_KEY},
    wire.DisableRequest: {},
    wire.KeySelector: {},
    wire.RevocationTarget: {"public_key": PUBLIC_KEY},
    wire.RevocationRequest: {},
    wire.MemberCreate: {"email": "ana@acme.example", "role": "viewer"},
    wire.MemberPatch: {"role": "viewer"},
    wire.TokenCreate: {},
    wire.ReviewRequest: {"finding": "unclear", "until": "2027-03-12T08:15:00Z"},
    wire.DismissalRequest: {"until": "2027-03-12T08:15:00Z"},
    wire.RotationRequest: {},
    wire.RotationPatch: {},
    wire.RotationCompletion: {},
    wire.SettingsPatch: {},
    wire.WorkspacePatch: {"settings": {}},
}


def models(base: type[BaseModel]) -> list[type[BaseModel]]:
    return [
        model
        for _, model in inspect.getmembers(wire, inspect.isclass)
        if issubclass(model, base) and model is not base
    ]


class TestRequests:
    def test_every_one_is_tried_here(self) -> None:
        assert set(models(wire.Request)) == set(REQUESTS)

    @pytest.mark.parametrize("model", REQUESTS)
    def test_need_no_more_than_this(self, model: type[wire.Request]) -> None:
        model.model_validate(REQUESTS[model])

    @pytest.mark.parametrize("model", REQUESTS)
    def test_refuse_unknown_fields(self, model: type[wire.Request]) -> None:
        with pytest.raises(ValidationError) as caught:
            model.model_validate({**REQUESTS[model], "lable": SENTINEL})
        [error] = caught.value.errors(include_input=False)
        assert (error["type"], error["loc"]) == ("extra_forbidden", ("lable",))

    @pytest.mark.parametrize("model", REQUESTS)
    def test_never_show_what_they_refuse(self, model: type[wire.Request]) -> None:
        for body in ({**REQUESTS[model], "lable": SENTINEL}, [SENTINEL], SENTINEL):
            with pytest.raises(ValidationError) as caught:
                model.model_validate(body)
            assert SENTINEL not in f"{caught.value} {caught.value!r}"

    def test_a_moment_without_a_zone_is_refused(self) -> None:
        with pytest.raises(ValidationError):
            wire.KeyCreate.model_validate({"label": "a", "expires_at": "2026-03-12T08:15:00"})

    @pytest.mark.parametrize(
        "text",
        ["2026-03-12T08:15:00Z", "2026-03-12t08:15:00.123456789+05:30", "2026-03-12 08:15:00z"],
    )
    def test_a_time_is_read_as_text_and_as_json(self, text: str) -> None:
        body = {"label": "a", "expires_at": text}
        read = wire.KeyCreate.model_validate(body)
        assert read.expires_at is not None
        assert read.expires_at.tzinfo is not None
        assert wire.KeyCreate.model_validate_json(json.dumps(body), strict=True) == read

    @pytest.mark.parametrize(
        "text", ["1700000000", "2026-13-12T08:15:00Z", "0.5", "2026-03-12", "2026-03-12T08:15Z", ""]
    )
    def test_a_time_is_rfc_3339_and_no_number(self, text: str) -> None:
        with pytest.raises(ValidationError):
            wire.KeyCreate.model_validate({"label": "a", "expires_at": text})

    def test_know_a_field_left_out_from_one_set_to_nothing(self) -> None:
        assert wire.KeyPatch.model_validate({}).model_fields_set == set()
        assert wire.KeyPatch.model_validate({"expires_at": None}).model_fields_set == {"expires_at"}


class TestAnswers:
    @pytest.mark.parametrize("model", models(wire.Answer))
    def test_ignore_what_a_newer_service_says(self, model: type[BaseModel]) -> None:
        assert model.model_config["extra"] == "ignore"

    def test_a_newer_key_is_read(self) -> None:
        newer = {**KEY, "colour": "red", "version": 7}
        assert wire.Key.model_validate(newer) == wire.Key.model_validate({**KEY, "version": 7})

    @pytest.mark.parametrize("model", models(wire.Answer))
    def test_never_show_what_they_refuse(self, model: type[BaseModel]) -> None:
        broken = {name: {"not": [SENTINEL]} for name in model.model_fields}
        for body in (broken, [SENTINEL], SENTINEL):
            with pytest.raises(ValidationError) as caught:
                model.model_validate(body)
            assert SENTINEL not in f"{caught.value} {caught.value!r}"

    @pytest.mark.parametrize("model", [*models(wire.Answer), *models(wire.Request)])
    def test_nothing_on_the_wire_changes_once_read(self, model: type[BaseModel]) -> None:
        assert model.model_config["frozen"] is True

    def test_what_is_written_is_read_again(self) -> None:
        key = wire.Key.model_validate({**KEY, "expires_at": MOMENT, "metadata": {"team": "a"}})
        page = wire.Page[wire.Key](items=[key], next_cursor="c")
        assert wire.Page[wire.Key].model_validate_json(page.model_dump_json()) == page

    def test_counts_add_up(self) -> None:
        counts = wire.KeyCounts(active=5, unconfirmed=2, disabled=1, expired=3, revoked=4)
        assert (counts.total, counts.live) == (13, 6)


class TestMoments:
    @pytest.mark.parametrize(
        ("moment", "written"),
        [
            (datetime(2026, 3, 12, 8, 15, tzinfo=UTC), "2026-03-12T08:15:00.000Z"),
            (datetime(2026, 3, 12, 8, 15, 1, 234_567, UTC), "2026-03-12T08:15:01.234Z"),
            (datetime(2026, 3, 12, 8, 15, 1, 999_999, UTC), "2026-03-12T08:15:01.999Z"),
            (
                datetime(2026, 3, 12, 0, 15, tzinfo=timezone(timedelta(hours=5, minutes=30))),
                "2026-03-11T18:45:00.000Z",
            ),
        ],
    )
    def test_are_utc_with_milliseconds(self, moment: datetime, written: str) -> None:
        assert wire.rfc3339(moment) == written
        key = wire.Key.model_validate({**KEY, "created_at": moment, "last_used_at": moment})
        answer = json.loads(key.model_dump_json())
        assert (answer["created_at"], answer["last_used_at"]) == (written, written)
        assert key.model_dump(mode="json")["created_at"] == written

    @given(st.datetimes(timezones=st.just(UTC)))
    def test_lose_only_what_is_below_a_millisecond(self, moment: datetime) -> None:
        text = wire.rfc3339(moment)
        assert len(text) == len(MOMENT)
        assert datetime.fromisoformat(text) <= moment
        assert moment - datetime.fromisoformat(text) < timedelta(milliseconds=1)

    def test_are_written_so_in_every_answer(self) -> None:
        """`AwareDatetime` alone is written with as many digits as it happens to have."""
        moment = datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
        tried = set()
        for model in models(wire.Answer):
            for name, field in model.model_fields.items():
                if "AwareDatetime" in str(field.annotation):
                    values: dict[str, Any] = {name: moment}
                    answer = model.model_construct(**values)
                    written = answer.model_dump(mode="json", include={name})
                    assert written == {name: "2026-01-02T03:04:05.000Z"}, (model, name)
                    tried.add(name)
        assert {"created_at", "expires_at", "revoked_at", "server_time", "hour", "at"} <= tried


class TestBounds:
    """What a screen can show and reckon with, whoever answered."""

    @pytest.mark.parametrize(
        "moment",
        [
            "0001-01-01T00:00:00+14:00",
            "1969-12-31T23:59:59.999Z",
            "1970-01-01T00:00:00+00:01",
            "9998-12-31T23:59:59-00:01",
            "9999-12-31T23:59:59-12:00",
        ],
    )
    def test_a_moment_is_within_1970_and_9998(self, moment: str) -> None:
        for field in ("created_at", "expires_at"):
            with pytest.raises(ValidationError):
                wire.Key.model_validate({**KEY, field: moment})

    @pytest.mark.parametrize("moment", [wire.EARLIEST, wire.LATEST])
    @pytest.mark.parametrize("hours", [-24, 24])
    def test_the_first_and_the_last_can_be_shown_everywhere(
        self, moment: datetime, hours: int
    ) -> None:
        key = wire.Key.model_validate({**KEY, "created_at": moment})
        zone = timezone(timedelta(hours=hours) - timedelta(minutes=1 if hours > 0 else -1))
        assert key.created_at.astimezone(zone) == moment

    def test_no_count_is_below_nothing_or_beyond_what_a_database_holds(self) -> None:
        tried = 0
        for model in models(wire.Answer):
            for name, field in model.model_fields.items():
                is_status = issubclass(model, wire.Problem) and name == "status"
                if field.annotation is int and not is_status:
                    for value in (-1, 2**63):
                        with pytest.raises(ValidationError) as caught:
                            model.model_validate({name: value})
                        at = {error["loc"]: error["type"] for error in caught.value.errors()}
                        assert at[(name,)] in {"greater_than_equal", "less_than_equal"}
                    tried += 1
        assert tried >= 15
        for value in (-1, 2**63):
            with pytest.raises(ValidationError):
                wire.UsageHour.model_validate(
                    {"hour": MOMENT, "accepted": 0, "refused": {"key-revoked": value}}
                )


class TestCreatedKey:
    def test_shows_no_secret(self) -> None:
        secret = credential.mint(credential.Kind.API_KEY).text
        created = wire.CreatedKey.model_validate({"key": KEY, "secret": secret})
        shown = f"{created!r} {created} {created.model_dump()} {created.model_dump_json()}"
        assert PUBLIC_KEY in shown
        assert secret not in shown
        assert secret[21:64] not in shown
        assert created.secret.get_secret_value() == secret


class TestRoles:
    def test_every_role_may_do_something(self) -> None:
        assert set(wire.ROLE_PERMISSIONS) == set(wire.Role)
        assert all(wire.ROLE_PERMISSIONS.values())

    def test_only_a_gateway_introspects_and_it_does_nothing_else(self) -> None:
        may = {role for role in wire.Role if "introspect" in wire.ROLE_PERMISSIONS[role]}
        assert may == {wire.Role.GATEWAY}
        assert wire.ROLE_PERMISSIONS[wire.Role.GATEWAY] == {wire.Permission.INTROSPECT}

    def test_a_responder_revokes_and_creates_nothing(self) -> None:
        responder = wire.ROLE_PERMISSIONS[wire.Role.RESPONDER]
        assert wire.Permission.KEYS_REVOKE in responder
        assert not {
            permission for permission in responder if permission.endswith((":create", ":write"))
        }

    def test_viewer_operator_admin_are_each_more(self) -> None:
        viewer, operator, admin = (
            wire.ROLE_PERMISSIONS[role]
            for role in (wire.Role.VIEWER, wire.Role.OPERATOR, wire.Role.ADMIN)
        )
        assert viewer < operator < admin
        assert all(permission.endswith(":read") for permission in viewer)
        assert admin - operator == {wire.Permission.MEMBERS_WRITE}


def test_reasons_to_revoke_have_the_names_of_rfc_5280() -> None:
    assert {str(reason) for reason in wire.RevokeReason} == {
        "unspecified",
        "key_compromise",
        "superseded",
        "affiliation_changed",
        "cessation_of_operation",
        "privilege_withdrawn",
    }


def test_no_message_is_built_before_it_is_used() -> None:
    """A command uses two or three of sixty, and building one takes as long as importing five."""
    code = (
        "from keyconsole.wire import Answer, Request\n"
        "def below(kind):\n"
        "    return [kind, *(each for one in kind.__subclasses__() for each in below(one))]\n"
        "models = [*below(Answer), *below(Request)]\n"
        "built = [each.__name__ for each in models if each.__pydantic_complete__]\n"
        "print(len(models) > 50, *built)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    # The base of pages is generic: pydantic builds it for the first page of a kind.
    assert done.stdout.split() == ["True", "Page"]


def test_an_older_service_tells_of_owners_who_left_in_its_own_word() -> None:
    reason = {"reason": "ana@acme.example, who made it, is no longer a member here."}
    read = wire.Finding.model_validate({"finding": "creator_gone"} | reason)
    assert read.finding is wire.LabelFinding.OWNER_LEFT
    key = wire.Key.model_validate(KEY)
    assert (key.owner, key.owned_by) == (None, "acc_1")
