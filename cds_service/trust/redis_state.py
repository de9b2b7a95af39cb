"""What workers on several hosts remember together, in a Redis: the library's home. Knows digests of ids and names.

One script decides about a call, so that its token is remembered and the call is counted, or neither. Whatever keeps it
from being done lets nobody in: a Redis that is away or slow, that refuses (password, replica, memory), or that answers
anything else. Nothing is asked twice: the second time, a token that was just remembered would be one used before.

Hosts need not agree about the time. A token is remembered by a span that Redis counts, and a minute is Redis's too.

Redis can forget: when it is restarted without persistence, when it evicts keys to make room, and when a replica takes
over that lacks the last writes. What was forgotten could be used again until it expires. Redis Cluster is not spoken.
"""

import secrets
import time
from collections.abc import Iterator
from math import ceil
from threading import Lock
from typing import Final
from urllib.parse import urlsplit

from redis import BlockingConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import InvalidResponse
from redis.retry import Retry

from cds_service.settings import is_loopback
from cds_service.trust.shared_state import SharedStateError, Standing, digest
from cds_service.waiting import Share, Waits

# The braces keep all keys of the service in one slot, for proxies that spread keys over several servers
PREFIX: Final = "{cobalamin-cds}"
_MINUTE_MS: Final = 60_000
# How far the clocks of two hosts may be apart: one that is behind takes a token for longer. Kerberos allows as much.
_SKEW_SECONDS: Final = 300
_SECONDS: Final = 1.0
_LONG: Final = 0.9  # of a question that failed: Redis was silent
_LASTS: Final = 3.0  # longer than a question does: the address, the password and the script may each wait a second
_CONNECTIONS: Final = 4  # of each worker: a call has one for half a millisecond
_WAIT_FOR_CONNECTION: Final = 0.25
_NO_LIMIT: Final = 2**31

# KEYS: calls of the client, and the token where repeats are refused. ARGV: what the answer begins with, calls in a
# minute, ms to remember the token for. Answers -1 for a token used before, 0 for a call that comes in, else ms to wait.
# A counter that nobody lets expire (written by somebody else) is begun anew: it would shut the client out for ever.
_SCRIPT: Final = f"""
    if KEYS[2] and redis.call('EXISTS', KEYS[2]) == 1 then return {{ARGV[1], -1}} end
    local left = redis.call('PTTL', KEYS[1])
    if left > 0 and tonumber(redis.call('GET', KEYS[1])) >= tonumber(ARGV[2]) then return {{ARGV[1], left}} end
    if KEYS[2] then redis.call('SET', KEYS[2], '', 'PX', ARGV[3]) end
    if left > 0 then redis.call('INCR', KEYS[1]) else redis.call('SET', KEYS[1], 1, 'PX', {_MINUTE_MS}) end
    return {{ARGV[1], 0}}
"""


