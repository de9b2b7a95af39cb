"""Who comes in. Knows where a call is asked for admission; what a decision is made with is not its business."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, NoReturn, Protocol, TypeVar

from cds_service.audit import Trail
from cds_service.hooks.edge import TRAIL
from cds_service.hooks.own_url import base_url
from cds_service.hooks.problems import Fault, Problem
from cds_service.settings import Settings
from cds_service.trust.clients_file import ClientEntry
from cds_service.trust.key_sets import KeysAwayError, KeySet
from cds_service.trust.keys import PublicKey
from cds_service.trust.shared_state import SharedState, SharedStateError
from cds_service.trust.tokens import RefusedError, Verified, verify

Means_co = TypeVar("Means_co", covariant=True)

_RETRY_SECONDS: Final = 5


class _UndecidedError(Exception):
    """Whether this token is good cannot be said now. `claimed`: the client that it claims to come from."""

    def __init__(self, claimed: str) -> None:
        super().__init__()
        self.claimed = claimed


class Door(Protocol[Means_co]):
    """What a route asks before it reads a body. `paths`: where the call went, from /cds-services on, without a slash
    at the end; a token must be made out for one of them. Problem 401, 429 or 503 where the caller stays outside."""

    def admit(self, environ: Mapping[str, Any], /, *paths: str) -> Means_co:
        """The means for the caller, who must say who it is if there is a clients file."""

    def greet(self, environ: Mapping[str, Any], /, *paths: str) -> Means_co:
        """The same where everybody may come in (discovery): a caller without a token is nobody in particular, and a
        token that is shown must be good."""

    def check(self) -> None:
        """Problem 503 while nobody can be admitted, for whoever asks if the service is ready."""


class OpenDoor(Generic[Means_co]):
    """The door where there is no clients file: everybody is nobody in particular, and no token is looked at.

    state: a memory that is configured all the same; whoever asks if the service is ready is told if it is not there.
    """

    def __init__(self, means: Means_co, state: SharedState | None = None) -> None:
        self._means = means
        self._state = state

    def admit(self, _environ: Mapping[str, Any], /, *_paths: str) -> Means_co:
        return self._means

    greet = admit

    def check(self) -> None:
        if self._state is not None:
            _check(self._state)


@dataclass(frozen=True, slots=True)
class Guest(Generic[Means_co]):
    """One client of the file with its keys and what its calls are decided with."""

    entry: ClientEntry
    keys: KeySet
    means: Means_co


class GuardedDoor(Generic[Means_co]):
    """The door where there is a clients file. `unknown`: the means for a caller that may stay nobody in particular."""

    def __init__(
        self,
        guests: Sequence[Guest[Means_co]],
        unknown: Means_co,
        state: SharedState,
        settings: Settings,
        clock: Callable[[], datetime],
    ) -> None:
        self._guests = {guest.entry.name: guest for guest in guests}
        self._unknown = unknown
        self._state = state
        self._settings = settings
        self._clock = clock
        self._by_issuer: dict[str, list[ClientEntry]] = {}
        for guest in guests:
            self._by_issuer.setdefault(guest.entry.issuer, []).append(guest.entry)

    def admit(self, environ: Mapping[str, Any], /, *paths: str) -> Means_co:
        trail: Trail = environ[TRAIL]
        now = self._clock().timestamp()
        audiences = self._audiences(environ, paths)
        try:
            found = verify(environ.get("HTTP_AUTHORIZATION"), self._by_issuer, self._keys, audiences, now)
            self._count(found, now, trail)
        except RefusedError as refused:
            _refuse(refused, trail)
        except _UndecidedError as undecided:  # no 401, which would tell the client that its credentials are bad
            trail.note, trail.claimed = "the key set cannot be had now", undecided.claimed
            raise Problem(Fault.NOT_READY, retry_after=_RETRY_SECONDS) from None
        return self._guests[found.entry.name].means

    def greet(self, environ: Mapping[str, Any], /, *paths: str) -> Means_co:
        return self.admit(environ, *paths) if "HTTP_AUTHORIZATION" in environ else self._unknown

    def check(self) -> None:
        _check(self._state)

    def _audiences(self, environ: Mapping[str, Any], paths: Sequence[str]) -> list[str]:
        """The URLs of the endpoint. It is called with a slash at the end or without: a client signs what it calls."""
        base = base_url(environ, self._settings, believed=False)
        slash = "/" if environ.get("PATH_INFO", "").endswith("/") else ""
        return [f"{base}{path}{end}" for path in paths for end in {"", slash}]

    def _keys(self, entry: ClientEntry, kid: str) -> Sequence[PublicKey]:
        try:
            return self._guests[entry.name].keys.find(kid)
        except KeysAwayError:
            raise _UndecidedError(entry.name) from None

    def _count(self, found: Verified, now: float, trail: Trail) -> None:
        entry = found.entry
        token = (entry.issuer, found.jti) if entry.replay_check else None
        try:
            standing = self._state.admit(entry.name, entry.requests_per_minute, now, token, found.until)
        except SharedStateError as error:
            trail.note = str(error)
            raise Problem(Fault.NOT_READY, retry_after=_RETRY_SECONDS) from None
        if standing.repeated:
            raise RefusedError("jti was used before", entry.name)
        trail.client = entry.name
        if standing.wait > 0:
            raise Problem(Fault.TOO_MANY, retry_after=standing.wait)


def _check(state: SharedState) -> None:
    try:
        state.check()
    except SharedStateError:
        raise Problem(Fault.NOT_READY, retry_after=_RETRY_SECONDS) from None


def _refuse(refused: RefusedError, trail: Trail) -> NoReturn:
    trail.note, trail.claimed = refused.reason, refused.claimed
    raise Problem(Fault.NOT_AUTHENTICATED) from None
