"""Where a client's public keys come from: a file that was read at the start, or a URL. Knows when to fetch; no token.

A URL is fetched beside the calls, never for each: once a minute, by one worker for all of them. An unknown kid may mean
that the client has new keys: it causes one fetch more, once a minute at most, and that call waits for it a little. A
fetch that fails leaves the keys as they were.
"""

import logging
import time
from collections.abc import Callable, Sequence
from threading import Condition, Lock, Semaphore, Thread
from typing import Final, Protocol

import requests
from urllib3.exceptions import HTTPError

from cds_service.log_lines import describe
from cds_service.trust.key_shelf import KeyShelf, Shelved
from cds_service.trust.keys import KeySetError, PublicKey, read_keys

_A_CALL_WAITS: Final = 2.0
_LOOKS_EVERY: Final = 0.05  # while another worker fetches
_RECOVERS_IN: Final = 5.0
_log = logging.getLogger("cds_service.key_sets")

KeysByKid = dict[str, tuple[PublicKey, ...]]


class KeysAwayError(Exception):
    """Nobody can say now whether there is such a key: the set could not be had, or has not come in time."""


class KeySet(Protocol):
    def find(self, kid: str) -> Sequence[PublicKey]:
        """The keys with this kid: none, one, or more where the set breaks the rule that a kid is unique.
        KeysAwayError where that cannot be said."""


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
    many calls may wait at a time for servers that have failed, so that made-up kids cannot hold up the calls of others.

    To be made after a fork. The thread begins at once and ends with the process or with `close`.
    """

    def __init__(
        self,
        client: str,
        url: str,
        shelf: KeyShelf,
        waiting: Semaphore,
        fetch: Callable[[], bytes],
    ) -> None:
        self._client = client
        self._url = url
        self._shelf = shelf
        self._waiting = waiting
        self._fetch = fetch
        self._keys: KeysByKid = {}
        self._version: float | None = None
        self._taking = Lock()
        self._state = Condition()
        self._claimed: float | None = None  # by a call; the fetch is still to begin
        self._closed = False
        Thread(target=self._run, name="key-set", daemon=True).start()

    def find(self, kid: str) -> Sequence[PublicKey]:
        return self._keys.get(kid) or self._find_in_new(kid)

    def close(self) -> None:
        with self._state:
            self._closed = True
            self._state.notify_all()

    def _find_in_new(self, kid: str) -> Sequence[PublicKey]:
        """What another worker has fetched, or a fetch brings that is under way or may be asked for now."""
        ends = time.monotonic() + _A_CALL_WAITS
        counted = False
        try:
            while True:
                now = time.monotonic()
                shelved = self._take_newer()
                if found := self._keys.get(kid):
                    return found
                if not shelved.under_way(now) and not self._ask(shelved, now):
                    return _missing(shelved)
                if _is_doubtful(shelved, now) and not counted:
                    counted = self._waiting.acquire(blocking=False)
                    if not counted:
                        raise KeysAwayError
                if now >= ends:
                    raise KeysAwayError
                with self._state:
                    self._state.wait(_LOOKS_EVERY)
        finally:
            if counted:
                self._waiting.release()

    def _ask(self, shelved: Shelved, now: float) -> bool:
        """Whether there is a fetch now, this process's or another's: it is time for one, or the kid may cause one."""
        is_due = shelved.due() <= now
        if not is_due and not shelved.may_be_asked(now):
            return False
        if self._shelf.claim(self._url, now, asked=not is_due):
            with self._state:
                self._claimed = now
                self._state.notify_all()
        return True

    def _take_newer(self) -> Shelved:
        """How the set stands; where there is another one than before, its keys are in force from now on."""
        shelved = self._shelf.look(self._url)
        if shelved.version not in {None, self._version}:
            with self._taking:
                found = self._shelf.read(self._url)
                if found is not None and found[0] != self._version:
                    self._take(*found)
        return shelved

    def _take(self, version: float, text: bytes) -> None:
        keys = by_kid(read_keys(text))
        if keys.keys() != self._keys.keys():
            _log.info("key set of %s: %d keys", self._client, len(keys))
        self._keys = keys  # replaced as a whole: readers need no lock
        self._version = version

    def _run(self) -> None:
        while not self._closed:
            try:
                pause = self._stepped()
            except Exception as error:  # noqa: BLE001  # a thread that ends here would never fetch again
                _log.error("key set of %s: %s; the keys stay as they were", self._client, describe(error))
                pause = _RECOVERS_IN
            with self._state:
                self._state.notify_all()
                self._state.wait_for(lambda: self._claimed is not None or self._closed, pause)

    def _stepped(self) -> float:
        """Fetch, if it is this process's turn. Seconds until something is to be done again."""
        now = time.monotonic()
        shelved = self._take_newer()
        begun = self._handed_over()
        if begun is None and self._shelf.claim(self._url, now, asked=False):
            begun = now
        if begun is None:
            return _LOOKS_EVERY if shelved.under_way(now) else shelved.due() - now
        text = self._fetched()
        self._shelf.put(self._url, begun, time.monotonic(), text)
        return 0.0

    def _handed_over(self) -> float | None:
        with self._state:
            begun, self._claimed = self._claimed, None
        return begun

    def _fetched(self) -> bytes | None:
        """The text of a good set."""
        try:
            text = self._fetch()
            read_keys(text)
        except KeySetError as fault:
            _log.warning("key set of %s: it %s; the keys stay as they were", self._client, fault)
        except (requests.RequestException, HTTPError, OSError, ValueError):  # their messages hold the URL
            _log.warning("key set of %s: it could not be fetched; the keys stay as they were", self._client)
        except Exception as error:  # noqa: BLE001  # a thread that ends here would never fetch again
            _log.error("key set of %s: %s; the keys stay as they were", self._client, describe(error))
        else:
            return text
        return None


def _missing(shelved: Shelved) -> Sequence[PublicKey]:
    """None, if the last fetch went well; else nobody knows."""
    if shelved.version is None or shelved.failures > 0:
        raise KeysAwayError
    return ()


def _is_doubtful(shelved: Shelved, now: float) -> bool:
    """Whether a fetch is not likely to end well soon: then only some calls wait for it."""
    return shelved.failures > 0 or (shelved.begun is not None and now >= shelved.begun + _A_CALL_WAITS)
