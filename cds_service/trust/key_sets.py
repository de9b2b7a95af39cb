"""Where a client's public keys come from: a file that was read at the start, or a URL. Knows when to fetch; no token.

A URL is fetched beside the calls, never for each: once a minute, by one worker for all of them. An unknown kid may mean
that the client has new keys: it causes one fetch more, once a minute at most, and so many calls wait for it a little.
Whoever has a known kid waits for nothing. A fetch that fails leaves the keys as they were.
"""

import logging
import time
from collections.abc import Callable, Sequence
from threading import Condition, Lock, Thread
from typing import Final, Protocol

from cds_service.log_lines import describe
from cds_service.trust.key_shelf import KeyShelf, Shelved
from cds_service.trust.keys import KeySetError, PublicKey, read_keys
from cds_service.waiting import Share, Waits

_A_CALL_WAITS: Final = 2.0
# Calls of one client, and beside how many that wait for whatever server: nobody knows yet who these are, so that they
# must not take all the places of those that are known
_MOST_WAITING: Final = 16
_IN_ALL: Final = 40
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
    """The keys behind a URL, fetched by a thread of their own. `client`: whose they are, for the log. `waits`: of the
    process; a call that waits for these keys is one of them.

    To be made after a fork. The thread begins at once and ends with the process or with `close`.
    """

    def __init__(
        self,
        client: str,
        url: str,
        shelf: KeyShelf,
        waits: Waits,
        fetch: Callable[[], bytes],
    ) -> None:
        self._client = client
        self._url = url
        self._shelf = shelf
        self._share = Share(waits, _MOST_WAITING, _IN_ALL)
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

    def age(self) -> float:
        """Seconds since a good set was fetched, by any worker; infinite as long as there was none."""
        fetched = self._shelf.look(self._url).fetched
        return float("inf") if fetched is None else time.monotonic() - fetched

    def close(self) -> None:
        with self._state:
            self._closed = True
            self._state.notify_all()

    def _find_in_new(self, kid: str) -> Sequence[PublicKey]:
        """What another worker has fetched, or a fetch brings that is under way or may be asked for now."""
        found, comes = self._look(kid)
        if found or not comes:
            return found
        with self._share.place() as given:
            ends = time.monotonic() + _A_CALL_WAITS
            while given and time.monotonic() < ends:
                with self._state:
                    self._state.wait(_LOOKS_EVERY)
                found, comes = self._look(kid)
                if found or not comes:
                    return found
        raise KeysAwayError

    def _look(self, kid: str) -> tuple[Sequence[PublicKey], bool]:
        """The keys that there are, and whether a fetch may bring others. KeysAwayError where the last one failed."""
        now, shelved = time.monotonic(), self._take_newer()
        found = self._keys.get(kid, ())
        if found or shelved.under_way(now) or self._ask(shelved, now):
            return found, True
        if shelved.version is None or shelved.failures > 0:
            raise KeysAwayError
        return (), False

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
                _log.error("key set of %s: %s; %s", self._client, describe(error), self._meanwhile())
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
            _log.warning("key set of %s: jwks_url %s; %s", self._client, fault, self._meanwhile())
        except Exception as error:  # noqa: BLE001  # a thread that ends here would never fetch again
            _log.error("key set of %s: %s; %s", self._client, describe(error), self._meanwhile())
        else:
            return text
        return None

    def _meanwhile(self) -> str:
        return "the keys stay as they were" if self._keys else "there are no keys yet, and calls get 503"
