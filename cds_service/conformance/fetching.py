"""Group G, how a service fetches: what it asks for, with which token, of which server. Knows no answer's content."""

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from cds_service.conformance.assertion import Finding, finding, not_seen
from cds_service.conformance.fhir_calls import (
    Fetched,
    access,
    canonical,
    expected,
    fetch,
    fetching_calls,
    why_nothing_fetched,
)
from cds_service.conformance.fhir_server import Fault
from cds_service.conformance.material import (
    NO_CALL,
    best_calls,
    is_search,
    request_of,
    templates_of,
    with_prefetch,
    without,
    without_key,
)
from cds_service.conformance.subject import Exchange, Json
from cds_service.conformance.trial import Check, Trial
from cds_service.conformance.walk import counted

# Pages of one search that a service may read before it must have given up
_MOST_PAGES: Final = 100


def asks_nothing_when_all_is_there(trial: Trial) -> Finding:
    """45: with everything prefetched, no call goes out."""
    calls = fetching_calls(trial)
    wrong = []
    for call in calls:
        found = fetch(trial, call, request_of(call), "all prefetched, a FHIR server")
        # A Medication that an order only names is in no template
        asked = [query.resource_type for query in found.queries if query.resource_type != "Medication"]
        if asked:
            wrong.append(f"{call.service.id}: {len(asked)} queries, such as {asked[0]}, though every key was there")
    return finding(wrong, seen=counted(len(calls), "service")) if calls else not_seen(why_nothing_fetched(trial))


def asks_for_what_is_missing(trial: Trial) -> Finding:
    """46: each missing key as its template says and with the token; all missing ones at the same time."""
    calls = fetching_calls(trial)
    wrong: list[str] = []
    weak: list[str] = []
    tried = 0
    for call in calls:
        for key, _ in templates_of(call):
            tried += 1
            found = fetch(trial, call, without_key(request_of(call), key), f"without {key}, a FHIR server")
            wrong += _unlike(trial, call, [key], found, f"{call.service.id} without {key}")
            if not found.queries:
                weak.append(f"{call.service.id} without {key}: it was not asked for")
        keys = [key for key, _ in templates_of(call)]
        found = fetch(trial, call, without(request_of(call), "prefetch"), "nothing prefetched, FHIR", Fault.PACED)
        wrong += _unlike(trial, call, keys, found, f"{call.service.id} without prefetch")
        if len(found.queries) > 1 and found.most_at_once < 2:
            wrong.append(f"{call.service.id} without prefetch: {len(found.queries)} queries one after the other")
    return finding(wrong, weak, seen=counted(tried, "key")) if calls else not_seen(why_nothing_fetched(trial))


def _unlike(trial: Trial, call: Exchange, keys: list[str], found: Fetched, where: str) -> Iterator[str]:
    """What was asked beside the templates of these keys, or twice, or without the token."""
    wanted = expected(call, keys)
    asked = [canonical(query.path) for query in found.queries]
    # A Medication that an order only names may be read beside what the templates ask for
    strange = [path for path in asked if path not in wanted and not path[0].startswith("Medication/")]
    if strange:
        yield f"{where}: asked for {strange[0][0].partition('/')[0]} otherwise than the template says"
    if any(asked.count(path) > 1 for path in asked):
        yield f"{where}: the same query more than once"
    token = f"Bearer {trial.bench.access_token}"
    if any(query.authorization != token for query in found.queries):
        yield f"{where}: a query without Authorization: Bearer and the access token"


def takes_null_for_an_answer(trial: Trial) -> Finding:
    """47: null for a search is known to be nothing, and is not asked for again."""
    calls = fetching_calls(trial)
    wrong, tried = [], 0
    for call in calls:
        searches = [key for key, template in templates_of(call) if is_search(template)]
        tried += len(searches)

        def nothing(held: Json, keys: list[str] = searches) -> Json:
            return held | dict.fromkeys(keys)

        found = fetch(trial, call, with_prefetch(request_of(call), nothing), "searches null, a FHIR server")
        if found.queries:
            wrong.append(f"{call.service.id}: {len(found.queries)} queries, such as {_kind(found)}, for keys with null")
        if found.answer.status != 200:
            wrong.append(f"{call.service.id}: {found.answer.told} where every search key is null")
    if not calls:
        return not_seen(why_nothing_fetched(trial))
    return finding(wrong, seen=counted(tried, "key")) if tried else not_seen("no service asks for a search")


