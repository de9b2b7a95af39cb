"""Group I, who may call: good tokens are let in, every other one is refused. Makes no token itself."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from typing import Final

from cds_service.conformance.assertion import Finding, finding, not_seen
from cds_service.conformance.forged import Forgery, foreign_jku, forgeries, unknown_tenant
from cds_service.conformance.material import NO_CALL, best_calls, text_of
from cds_service.conformance.signer import Key, Signer, new_key, signed
from cds_service.conformance.subject import Answer, Exchange
from cds_service.conformance.trial import Check, Trial
from cds_service.conformance.walk import counted

_NO_SIGNER: Final = "no client JWT can be made: give --issuer, and a key that the service knows"
_NOT_LET_IN: Final = "no good token is let in, so a refusal shows nothing: does the service know this issuer and key?"
# Words that tell an attacker what to mend
_DETAIL: Final = re.compile(
    rb"expired|signature|audience|\baud\b|issuer|\biss\b|\bkid\b|\bjti\b|algorithm", re.IGNORECASE
)
_UNKNOWN_KIDS: Final = 10
Signed = Callable[[Trial, Exchange, Signer], Finding]


def _with_signer(check: Signed) -> Check:
    """The check, run only where a token can be signed for a call."""

    @wraps(check)
    def checked(trial: Trial) -> Finding:
        if trial.bench.signer is None:
            return not_seen(_NO_SIGNER)
        calls = best_calls(trial)
        return check(trial, calls[0], trial.bench.signer) if calls else not_seen(NO_CALL)

    return checked


@_with_signer
def asks_for_a_token(trial: Trial, first: Exchange, signer: Signer) -> Finding:
    """63: no token is 401, and the answer says nothing more."""
    wrong, weak, bodies = [], [], set()
    bad = next(forgeries(signer, _url(trial, first), trial.subject.discovery_url)).token
    for call in best_calls(trial):
        tries = {
            "no token": "",
            "another scheme": "Basic dXNlcjpwYXNz",
            "an empty token": "Bearer ",
            "a bad token": bad,
        }
        for name, header in tries.items():
            value = f"Bearer {header}" if header == bad else header
            answer = _called(trial, call, value)
            bodies.add(answer.body)
            if answer.status != 401:
                wrong.append(f"{call.service.id}, {name}: {answer.told}")
            elif _DETAIL.search(answer.body):
                weak.append(f"{call.service.id}, {name}: the body says what is wrong with the token")
            if "error_description" in answer.headers.get("WWW-Authenticate", ""):
                weak.append(f"{call.service.id}, {name}: WWW-Authenticate says what is wrong with the token")
    if len(bodies) > 1 and not wrong:
        weak.append("the body of a 401 differs with its cause")
    return finding(wrong, weak, seen="no token, no scheme, no text, no signature")


@_with_signer
def refuses_weak_algorithms(trial: Trial, first: Exchange, signer: Signer) -> Finding:
    """64: none and the symmetric ones."""
    return _refused(trial, first, signer, (each for each in _all(trial, first, signer) if each.assertion == 64))


@_with_signer
def takes_both_algorithms(trial: Trial, first: Exchange, signer: Signer) -> Finding:
    """65: ES384 and RS384."""
    wrong = [
        f"{key.algorithm}: {answer.told}"
        for key in signer.keys
        if (answer := _let_in(trial, first, signer.token(_url(trial, first), key))).status in {401, 403}
    ]
    names = sorted({key.algorithm for key in signer.keys})
    if not wrong and len(names) < 2:
        return not_seen(f"{names[0]} is let in; the other algorithm needs a key of its own in the --key file")
    return finding(wrong, seen=" and ".join(names))


@_with_signer
def refuses_bad_tokens(trial: Trial, first: Exchange, signer: Signer) -> Finding:
    """66: every other fault of a token, and a good one that comes again."""
    found = [each for each in _all(trial, first, signer) if each.assertion == 66]
    if signer.tenant is not None:
        found.append(unknown_tenant(signer, _url(trial, first)))
    token = signer.token(_url(trial, first))
    once, again = _let_in(trial, first, token), _let_in(trial, first, token)
    repeated = [] if again.status == 401 or once.status == 401 else [f"the same token a second time: {again.told}"]
    untried = "" if signer.tenant is not None else "; tenants need --tenant"
    return _refused(trial, first, signer, found, repeated, f", a repeated jti{untried}")


@_with_signer
def takes_an_array(trial: Trial, first: Exchange, signer: Signer) -> Finding:
    """67: aud as text, as a list of one, and as a list in which one is right."""
    url = _url(trial, first)
    if not _lets_in(trial, first, signer):
        return not_seen(_NOT_LET_IN)
    wrong = [
        f"{name}: {answer.told}"
        for name, audience in (
            ("aud as a text", url),
            ("aud as a list of one", [url]),
            ("aud as a list of two", ["https://elsewhere.example/cds-services", url]),
        )
        if (answer := _let_in(trial, first, signer.token(audience))).status in {401, 403}
    ]
    return finding(wrong, seen="a text and two lists")


@_with_signer
def leaves_foreign_key_sets_alone(trial: Trial, first: Exchange, signer: Signer) -> Finding:
    """68: a jku that is not on the list is neither believed nor fetched."""
    if not _lets_in(trial, first, signer):
        return not_seen(_NOT_LET_IN)
    strangers = trial.bench.strangers
    before = strangers.fetches
    answer = _let_in(trial, first, foreign_jku(signer, _url(trial, first), strangers.url, trial.bench.thief).token)
    wrong = [] if answer.status == 401 else [f"a token that points at its own key set: {answer.told}"]
    if strangers.fetches > before:
        wrong.append("the key set that a bad token points at was fetched")
    return finding(wrong, seen="401, and no fetch")


@_with_signer
def follows_new_keys(trial: Trial, first: Exchange, signer: Signer) -> Finding:
    """69: a kid that is new is looked for once, and made-up ones do not make the service fetch again and again."""
    server = trial.bench.key_server
    if server is None:
        return not_seen("the key set is not served by the tester: give --jwks-port, and its URL to the service")
    if not _lets_in(trial, first, signer):
        return not_seen(_NOT_LET_IN)
    before = server.fetches
    new = new_key("ES384")
    server.publish(new)
    answer = _let_in(trial, first, _by(new, trial, first, signer))
    wrong = []
    if answer.status in {401, 403}:
        wrong.append(f"a key published a moment ago: {answer.told} (a run within the last minute can be the cause)")
    elif server.fetches == before:
        wrong.append("a key was accepted that was never fetched")
    between = server.fetches
    for _ in range(_UNKNOWN_KIDS):
        _let_in(trial, first, _by(Key(new_key("ES384").kid, "ES384", new.private), trial, first, signer))
    weak: list[str] = []
    if server.fetches - between >= _UNKNOWN_KIDS:
        weak.append(f"{_UNKNOWN_KIDS} made-up kids made the service fetch the key set {server.fetches - between} times")
    told = server.fetches - before
    return finding(
        wrong, weak, seen=f"{counted(told, 'fetch', 'fetches')} for a new kid and {_UNKNOWN_KIDS} made-up ones"
    )


def _by(key: Key, trial: Trial, call: Exchange, signer: Signer) -> str:
    return signed(signer.header(key), signer.claims(_url(trial, call)), key)


def _all(trial: Trial, call: Exchange, signer: Signer) -> Iterator[Forgery]:
    others = [each for each in trial.services if each.id != call.service.id]
    other = trial.subject.url_of(others[0].id) if others else trial.subject.discovery_url
    return forgeries(signer, _url(trial, call), other)


def _refused(
    trial: Trial, call: Exchange, signer: Signer, found: Iterable[Forgery], more: Iterable[str] = (), also: str = ""
) -> Finding:
    """Each of these must be 401, which says something only where a good token is let in."""
    if not _lets_in(trial, call, signer):
        return not_seen(_NOT_LET_IN)
    wrong, tried = list(more), 0
    weak: list[str] = []
    for forged in found:
        tried += 1
        answer = _let_in(trial, call, forged.token)
        if answer.status != 401:
            (wrong if forged.required else weak).append(f"{forged.fault}: {answer.told}")
    return finding(wrong, weak, seen=f"{tried} bad tokens{also}")


def _lets_in(trial: Trial, call: Exchange, signer: Signer) -> bool:
    return _let_in(trial, call, signer.token(_url(trial, call))).status not in {0, 401, 403}


def _let_in(trial: Trial, call: Exchange, token: str) -> Answer:
    return _called(trial, call, f"Bearer {token}")


def _called(trial: Trial, call: Exchange, authorization: str) -> Answer:
    headers = {"Authorization": authorization}
    return trial.subject.send("POST", _url(trial, call), text_of(call.request or {}), headers, authorised=False)


def _url(trial: Trial, call: Exchange) -> str:
    return trial.subject.url_of(call.service.id)


# New keys come before made-up kids: after these a service may well not look again for a minute
CHECKS: Final[Mapping[int, Check]] = {
    65: takes_both_algorithms,
    69: follows_new_keys,
    63: asks_for_a_token,
    64: refuses_weak_algorithms,
    66: refuses_bad_tokens,
    67: takes_an_array,
    68: leaves_foreign_key_sets_alone,
}
