"""Which URLs of a Redis are taken. Knows the parts of such a URL; does not connect.

No Redis library here, so that reading the settings stays cheap. Of what may follow a ? only the files for TLS are
taken: the library reads more there, and some of it takes a safeguard away (the certificate's check, the time limit).
"""

import re
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlsplit

_TLS_FILES: Final = {"ssl_ca_certs", "ssl_certfile", "ssl_keyfile"}
_DATABASE: Final = re.compile(r"/?|/[0-9]{1,5}")
_FORM: Final = "must be redis://HOST or rediss://HOST, with USER:PASSWORD@, :PORT and /DATABASE NUMBER where needed"
_QUERY: Final = f"may have after a ? only {', '.join(sorted(_TLS_FILES))}, each once and with rediss://"


def read_redis_url(value: str) -> str:
    """The URL as it is given. ValueError, which shows nothing of the value."""
    try:
        parts = urlsplit(value)
        wrong = not parts.hostname or parts.port == 0  # reading the port raises for what is no number
    except ValueError:
        raise ValueError(_FORM) from None
    if wrong or parts.scheme not in {"redis", "rediss"} or not _DATABASE.fullmatch(parts.path):
        raise ValueError(_FORM)
    if "#" in value or any(char.isspace() or not char.isprintable() for char in value):
        raise ValueError(_FORM)
    if "?" in value:
        _check_query(parts.scheme, parts.query)
    return value


def _check_query(scheme: str, query: str) -> None:
    try:
        given = parse_qsl(query, strict_parsing=True)
    except ValueError:
        raise ValueError(_QUERY) from None
    names = [name for name, _ in given]
    if scheme != "rediss" or len(set(names)) < len(names) or not _TLS_FILES.issuperset(names):
        raise ValueError(_QUERY)
    for name, file in given:
        try:
            with Path(file).open("rb"):
                pass
        except (OSError, ValueError):
            raise ValueError(f"names in {name} a file that cannot be read") from None
