"""Groups I (TLS, log) and J: the wire and its headers, and what is left in the log. Knows no hook and no card."""

import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from cds_service.conformance.assertion import Finding, finding, not_seen
from cds_service.conformance.material import NO_CALL, best_calls, text_of
from cds_service.conformance.subject import JSON, Answer
from cds_service.conformance.trial import Check, Trial

_SECONDS: Final = 5.0
_OLD: Final = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
_NEW: Final = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
_JWT: Final = re.compile(rb"eyJ[A-Za-z0-9_-]{8,}\.")
_STRANGE_ORIGIN: Final = "https://conformance-stranger.example"
_NOWHERE: Final = "conformance-no-such-service"


def speaks_tls(trial: Trial) -> Finding:
    """70: TLS 1.2 or newer, and nothing older."""
    parts = urlsplit(trial.subject.base)
    if parts.scheme != "https":
        return not_seen("the URL is plain http")
    host, port = parts.hostname or "", parts.port or 443
    taken = [version.name for version in _NEW if _shakes_hands(host, port, version)]
    wrong = [f"{version.name} is accepted" for version in _OLD if _shakes_hands(host, port, version)]
    if not taken:
        wrong.append("neither TLS 1.2 nor TLS 1.3 is accepted")
    return finding(wrong, seen=", ".join(taken))


def _shakes_hands(host: str, port: int, version: ssl.TLSVersion) -> bool:
    """Is a connection made with this version and no other? Whose certificate it is, is not asked here."""
    import warnings  # noqa: PLC0415

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # to offer an old version is the whole point
        context.minimum_version = context.maximum_version = version
    if version in _OLD:
        context.set_ciphers("ALL:@SECLEVEL=0")  # else it is our own library that refuses
    try:
        with (
            socket.create_connection((host, port), timeout=_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=host),
        ):
            return True
    except OSError:
        return False


def logs_no_secret(trial: Trial) -> Finding:
    """71: neither a JWT nor the access token is in the log, after all that was sent."""
    path = trial.bench.log
    if path is None:
        return not_seen("the log is not known: give --log FILE")
    try:
        text = path.read_bytes()
    except OSError:
        return not_seen("the log cannot be read")
    if not text.strip():
        return not_seen("the log is empty")
    wrong = []
    if trial.bench.access_token.encode() in text:
        wrong.append("the access token of this run is in the log")
    if _JWT.search(text):
        wrong.append("a JWT is in the log")
    return finding(wrong, seen=f"{len(text.splitlines())} lines")


def lets_browsers_in(trial: Trial) -> Finding:
    """72: CORS headers on discovery, calls, preflights and errors alike."""
    calls = best_calls(trial)
    if not calls:
        return not_seen(NO_CALL)
    origin = trial.options.origin
    answers = dict(_from_a_browser(trial, origin))
    bare = [name for name, answer in answers.items() if not _allows(answer, origin)]
    wrong = [f"{name}: no Access-Control-Allow-Origin for {origin}" for name in bare]
    if len(bare) == len(answers):
        return finding([f"no Access-Control-Allow-Origin for {origin} on any answer (--origin names another)"], seen="")
    for name in (name for name in answers if name.startswith("OPTIONS")):
        answer = answers[name]
        if answer.status not in {200, 204}:
            wrong.append(f"{name}: {answer.told}")
        methods = answer.headers.get("Access-Control-Allow-Methods", "").upper()
        allowed = answer.headers.get("Access-Control-Allow-Headers", "").lower()
        if "POST" not in methods and "*" not in methods:
            wrong.append(f"{name}: Access-Control-Allow-Methods without POST")
        wrong += [
            f"{name}: Access-Control-Allow-Headers without {header}"
            for header in ("authorization", "content-type")
            if header not in allowed
        ]
    return finding(wrong, seen=f"{len(answers)} kinds of answer")


def _from_a_browser(trial: Trial, origin: str) -> Iterator[tuple[str, Answer]]:
    """One answer of each kind. A preflight carries no token, whatever the call itself will carry."""
    call = best_calls(trial)[0]
    subject, headers = trial.subject, {"Origin": origin}
    url, body = subject.url_of(call.service.id), text_of(call.request or {})
    yield "GET", subject.send("GET", subject.discovery_url, None, headers)
    yield "POST", subject.send("POST", url, body, headers)
    for method, where in (("GET", subject.discovery_url), ("POST", url), ("POST", f"{url}/feedback")):
        asked = headers | {
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization,content-type",
        }
        kind = "feedback" if where.endswith("/feedback") else "a call" if method == "POST" else "discovery"
        yield f"OPTIONS of {kind}", subject.send("OPTIONS", where, None, asked, authorised=False)
    yield "an unknown id", subject.send("POST", subject.url_of(_NOWHERE), body, headers)
    yield "a bad body", subject.send("POST", url, b"{", headers)
    if subject.token_for is not None:
        yield "a call without a token", subject.send("POST", url, body, headers, authorised=False)


def _allows(answer: Answer, origin: str) -> bool:
    return answer.headers.get("Access-Control-Allow-Origin") in {"*", origin}


def trusts_no_stranger_with_cookies(trial: Trial) -> Finding:
    """73: credentials are never allowed to every origin, be it as * or by repeating any name."""
    calls = best_calls(trial)
    if not calls:
        return not_seen(NO_CALL)
    wrong, seen = [], 0
    for origin in (trial.options.origin, _STRANGE_ORIGIN):
        for name, answer in _from_a_browser(trial, origin):
            allowed = answer.headers.get("Access-Control-Allow-Origin")
            seen += allowed is not None
            if answer.headers.get("Access-Control-Allow-Credentials", "").lower() != "true":
                continue
            if allowed == "*":
                wrong.append(f"{name}: * together with credentials")
            elif origin == _STRANGE_ORIGIN and allowed == origin:
                wrong.append(f"{name}: credentials for any origin that asks")
    return finding(wrong, seen=f"{seen} answers") if seen else not_seen("no answer carries CORS headers")


def answers_in_json(trial: Trial) -> Finding:
    """74: application/json on every answer with a body, errors too."""
    subject = trial.subject
    answers = [("discovery", trial.discovery)]
    answers += [(f"{each.service.id}, {each.label}", each.answer) for each in subject.exchanges]
    answers.append(("an unknown id", subject.send("POST", subject.url_of(_NOWHERE), b"{}")))
    for service in trial.services:
        url = subject.url_of(service.id)
        answers.append((f"{service.id}, a bad body", subject.send("POST", url, b"{")))
        answers.append((f"{service.id}, GET", subject.send("GET", url)))
        answers.append((f"{service.id}, bad feedback", subject.send("POST", f"{url}/feedback", b"{")))
    wrong = [
        f"{name}: {answer.content_type or 'no content type'} with {answer.told}"
        for name, answer in answers
        if answer.status != 0 and answer.body and answer.content_type not in {JSON, "application/fhir+json"}
    ]
    return finding(wrong, seen=f"{len(answers)} answers")


GUARD: Final[Mapping[int, Check]] = {70: speaks_tls, 71: logs_no_secret}
CHECKS: Final[Mapping[int, Check]] = {
    72: lets_browsers_in,
    73: trusts_no_stranger_with_cookies,
    74: answers_in_json,
}