def follows_pages(trial: Trial) -> Finding:
    """51: the next link is followed, and not for ever."""
    calls = fetching_calls(trial)
    wrong, paged = [], 0
    for call in calls:
        bare = without(request_of(call), "prefetch")
        found = fetch(trial, call, bare, "results in pages", Fault.PAGES)
        firsts = {query.path for query in found.queries if "_tester_page" not in query.path}
        several = [path for path in firsts if trial.bench.fhir.pages_of(path) > 1]
        paged += len(several)
        followed = {query.path.partition("&_tester_page")[0] for query in found.queries if "_tester_page" in query.path}
        wrong += [
            f"{call.service.id}: the next page of {path.partition('?')[0]} was not asked for"
            for path in sorted(several)
            if path not in followed
        ]
    for call in calls[:1]:
        endless = fetch(trial, call, without(request_of(call), "prefetch"), "pages without end", Fault.ENDLESS)
        keys = len(list(templates_of(call)))
        if len(endless.queries) > _MOST_PAGES * keys:
            wrong.append(f"{call.service.id}: {len(endless.queries)} queries where every page has a next one")
        if endless.answer.status == 0 or endless.answer.milliseconds > 1000 * trial.options.budget:
            wrong.append(f"{call.service.id}: {endless.answer.milliseconds:.0f} ms where every page has a next one")
    if not calls:
        return not_seen(why_nothing_fetched(trial))
    seen = f"{paged} paged searches, and one without end"
    return finding(wrong, seen=seen) if paged else not_seen("no search that was asked had more than one result")


def stays_where_it_is_told(trial: Trial) -> Finding:
    """53: a private address that nobody has allowed gets no call, by whatever way it is named."""
    calls = fetching_calls(trial)
    bench = trial.bench
    trusted, other = urlsplit(bench.fhir.base), bench.elsewhere.base
    wrong = []
    for call in calls[:1]:
        bare = without(request_of(call), "prefetch")
        ways = (
            ("as fhirServer", Fault.NONE, other),
            ("behind the user part of a URL", Fault.NONE, f"http://{trusted.netloc}@{urlsplit(other).netloc}/fhir"),
            ("by a redirect", Fault.REDIRECT, None),
            ("by a next link", Fault.AWAY, None),
        )
        for way, fault, base in ways:
            found = fetch(trial, call, bare, f"another server {way}", fault, base=base)
            for query in bench.elsewhere.queries[:1]:
                told = " with the access token" if bench.access_token in query.authorization else ""
                wrong.append(f"{call.service.id}: a loopback server named {way} was called{told}")
            if found.answer.status == 0 or found.answer.status >= 500:
                wrong.append(f"{call.service.id}, another server {way}: {found.answer.told}")
    return finding(wrong, seen="4 ways") if calls else not_seen(why_nothing_fetched(trial))


def keeps_the_token(trial: Trial) -> Finding:
    """52: neither the access token nor a JWT comes back in any answer. (The log is read by 71.)"""
    for call in best_calls(trial)[:1]:
        opened = access(trial)
        broken: tuple[Json, ...] = ({"hook": "conformance-no-such-hook"}, {"context": {}}, {"hookInstance": None})
        for changed in broken:
            trial.subject.call(call.service, request_of(call) | opened | changed, "a refusal with a token")
        for wrong_type in ({"token_type": "MAC"}, {"expires_in": "soon"}, {"patient": "somebody-else"}):
            bare = without(request_of(call), "prefetch") | access(trial, **wrong_type)
            trial.subject.call(call.service, bare, "an odd fhirAuthorization")
    held = [each for each in trial.subject.exchanges if "fhirAuthorization" in (each.request or {})]
    token = trial.bench.access_token
    wrong = []
    for exchange in trial.subject.exchanges:
        told = exchange.answer.body + repr(dict(exchange.answer.headers)).encode()
        if token.encode() in told:
            wrong.append(f"{exchange.service.id}, {exchange.label}: the access token is in the answer")
        if b"eyJ" in told:
            wrong.append(f"{exchange.service.id}, {exchange.label}: something like a JWT is in the answer")
    return finding(wrong, seen=f"{len(held)} calls with a token") if held else not_seen(NO_CALL)


def _kind(found: Fetched) -> str:
    return found.queries[0].resource_type


CHECKS: Final[Mapping[int, Check]] = {
    45: asks_nothing_when_all_is_there,
    46: asks_for_what_is_missing,
    47: takes_null_for_an_answer,
    51: follows_pages,
    53: stays_where_it_is_told,
    52: keeps_the_token,
}
