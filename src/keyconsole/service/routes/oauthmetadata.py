"""`/.well-known/oauth-authorization-server`: where OAuth's endpoints are, RFC 8414."""

from fastapi import APIRouter, Request, Response

from keyconsole.service.publicurl import WELL_KNOWN, metadata_path
from keyconsole.service.routes.answers import answer
from keyconsole.service.routes.requests import runtime_of
from keyconsole.service.rules.context import not_found
from keyconsole.wire import ServerMetadata

router = APIRouter(tags=["verification"])


@router.get(WELL_KNOWN, response_model=ServerMetadata)
@router.get(WELL_KNOWN + "/{path:path}", include_in_schema=False)
async def get_server_metadata(request: Request) -> Response:
    """Returns the metadata of RFC 8414: the OAuth endpoints. Only with a public URL.

    With a path in that URL the address ends with it. The URL is the one that was configured:
    the Host of a request is whatever its sender says.
    """
    url = runtime_of(request).settings.public_url
    if url is None or request.scope["path"] != metadata_path(url):
        raise not_found()
    return answer(
        ServerMetadata(
            issuer=url,
            introspection_endpoint=f"{url}/v1/introspect",
            introspection_endpoint_auth_methods_supported=[
                "client_secret_basic",
                "client_secret_post",
                "Bearer",
            ],
            revocation_endpoint=f"{url}/v1/revoke",
            revocation_endpoint_auth_methods_supported=[
                "none",
                "client_secret_basic",
                "client_secret_post",
            ],
        )
    )
