"""Group C: the answer to a hook call as a whole. Knows its members; no card."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cds_service.conformance.assertion import Finding, finding, not_seen
from cds_service.conformance.profile import PROFILES
from cds_service.conformance.subject import Exchange
from cds_service.conformance.trial import Check, Trial
from cds_service.conformance.walk import counted, empties


def has_cards(trial: Trial) -> Finding:
    """22: 200 with an object and a list of cards, for every made-up call; 412 is legal where data is missing."""
    exchanges = trial.whole_calls()
    if not exchanges:
        return not_seen(trial.why_no_card())
    if all(exchange.answer.status in {401, 403} for exchange in exchanges):
        return not_seen(f"calls need a token ({exchanges[0].answer.told})")
    wrong, weak = [], []
    own = {name for name, _ in trial.options.own}
    for exchange in exchanges:
        answer, where = exchange.answer, _where(exchange)
        refused = 400 <= answer.status < 500
        if refused and exchange.label in own:
            # Whether a person's own call is whole is theirs to judge; that data was missing is no fault at all
            weak += [] if answer.status == 412 else [f"{where}: refused with {answer.told}"]
        elif answer.status == 412:
            weak.append(f"{where}: 412 though every prefetch key was filled")
        elif answer.status != 200:
            wrong.append(f"{where}: {answer.told}")
    for exchange in trial.answers():
        document, where = exchange.answer.object, _where(exchange)
        if document is None:
            wrong.append(f"{where}: the body is no JSON object")
        elif not isinstance(document.get("cards"), list):
            wrong.append(f"{where}: cards {'is no list' if 'cards' in document else 'is missing'}")
        else:
            wrong += [f"{where}: cards[{n}] is no object" for n, c in enumerate(document["cards"]) if not _object(c)]
    return finding(wrong, weak, seen=counted(_count(trial), "answer"))


def system_actions_are_a_list(trial: Trial) -> Finding:
    """23: where there are system actions they are a list; an empty one only where the client wants it."""
    seen = _count(trial)
    if not seen:
        return not_seen(trial.why_no_card())
    wrong = []
    for exchange in trial.answers():
        document, where = exchange.answer.object or {}, _where(exchange)
        wanted = exchange.service.hook in trial.profile.system_actions
        if "systemActions" not in document:
            if wanted:
                wrong.append(f"{where}: systemActions is missing, which the profile {trial.profile.name} wants")
            continue
        actions = document["systemActions"]
        if not isinstance(actions, list):
            wrong.append(f"{where}: systemActions is no list")
        elif not actions and not wanted and not _shows_a_product(exchange):
            wrong.append(f"{where}: systemActions is an empty list, and is to be left out")
        else:
            wrong += [f"{where}: systemActions[{n}] is no object" for n, a in enumerate(actions) if not _object(a)]
    return finding(wrong, seen=counted(seen, "answer"))


def leaves_out_empties(trial: Trial) -> Finding:
    """24: nothing in an answer is null or empty but `cards`."""
    seen = _count(trial)
    if not seen:
        return not_seen(trial.why_no_card())
    wrong = [
        f"{_where(exchange)}: {path} {what}"
        for exchange in trial.answers()
        for path, what in _empties(exchange.answer.object)
    ]
    return finding(wrong, seen=counted(seen, "answer"))


def _shows_a_product(exchange: Exchange) -> bool:
    """Does the call name a product that wants the list even empty? Then the service may know the client by it."""
    extension = (exchange.request or {}).get("extension")
    names = extension if isinstance(extension, dict) else {}
    return any(
        str(name).partition(".")[0] == own.partition(".")[0]
        for profile in PROFILES.values()
        if exchange.service.hook in profile.system_actions
        for own, _ in profile.extension
        for name in names
    )


def _empties(document: Any) -> Iterator[tuple[str, str]]:
    for path, what in empties(document, "$") if document is not None else ():
        # 22 and 23 judge these
        if path in {"$", "$.cards", "$.systemActions"} and what != "is null":
            continue
        # FHIR's own JSON keeps places in a list of primitives with null
        if ".resource." in path and path.endswith("]") and what == "is null":
            continue
        yield path, what


def _count(trial: Trial) -> int:
    return sum(1 for _ in trial.answers())


def _where(exchange: Exchange) -> str:
    return f"{exchange.service.id}, {exchange.label}"


def _object(value: Any) -> bool:
    return isinstance(value, dict)


CHECKS: Final[Mapping[int, Check]] = {22: has_cards, 23: system_actions_are_a_list, 24: leaves_out_empties}
