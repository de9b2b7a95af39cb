"""Group D, what every card says: summary, indicator, source, uuid, detail. Suggestions are judged elsewhere."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from cds_service.conformance.assertion import Finding, finding, not_seen
from cds_service.conformance.markdown import raw_html
from cds_service.conformance.orders import CHARTS, MARKUP, ORDERS
from cds_service.conformance.trial import Card, Check, Trial
from cds_service.conformance.walk import bad_coding, counted, is_absolute_url, is_text, is_uuid, not_one

_SUMMARY_LIMIT: Final = 140
_INDICATORS: Final = ("info", "warning", "critical")
_MARKED: Final = frozenset(scenario.label for scenario in (*ORDERS, *CHARTS) if scenario.name == MARKUP)


def summary_is_short(trial: Trial) -> Finding:
    """25: a text under 140 characters."""

    def judge(card: Card) -> Iterator[str]:
        summary = card.json.get("summary")
        if not is_text(summary):
            yield card.fault("is missing, empty or no text", "summary")
        elif len(summary) >= _SUMMARY_LIMIT:
            yield card.fault(f"has {len(summary)} characters, and at most 139 are allowed", "summary")

    return _each(trial, judge)


def indicator_is_known(trial: Trial) -> Finding:
    """26: info, warning or critical."""

    def judge(card: Card) -> Iterator[str]:
        value = card.json.get("indicator")
        if value not in _INDICATORS:
            yield card.fault(not_one("indicator", card.json, _INDICATORS), "indicator")

    return _each(trial, judge)


def source_is_named(trial: Trial) -> Finding:
    """27: a label; absolute addresses; a topic with code and system."""

    def judge(card: Card) -> Iterator[str]:
        source = card.json.get("source")
        if not isinstance(source, dict):
            yield card.fault("is missing or no object", "source")
            return
        if not is_text(source.get("label")):
            yield card.fault("is missing, empty or no text", "source.label")
        for name in ("url", "icon"):
            if name in source and not is_absolute_url(source[name]):
                yield card.fault("is no absolute http(s) URL", f"source.{name}")
        if "topic" in source:
            yield from (
                card.fault(what, f"source.topic{at}") for at, what in bad_coding(source["topic"], display=False)
            )

    return _each(trial, judge)


def uuids_are_unique(trial: Trial) -> Finding:
    """28: the card's uuid is its own, and a bare UUID."""
    wrong: list[str] = []
    weak: list[str] = []
    seen = 0
    held: Counter[tuple[int, str]] = Counter()
    for card in trial.cards():
        value = card.json.get("uuid")
        if value is None:
            continue
        seen += 1
        if not is_text(value):
            wrong.append(card.fault("is no text", "uuid"))
            continue
        if not is_uuid(value):
            (wrong if trial.profile.versions else weak).append(card.fault("is no bare UUID", "uuid"))
        key = (id(card.exchange), value)
        held[key] += 1
        if held[key] == 2:
            wrong.append(card.fault("is the uuid of another card of the same answer", "uuid"))
    return finding(wrong, weak, seen=counted(seen, "card")) if seen else not_seen(trial.why_no("uuid"))


def detail_is_safe(trial: Trial) -> Finding:
    """29: Markdown that renders without a script and without mark-up from the record."""
    wrong, weak, seen = [], [], 0
    for card in trial.cards():
        if "detail" not in card.json:
            continue
        seen += 1
        text = card.json["detail"]
        if not isinstance(text, str):
            wrong.append(card.fault("is no text", "detail"))
            continue
        dangerous, plain = raw_html(text)
        if dangerous:
            wrong.append(card.fault(f"renders to HTML with {dangerous}", "detail"))
        elif plain:
            weak.append(card.fault(f"holds raw HTML ({plain}), which not every client shows", "detail"))
    if not seen:
        return not_seen(trial.why_no("detail"))
    marked = sum(card.exchange.label in _MARKED for card in trial.cards())
    return finding(wrong, weak, seen=f"{counted(seen, 'detail')}, {marked} of records with mark-up")


def _each(trial: Trial, judge: Callable[[Card], Iterator[str]]) -> Finding:
    cards = list(trial.cards())
    if not cards:
        return not_seen(trial.why_no_card())
    return finding((fault for card in cards for fault in judge(card)), seen=counted(len(cards), "card"))


CHECKS: Final[Mapping[int, Check]] = {
    25: summary_is_short,
    26: indicator_is_known,
    27: source_is_named,
    28: uuids_are_unique,
    29: detail_is_safe,
}