class RedisState:
    """The memory in the Redis of this URL. Connects when it is first asked, and again after each failure."""

    def __init__(self, url: str, prefix: str = PREFIX, share: Share | None = None) -> None:
        self._prefix = prefix
        self._share = share or Share(Waits())
        self._pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=_WAIT_FOR_CONNECTION,
            socket_connect_timeout=_SECONDS,
            socket_timeout=_SECONDS,
            retry=Retry(NoBackoff(), 0),
            protocol=2,  # needs nothing to be said first, where there is no password
            driver_info=None,
        )
        # While Redis is silent one call tries, a second after the one before, and all others are refused at once
        self._silent = False
        self._next_try = 0.0
        self._answered = 0.0
        self._lock = Lock()

    def close(self) -> None:
        self._pool.disconnect()

    def check(self) -> None:
        """A made-up call goes the whole way: a replica, or a Redis without room, would answer a ping."""
        self._ask([self._key("check")], _NO_LIMIT, 0)

    def admit(self, client: str, limit: int, now: float, token: tuple[str, str] | None, until: float) -> Standing:
        keys = [self._key("calls", client)]
        if token is not None:
            keys.append(self._key("used", *token))
        # Who finds no place asks all the same, in its turn, and the next call waits with it: a Redis that answers after
        # 20 ms then answers all of a hundred at once. With a place for each, more than a third found no connection in
        # time, and to refuse them is no better. One that is silent keeps the turns for a second: then all are refused
        with self._share.place():
            said = self._ask(keys, limit, max(1, ceil((until - now + _SKEW_SECONDS) * 1000)))
        return Standing(repeated=True) if said < 0 else Standing(wait=ceil(said / 1000))

    def eviction_policy(self) -> str | None:
        """What Redis does when its memory is full; None where it does not tell."""
        try:
            policy = Redis(connection_pool=self._pool).info("memory").get("maxmemory_policy")
        except Exception:  # noqa: BLE001  # as in _ask; it may be forbidden, too
            return None
        return policy if isinstance(policy, str) else None

    def _key(self, kind: str, *texts: str) -> str:
        return ":".join([self._prefix, kind, *([digest(*texts).hex()] if texts else [])])

    def _ask(self, keys: list[str], limit: int, remembered_ms: int) -> int:
        began = time.monotonic()
        with self._lock:
            if self._silent and began < self._next_try:
                raise SharedStateError("the shared state cannot be used (no answer a moment ago)")
            self._next_try = began + _LASTS
        try:
            said = self._run(keys, limit, remembered_ms)
        except Exception as error:  # noqa: BLE001  # garbage ends in whatever the library makes of it
            ended = time.monotonic()
            # Whatever it was: also a name that is not resolved. Not where others were answered meanwhile, as those are
            # for whom Redis came back too late
            if ended - began >= _LONG and self._answered < began:
                self._silent, self._next_try = True, ended + _SECONDS
            raise SharedStateError(f"the shared state cannot be used ({_kind(error)})") from None
        self._silent, self._answered = False, time.monotonic()
        return said

    def _run(self, keys: list[str], *numbers: int) -> int:
        # The answer names its question: one that was left over on the connection must not let another call in
        question = secrets.token_hex(8)
        connection = self._pool.get_connection()  # type: ignore[no-untyped-call]
        try:
            connection.send_command("EVAL", _SCRIPT, len(keys), *keys, question, *numbers)
            return _said(connection.read_response(), question)
        except BaseException:
            # Also after an error that the server told: one that has become a replica would tell it for ever,
            # and a new connection finds the server that has taken its place
            connection.disconnect()
            raise
        finally:
            self._pool.release(connection)  # type: ignore[no-untyped-call]


def warnings(url: str) -> Iterator[str]:
    """What an operator should know of this Redis before it is relied on. Holds nothing of the URL."""
    # No refusal: many hospitals have Redis behind network rules, without TLS, and only digests go there
    parts = urlsplit(url)
    if parts.scheme != "rediss" and not is_loopback(parts.hostname or ""):
        yield (
            "the Redis of CDS_SHARED_STATE_URL is on another host and not encrypted (rediss:// is): who listens learns "
            "its password, and who has that or can change what goes between makes it forget used tokens"
        )
    state = RedisState(url)
    try:
        state.check()
        policy = state.eviction_policy()
    except SharedStateError as error:
        yield f"{error}: calls are refused with 503 until it can"
        return
    finally:
        state.close()
    if policy is None:
        yield "Redis does not tell its maxmemory-policy: with another one than noeviction it may forget used tokens"
    elif policy != "noeviction":
        yield "Redis may evict keys when its memory is full, and forget used tokens: set maxmemory-policy noeviction"


def _said(answer: object, question: str) -> int:
    match answer:
        case [bytes() as named, int() as said] if named == question.encode() and -1 <= said <= _MINUTE_MS:
            return said
    raise InvalidResponse


def _kind(error: BaseException) -> str:
    """Class names: messages can hold what was sent, and where to."""
    cause = error.__cause__ or error.__context__
    return ": ".join(dict.fromkeys(type(each).__name__ for each in (error, cause) if each is not None))
