"""Group D, what a card lets its reader choose and how much it claims. The suggestions themselves are group E."""

from collections.abc import Mapping
from typing import Final

from cds_service.conformance.assertion import Finding, finding, not_seen
from cds_service.conformance.orders import CHARTS, ORDERS
from cds_service.conformance.subject import Json
from cds_service.conformance.trial import Card, Check, Trial
from cds_service.conformance.walk import bad_coding, counted, is_text, not_one

_HARMLESS: Final = frozenset(scenario.label for scenario in (*ORDERS, *CHARTS) if scenario.harmless)
# This project's topics of which a card may be critical (its clinical rules, indicator policy).
_TOPICS: Final = "https://cobalamin-cds.org/fhir/CodeSystem/topic"
_CRITICAL: Final = frozenset(
    {
        "CyanocobalaminInheritedDefect",
        "CyanocobalaminLeber",
        "CobalaminAllergy",
        "DoseUnitError",
        "FolateInB12Deficiency",
    }
)
_ASSOCIATED: Final = ("davinci-associated-resource", "davinci-crd.associated-resource")


def suggestions_say_how_to_choose(trial: Trial) -> Finding:
    """30: with suggestions comes a selectionBehavior that the client reads."""
    wrong, seen = [], 0
    allowed = sorted(trial.profile.selection)
    for card in trial.cards():
        if "suggestions" not in card.json and "selectionBehavior" not in card.json:
            continue
        seen += 1
        if card.json.get("selectionBehavior") not in allowed:
            wrong.append(card.fault(not_one("selectionBehavior", card.json, allowed), "selectionBehavior"))
    return finding(wrong, seen=counted(seen, "card")) if seen else not_seen(trial.why_no("suggestions"))


def one_is_recommended(trial: Trial) -> Finding:
    """31: where one may be chosen, at most one is recommended."""
    wrong, seen = [], 0
    for card in trial.cards():
        found = [each for each in card.list_of("suggestions") if isinstance(each, dict)]
        wrong += [
            card.fault("is no boolean", f"suggestions[{n}].isRecommended")
            for n, each in enumerate(found)
            if not isinstance(each.get("isRecommended", True), bool)
        ]
        if not found or card.json.get("selectionBehavior") != "at-most-one":
            continue
        seen += 1
        recommended = sum(each.get("isRecommended") is True for each in found)
        if recommended > 1:
            wrong.append(card.fault(f"recommends {recommended}, and at most one may be chosen", "suggestions"))
    reason = trial.why_no("suggestions of which at most one may be chosen")
    return finding(wrong, seen=counted(seen, "card")) if seen or wrong else not_seen(reason)


def override_reasons_are_codings(trial: Trial) -> Finding:
    """32: code, system and display; the same code always with the same display."""
    wrong, seen = [], 0
    displays: dict[tuple[str, str], str] = {}
    for card in trial.cards():
        if "overrideReasons" not in card.json:
            continue
        seen += 1
        reasons = card.json["overrideReasons"]
        if not isinstance(reasons, list):
            wrong.append(card.fault("is no list", "overrideReasons"))
            continue
        for place, reason in enumerate(reasons):
            faults = list(bad_coding(reason, display=True))
            wrong += [card.fault(what, f"overrideReasons[{place}]{at}") for at, what in faults]
            if not faults:
                key = (reason["system"], reason["code"])
                if displays.setdefault(key, reason["display"]) != reason["display"]:
                    wrong.append(card.fault("has another display than elsewhere", f"overrideReasons[{place}]"))
    return finding(wrong, seen=counted(seen, "card")) if seen else not_seen(trial.why_no("overrideReasons"))


def critical_is_rare(trial: Trial) -> Finding:
    """33: nothing harmless is called critical."""
    harmless = [each for each in trial.answers() if each.label in _HARMLESS]
    if not harmless:
        return not_seen("no harmless made-up call was answered with 200")
    if not any(True for _ in trial.cards()):
        return not_seen(trial.why_no_card())  # who never says anything has not shown that it can tell
    critical = [card for card in trial.cards() if card.json.get("indicator") == "critical"]
    wrong = [
        card.fault("is critical, and nothing in the call can do serious harm", "indicator")
        for card in critical
        if card.exchange.label in _HARMLESS
    ]
    wrong += [card.fault("is critical, which its topic never is", "indicator") for card in critical if _mild(card)]
    return finding(wrong, seen=f"{len(harmless)} answers to harmless calls")


def _mild(card: Card) -> bool:
    source = card.json.get("source")
    topic = source.get("topic") if isinstance(source, dict) else None
    return isinstance(topic, dict) and topic.get("system") == _TOPICS and topic.get("code") not in _CRITICAL


def names_its_order(trial: Trial) -> Finding:
    """34: a card about one of several orders names it, and ties itself to it."""
    weak, seen = [], 0
    for card in trial.cards():
        drafts = card.drafts()
        about = {name for name in card.targets() if name in drafts}
        if len(drafts) < 2 or not about:
            continue
        seen += 1
        text = f"{card.json.get('summary')} {card.json.get('detail')}".lower()
        unnamed = [name for name in sorted(about) if not any(word in text for word in _names_of(drafts[name], name))]
        weak += [card.fault("does not name the order that it changes", "detail") for _ in unnamed]
        if trial.profile.associated and not about <= _associated(card.json):
            weak.append(card.fault("does not list the orders that it changes", f"extension.{_ASSOCIATED[1]}"))
    return (
        finding((), weak, seen=counted(seen, "card"))
        if seen
        else not_seen(trial.why_no("change to one of several orders"))
    )


def _names_of(order: Json, name: str) -> set[str]:
    """What a reader may call the order by: the first word of each of its names, or its reference."""
    concept = order.get("medicationCodeableConcept") or order.get("code")
    concept = concept if isinstance(concept, dict) else {}
    texts = [
        concept.get("text"),
        *(each.get("display") for each in concept.get("coding", ()) if isinstance(each, dict)),
    ]
    return {text.lower().split()[0] for text in texts if is_text(text)} | {name.lower()}


def _associated(card: Json) -> set[str]:
    """The references in the list of orders that the card is about, each a text or a Reference."""
    extension = card.get("extension")
    listed = [extension[name] for name in _ASSOCIATED if name in extension] if isinstance(extension, dict) else []
    entries = listed[0] if listed and isinstance(listed[0], list) else listed
    found = [each.get("reference") if isinstance(each, dict) else each for each in entries]
    return {each for each in found if isinstance(each, str)}


CHECKS: Final[Mapping[int, Check]] = {
    30: suggestions_say_how_to_choose,
    31: one_is_recommended,
    32: override_reasons_are_codings,
    33: critical_is_rare,
    34: names_its_order,
}
