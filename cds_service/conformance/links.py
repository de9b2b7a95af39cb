"""Group F: the links of a card."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cds_service.conformance.assertion import Finding, finding, not_seen
from cds_service.conformance.subject import Json
from cds_service.conformance.trial import Card, Check, Trial
from cds_service.conformance.walk import counted, is_absolute_url, is_text, shown

_TYPES: Final = ("absolute", "smart")


def have_label_type_and_url(trial: Trial) -> Finding:
    """42: a label, one of two types, and an absolute address."""
    wrong, seen = [], 0
    for card in trial.cards():
        if "links" in card.json and not isinstance(card.json["links"], list):
            wrong.append(card.fault("is no list", "links"))
        for place, link in enumerate(card.list_of("links")):
            seen += 1
            where = f"links[{place}]"
            if not isinstance(link, dict):
                wrong.append(card.fault("is no object", where))
                continue
            if not is_text(link.get("label")):
                wrong.append(card.fault("is missing, empty or no text", f"{where}.label"))
            if link.get("type") not in _TYPES:
                wrong.append(card.fault(f"is {shown(link.get('type'))}, not absolute or smart", f"{where}.type"))
            if not is_absolute_url(link.get("url")):
                wrong.append(card.fault("is no absolute http(s) URL", f"{where}.url"))
    return finding(wrong, seen=counted(seen, "link")) if seen or wrong else _none(trial)


def app_context_is_for_smart(trial: Trial) -> Finding:
    """43: appContext, a text, only on a SMART link."""
    wrong, seen = [], 0
    for card, where, link in _links(trial):
        seen += 1
        if "appContext" in link and link.get("type") != "smart":
            wrong.append(card.fault("is on a link that is not smart", f"{where}.appContext"))
        elif "appContext" in link and not is_text(link["appContext"]):
            wrong.append(card.fault("is no text, or an empty one", f"{where}.appContext"))
    return finding(wrong, seen=counted(seen, "link")) if seen else _none(trial)


def autolaunchable_is_spelled_so(trial: Trial) -> Finding:
    """44: autolaunchable, in lower case, a boolean."""
    wrong, seen = [], 0
    for card, where, link in _links(trial):
        seen += 1
        for name, value in link.items():
            if _plain(name) == "autolaunchable" and name != "autolaunchable":
                wrong.append(card.fault("is to be spelled autolaunchable", f"{where}.{name}"))
            elif name == "autolaunchable" and not isinstance(value, bool):
                wrong.append(card.fault("is no boolean", f"{where}.{name}"))
    return finding(wrong, seen=counted(seen, "link")) if seen else _none(trial)


def _links(trial: Trial) -> Iterator[tuple[Card, str, Json]]:
    for card in trial.cards():
        for place, link in enumerate(card.list_of("links")):
            if isinstance(link, dict):
                yield card, f"links[{place}]", link


def _plain(name: Any) -> str:
    return str(name).replace("-", "").replace("_", "").lower()


def _none(trial: Trial) -> Finding:
    return not_seen(trial.why_no("links"))


CHECKS: Final[Mapping[int, Check]] = {
    42: have_label_type_and_url,
    43: app_context_is_for_smart,
    44: autolaunchable_is_spelled_so,
}
