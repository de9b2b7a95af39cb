"""One fetch of a key set. Knows HTTP and its limits: whatever a server does, it takes so long and so much at most."""

from typing import Final

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from cds_service.outbound.session import transport_for
from cds_service.trust.keys import LARGEST_SET, KeySetError

FETCH_LASTS: Final = 5.0  # seconds, from the look-up of the name to the last byte
_CHUNK: Final = 65_536
# Nothing is unpacked: a small answer stays small
_HEADERS: Final = {
    "Accept": "application/jwk-set+json, application/json;q=0.9",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


def fetch_text(session: requests.Session, url: str) -> bytes:
    """What is at the URL, of at most LARGEST_SET bytes. No redirect is followed. KeySetError says what is wrong, and
    holds nothing of the URL. session: one whose timeouts are for the whole of a call."""
    prepared = session.prepare_request(requests.Request("GET", url, headers=_HEADERS))
    transport = transport_for(url)
    try:
        with session.send(prepared, timeout=FETCH_LASTS, allow_redirects=False, **transport) as response:
            if response.status_code != 200:
                raise KeySetError(f"was answered with status {response.status_code}")
            return _body(response)
    except (requests.ReadTimeout, ReadTimeoutError):
        raise KeySetError("takes too long to read") from None
    except requests.exceptions.SSLError:
        raise KeySetError("is at a server whose certificate is not trusted") from None
    except (requests.RequestException, HTTPError, OSError, ValueError):
        raise KeySetError("could not be fetched") from None


def _body(response: requests.Response) -> bytes:
    text = bytearray()
    while piece := response.raw.read1(_CHUNK, decode_content=False):
        text += piece
        if len(text) > LARGEST_SET:
            raise KeySetError("is larger than a JWK Set may be")
    return bytes(text)
