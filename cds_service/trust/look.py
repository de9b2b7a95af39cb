"""What the key-set URLs of clients answer, asked once, for `check` to tell an operator. Knows entries; no token."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import requests

from cds_service.outbound.names import Names, Reach
from cds_service.outbound.session import new_session
from cds_service.trust.clients_file import ClientEntry
from cds_service.trust.key_fetch import fetch_text
from cds_service.trust.keys import KeySetError, read_keys


def odd_key_sets(clients: Sequence[ClientEntry], names: Names) -> list[str]:
    """One sentence for each client whose URL gives no keys now: whose it is, and why. It takes as long as one fetch
    at most for all of them together."""
    urls = {entry.name: entry.jwks_url for entry in clients if entry.jwks_url is not None}
    with new_session(Reach(names, named=None)) as session, ThreadPoolExecutor(max(1, len(urls))) as pool:
        said = pool.map(lambda url: _oddity(session, url), urls.values())
        return [f"{name}: jwks_url {why}" for name, why in zip(urls, said, strict=True) if why]


def _oddity(session: requests.Session, url: str) -> str:
    try:
        read_keys(fetch_text(session, url))
    except KeySetError as fault:
        return str(fault)
    return ""
