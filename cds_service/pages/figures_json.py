"""The figures for a program. Knows the members of the JSON; no Flask and no SQL."""

from datetime import datetime
from typing import Any

from cds_service.pages.figures_query import Query
from cds_service.pages.figures_tables import by_rule, by_week, known_reasons
from cds_service.records.figures import Figures, Tally

Json = dict[str, Any]


def as_json(found: Figures, query: Query, at: datetime) -> Json:
    """Every count stands even where it is 0. Left out are `since` while nothing is on record, and where a topic is
    asked for the cards that are not on record, of which nobody knows the topic. weeks: without cards in shadow.

    at: when it was counted.
    """
    since = {"since": found.since} if found.since is not None else {}
    sent = [row for row in found.rows if not row.shadow]
    of_rules = [
        {"rule": each.rule, "topic": each.topic, "knowledgeVersion": each.version, "shadow": each.shadow}
        | _counts(each.tally)
        for each in by_rule(found.rows, {})
    ]
    of_weeks = [
        {"week": str(each.week), "monday": each.week.monday, "over": each.over} | _counts(each.tally)
        for each in by_week(sent, query.first, query.last, at)
    ]
    unknown = {"cards": found.unknown.shown} | _outcomes(found.unknown)
    known = {"rows": of_rules, "weeks": of_weeks}
    return since | query.parameters | known | ({} if query.topic else {"unknownCards": unknown})


def _counts(tally: Tally) -> Json:
    counts = {"shown": tally.shown, "displays": tally.displays, "withoutFeedback": tally.unanswered}
    return counts | _outcomes(tally)


def _outcomes(tally: Tally) -> Json:
    return {"accepted": tally.accepted, "overridden": tally.overridden, "overrideReasons": known_reasons(tally)}
