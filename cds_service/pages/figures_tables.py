"""Counted rows -> the tables of the page: by week, topic, reason and knowledge version. Knows no SQL and no Flask."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from cds_service.clinical.outcomes import Rule
from cds_service.hooks.override_reasons import OVERRIDE_REASONS
from cds_service.pages.shares import Share, share
from cds_service.records.figures import Row, Tally
from cds_service.records.weeks import Week

REASONS: Final = {reason["code"]: reason["display"] for reason in OVERRIDE_REASONS} | {
    "other": "Another reason",
    "comment-only": "Only a comment",
    "none": "No reason given",
}

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class OfWeek:
    """over: no further card can come to it."""

    week: Week
    over: bool
    tally: Tally


@dataclass(frozen=True, slots=True)
class OfTopic:
    """title, rule: of the rule that speaks of it today; the code of the topic and nothing where there is none."""

    title: str
    rule: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class OfVersion:
    """first, last: the weeks in which it showed cards. overridden: of the cards shown; None where they are too few."""

    version: str
    first: Week
    last: Week
    tally: Tally
    overridden: Share | None


@dataclass(frozen=True, slots=True)
class OfRule:
    """One rule in one knowledge version, cards that were not sent apart."""

    rule: str
    topic: str
    title: str
    version: str
    shadow: bool
    tally: Tally


def folded(rows: Iterable[Row], key: Callable[[Row], Key]) -> dict[Key, Tally]:
    """The rows of one key added up, in the order in which the keys were met."""
    found: dict[Key, Tally] = {}
    for row in rows:
        found.setdefault(key(row), Tally()).add(row)
    return found


def by_week(sent: Iterable[Row], first: Week, last: Week, at: datetime) -> list[OfWeek]:
    """Every week of the span, also those in which nothing was shown."""
    found = folded(sent, lambda row: row.week)
    return [OfWeek(week, week.end <= at, found.get(week, Tally())) for week in first.until(last)]


def by_topic(sent: Iterable[Row], rules: Mapping[str, Rule]) -> list[OfTopic]:
    """Most cards first."""
    found = [
        OfTopic(rules[topic].title, rules[topic].id, tally) if topic in rules else OfTopic(topic, "", tally)
        for topic, tally in folded(sent, lambda row: row.topic).items()
    ]
    return sorted(found, key=lambda each: (-each.tally.shown, each.title))


def by_reason(tally: Tally) -> list[tuple[str, int]]:
    """The reasons in words, the most frequent first. A code that this version does not offer is another reason."""
    return sorted(
        ((REASONS[code], count) for code, count in known_reasons(tally).items()), key=lambda each: (-each[1], each[0])
    )


def known_reasons(tally: Tally) -> dict[str, int]:
    """By the codes of REASONS, in their order; those that were not given are left out."""
    counts = dict.fromkeys(REASONS, 0)
    for code, count in tally.reasons.items():
        counts[code if code in counts else "other"] += count
    return {code: count for code, count in counts.items() if count > 0}


def by_version(sent: Iterable[Row]) -> list[OfVersion]:
    """In the order in which they came into use."""
    rows = sorted(sent, key=lambda row: row.week)
    weeks: dict[str, list[Week]] = {}
    for row in rows:
        weeks.setdefault(row.knowledge_version, []).append(row.week)
    return [
        OfVersion(version, weeks[version][0], weeks[version][-1], tally, share(tally.overridden, tally.shown))
        for version, tally in folded(rows, lambda row: row.knowledge_version).items()
    ]


def by_rule(rows: Iterable[Row], rules: Mapping[str, Rule]) -> list[OfRule]:
    """By the title of the rule; what was not sent comes last."""
    titles = {rule.id: rule.title for rule in rules.values()}

    def key(row: Row) -> tuple[str, str, str, bool]:
        return row.rule, row.topic, row.knowledge_version, row.shadow

    found = [
        OfRule(rule, topic, titles.get(rule, ""), version, shadow, tally)
        for (rule, topic, version, shadow), tally in folded(rows, key).items()
    ]
    return sorted(found, key=lambda each: (each.shadow, each.title or each.rule, each.version))
