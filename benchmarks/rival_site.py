"""The site of the rival, run in its own environment: verify, create, list."""

import os
from pathlib import Path

import django
from django.conf import settings

_KEYS = 1_000
_DIRECTORY = Path(os.environ["RIVAL_DIRECTORY"])
_HOST, _, _NAME = os.environ["RIVAL_DATABASE"].rpartition("/")
_FILE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": _DIRECTORY / "rival.db",
    "CONN_MAX_AGE": None,
    "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"},
}
_SERVER = {
    "ENGINE": "django.db.backends.postgresql",
    "HOST": _HOST,
    "NAME": _NAME,
    "USER": "postgres",
    "CONN_MAX_AGE": None,
}

settings.configure(
    SECRET_KEY="measured",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF="rival_site",
    USE_TZ=True,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    INSTALLED_APPS=["rest_framework", "rest_framework_api_key"],
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": [],
        "UNAUTHENTICATED_USER": None,
    },
    DATABASES={"default": _SERVER if _NAME else _FILE},
)
django.setup()

from django.core.handlers.wsgi import WSGIHandler  # noqa: E402 - Django is set up first
from django.core.management import call_command  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import generics, pagination, serializers, views  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework_api_key.models import APIKey  # noqa: E402
from rest_framework_api_key.permissions import HasAPIKey  # noqa: E402


class Verify(views.APIView):
    """Lets a key through."""

    permission_classes = (HasAPIKey,)

    def get(self, _request: Request) -> Response:
        """Nothing but that."""
        return Response(status=200)


class Shown(serializers.ModelSerializer):
    """A key as it is listed."""

    class Meta:
        """Everything that is no secret."""

        model = APIKey
        fields = ("id", "prefix", "name", "created", "revoked", "expiry_date")


class Pages(pagination.CursorPagination):
    """The newest first."""

    page_size = 100
    ordering = "-created"


class Keys(generics.ListAPIView):
    """Lists keys and makes them."""

    queryset = APIKey.objects.all()
    serializer_class = Shown
    pagination_class = Pages

    def post(self, request: Request) -> Response:
        """Make one."""
        key, secret = APIKey.objects.create_key(name=request.data["label"])
        return Response({"key": Shown(key).data, "secret": secret}, status=201)


urlpatterns = [path("verify", Verify.as_view()), path("keys", Keys.as_view())]
application = WSGIHandler()


def fill() -> None:
    """Make the tables and so many keys, and write their secrets down."""
    call_command("migrate", verbosity=0)
    made = [APIKey.objects.create_key(name=f"key-{number}")[1] for number in range(_KEYS)]
    (_DIRECTORY / "secrets").write_text("\n".join(made))
