"""Where a client's public keys come from: a file that was read at the start, or a URL. Knows when to fetch; no token.

A URL is fetched beside the calls, never for each. An unknown kid may mean that the client has new keys: it causes one
fetch, and that call waits for it a little. Two fetches in a minute are caused so at most: the second is there so that
one made-up kid does not shut out a key that is really new. A fetch that fails leaves the keys as they were.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from threading import Condition, Semaphore, Thread
from typing import Final, Protocol

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from cds_service.log_lines import describe
from cds_service.outbound.session import transport_for
from cds_service.trust.keys import LARGEST_SET, KeySetError, PublicKey, read_keys

_REFRESHED_EVERY: Final = 600.0  # seconds; a key that the client takes back is honoured for so long at most
_RETRIED_AFTER: Final = 30.0
_MINUTE: Final = 60.0
_ASKED_IN_A_MINUTE: Final = 2
_A_CALL_WAITS: Final = 2.0
_FETCH_LASTS: Final = 5.0
_CHUNK: Final = 65_536
_ACCEPT: Final = "application/jwk-set+json, application/json;q=0.9"
_log = logging.getLogger("cds_service.key_sets")

KeysByKid = dict[str, tuple[PublicKey, ...]]


class KeySet(Protocol):
    def find(self, kid: str) -> Sequence[PublicKey]:
        """The keys with this kid: none, one, or more where the set breaks the rule that a kid is unique."""


def by_kid(keys: Sequence[PublicKey]) -> KeysByKid:
    """The keys for looking up."""
    found: KeysByKid = {}
    for key in keys:
        found[key.kid] = (*found.get(key.kid, ()), key)
    return found


class FixedKeys:
    """The keys of a file."""

    def __init__(self, keys: Sequence[PublicKey]) -> None:
        self._keys = by_kid(keys)

    def find(self, kid: str) -> Sequence[PublicKey]:
        return self._keys.get(kid, ())


class FetchedKeys:
    """The keys behind a URL, fetched by a thread of their own. `client`: whose they are, for the log. `waiting`: how
    many calls may wait for keys at a time, so that made-up kids cannot hold up the calls of others.

    To be made after a fork. The thread begins at once and ends with the process or with `close`.
    """

    def __init__(self, client: str, fetch: Callable[[], Sequence[PublicKey]], waiting: Semaphore) -> None:
        self._client = client
        self._fetch = fetch
        self._waiting = waiting
        self._keys: KeysByKid = {}
        self._state = Condition()
        self._fetching = True  # the first fetch is under way
        self._closed = False
        self._asked_at: deque[float] = deque([float("-inf")] * _ASKED_IN_A_MINUTE, _ASKED_IN_A_MINUTE)
        Thread(target=self._run, name="key-set", daemon=True).start()

    def find(self, kid: str) -> Sequence[PublicKey]:
        return self._keys.get(kid) or self._find_in_new(kid)

    def close(self) -> None:
        with self._state:
            self._closed = True
            self._state.notify_all()

    def _find_in_new(self, kid: str) -> Sequence[PublicKey]:
        """What a fetch that is under way, or may be asked for now, brings within the time that a call may wait."""
        with self._state:
            now = time.monotonic()
            if not self._fetching and now - self._asked_at[0] >= _MINUTE:
                self._asked_at.append(now)  # and the oldest falls out
                self._fetching = True
                self._state.notify_all()
            if self._fetching and self._waiting.acquire(blocking=False):
                try:
                    self._state.wait_for(lambda: not self._fetching, _A_CALL_WAITS)
                finally:
                    self._waiting.release()
        return self._keys.get(kid, ())

    def _run(self) -> None:
        while not self._closed:
            keys = self._fetched()
            with self._state:
                if keys is not None:
                    self._keys = keys  # replaced as a whole: readers need no lock
                self._fetching = False
                self._state.notify_all()
                pause = _RETRIED_AFTER if keys is None else _REFRESHED_EVERY
                self._state.wait_for(lambda: self._fetching or self._closed, pause)
                self._fetching = True

    def _fetched(self) -> KeysByKid | None:
        try:
            keys = by_kid(self._fetch())
        except KeySetError as fault:
            _log.warning("key set of %s: it %s; the keys stay as they were", self._client, fault)
            return None
        except (requests.RequestException, HTTPError, OSError, ValueError):  # their messages hold the URL
            _log.warning("key set of %s: it could not be fetched; the keys stay as they were", self._client)
            return None
        except Exception as error:  # noqa: BLE001  # a thread that ends here would never fetch again
            _log.error("key set of %s: %s; the keys stay as they were", self._client, describe(error))
            return None
        if keys.keys() != self._keys.keys():
            _log.info("key set of %s: %d keys", self._client, len(keys))
        return keys


def fetch_keys(session: requests.Session, url: str) -> Sequence[PublicKey]:
    """One fetch: no redirect, and no more bytes and seconds than a key set may take. KeySetError says what is wrong
    with the answer; where there is none, the errors of requests."""
    prepared = session.prepare_request(requests.Request("GET", url, headers={"Accept": _ACCEPT}))
    transport = transport_for(url)
    with session.send(prepared, timeout=_FETCH_LASTS, allow_redirects=False, **transport) as response:
        if response.status_code != 200:
            raise KeySetError(f"was answered with status {response.status_code}")
        text = b""
        try:
            while len(text) <= LARGEST_SET and (piece := response.raw.read1(_CHUNK, decode_content=True)):
                text += piece
        except ReadTimeoutError:  # the session's timeouts are for the whole of a call
            raise KeySetError("takes too long to read") from None
    return read_keys(text)
