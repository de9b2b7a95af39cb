"""The URL at which a client reaches this service. Knows settings, the Host header and what a proxy vouches for."""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from cds_service.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Where in the environ the base stands that a trusted proxy vouches for
VOUCHED: Final = "cobalamin_cds.vouched_base"
ANY_HOST: Final = re.compile(r"(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?", re.IGNORECASE)
_LOOPBACK_HOST: Final = re.compile(r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?", re.IGNORECASE)


class UnderPath:
    """WSGI middleware for a public URL with a path, which a proxy in front cuts off: the pages link to what the browser
    has to ask for."""

    def __init__(self, inner: "WSGIApplication", settings: Settings) -> None:
        self._inner = inner
        self._path = urlsplit(settings.public_url or "").path.rstrip("/")

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        environ["SCRIPT_NAME"] = self._path
        return self._inner(environ, start_response)


def base_url(environ: Mapping[str, Any], settings: Settings, *, believed: bool = True) -> str:
    """Base of the absolute URLs in cards: the configured one, else the one that a trusted proxy vouches for, else the
    Host asked for where that is this machine.

    Another Host is believed only with CDS_INSECURE=1; a client could else plant its own address in a card. Where
    something is to be proved by it, as by the `aud` of a token, another Host is never `believed`.
    """
    if settings.public_url is not None:
        return settings.public_url
    if VOUCHED in environ:
        return str(environ[VOUCHED])
    host = environ.get("HTTP_HOST", "")
    accepted = ANY_HOST if settings.insecure and believed else _LOOPBACK_HOST
    if accepted.fullmatch(host):
        return f"{environ['wsgi.url_scheme']}://{host}"
    return f"http://127.0.0.1:{environ['SERVER_PORT']}"
