"""The page of the figures: what it is asked for, what it says where there is nothing, its plots."""

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise, product
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.knowledge.tables import load
from cds_service.pages.figures_picture import BASE, TOP, parts, picture
from cds_service.pages.figures_query import MOST_WEEKS, read_query
from cds_service.pages.figures_tables import OfWeek
from cds_service.records.database import Database
from cds_service.records.feedback import CardFeedback
from cds_service.records.feedback import store as keep
from cds_service.records.figures import Tally
from cds_service.records.shown_cards import store
from cds_service.records.weeks import Week
from tests.figure_cards import CLIENT, NOW, card, show, tell, uuid
from tests.test_every_route import BROWSER

LEBER = {"rule": "T-CYANO-LEBER", "topic": "CyanocobalaminLeber"}
WEEK = timedelta(days=7)


def shown(http: FlaskClient, query: str = "") -> str:
    answer = http.get(f"/feedback-figures{query}", headers=BROWSER)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.text)


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without mark-up."""
    page = re.sub(r"\s+", " ", page)
    table = page.partition(f">{heading}</h2>")[2].partition("<tbody>")[2].partition("</tbody>")[0]
    lines = re.findall(r"<tr>(.*?)</tr>", table)
    return [
        [re.sub("<[^>]*>", "", cell).strip() for cell in re.findall(r"<t[hd][ >].*?</t[hd]>", line)] for line in lines
    ]


# what it is asked for


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ({}, "2026-W29", "2027-W01"),
        ({"from": "", "to": " "}, "2026-W29", "2027-W01"),
        ({"from": "2026-W53"}, "2026-W53", "2027-W01"),
        ({"to": "2026-W53"}, "2026-W28", "2026-W53"),
        ({"from": "2026-W53", "to": "2026-W53"}, "2026-W53", "2026-W53"),
        ({"from": "2025-W03"}, "2025-W03", "2027-W01"),
    ],
)
def test_the_weeks_that_are_asked_for(query: dict[str, str], first: str, last: str) -> None:
    found = read_query(query, NOW.date(), ())
    assert (str(found.first), str(found.last), found.wrong) == (first, last, {})
    assert len(list(found.first.until(found.last))) <= MOST_WEEKS


@pytest.mark.parametrize(
    ("query", "name", "why"),
    [
        ("topic=Renal", "topic", "must be a topic of the list"),
        ("from=last+week", "from", "must be a week of ISO 8601 in this century, as 2026-W07"),
        ("to=2025-W53", "to", "must be a week of ISO 8601 in this century, as 2026-W07"),
        ("from=2027-W02", "from", "must not be after the last week"),
        ("from=2025-W02", "from", "must leave no more than 104 weeks up to the last one"),
    ],
)
def test_what_cannot_be_used_is_named_and_never_repeated_in_an_error(
    figures_http: FlaskClient, records: Database, query: str, name: str, why: str
) -> None:
    show(records, NOW)
    page = shown(figures_http, f"?{query}")
    assert f'id="{name}-wrong">This {why}.' in page
    assert "1 card first shown in the weeks 2026-W29 to 2027-W01" in page
    for address in (f"/feedback-figures.csv?{query}", f"/feedback-figures?format=json&{query}"):
        answer = figures_http.get(address)
        assert answer.status_code == 400
        (issue,) = answer.get_json()["issue"]
        assert (issue["expression"], issue["diagnostics"]) == ([name], f"{name}: {why}")
    answer = figures_http.get(f"/feedback-figures.csv?{query}", headers=BROWSER)
    assert (answer.status_code, answer.mimetype) == (400, "text/html")
    assert f"{name}: {why}" in answer.text


def test_what_is_typed_comes_back_escaped_and_cut(figures_http: FlaskClient, records: Database) -> None:
    show(records, NOW)
    page = shown(figures_http, "?from=%22%3E%3Cscript%3E" + "x" * 9000)
    assert "<script" not in page
    assert 'value="&#34;&gt;&lt;script&gt;xx' in page
    assert "x" * 50 not in page


def test_topic_and_weeks_narrow_all_that_is_shown(figures_http: FlaskClient, records: Database) -> None:
    tell(records, show(records, NOW - WEEK), NOW, "local-policy")
    tell(records, show(records, NOW, **LEBER), NOW)
    show(records, NOW - 30 * WEEK)
    tell(records, uuid(), NOW, "none")
    everything = shown(figures_http)
    assert "2 cards first shown in the weeks 2026-W29 to 2027-W01: 1 accepted, 1 overridden, 0 without" in everything
    assert [row[0] for row in rows(everything, "By topic")] == [
        "Cyanocobalamin in Leber disease or tobacco amblyopia",
        "Cyanocobalamin in renal impairment",
    ]
    assert "named 1 card that this database does not know" in everything
    one = shown(figures_http, "?topic=CyanocobalaminLeber")
    assert [row[1:5] for row in rows(one, "By topic")] == [["1", "1", "0", "0"]]
    assert '<option value="CyanocobalaminLeber" selected>' in one
    assert "does not know" not in one
    early = shown(figures_http, "?from=2026-W53&amp;to=2026-W53".replace("&amp;", "&"))
    assert rows(early, "Why cards were overridden") == [["Local policy", "1", ""]]
    assert "Leber" not in early.partition("</form>")[2]


def test_made_up_patients_are_said_to_be_among_them(figures_http: FlaskClient, records: Database) -> None:
    show(records, NOW)
    head = re.sub("<[^>]*>", "", shown(figures_http).partition("<form")[0])
    assert "try-it page, about made-up patients, are counted with those of real ones" in head


def test_a_week_that_is_not_over_is_marked_and_empty_ones_are_there(
    figures_http: FlaskClient, records: Database
) -> None:
    tell(records, show(records, NOW - 2 * WEEK), NOW)
    found = rows(shown(figures_http, "?from=2026-W51"), "By week")
    assert found == [
        ["2026-W51", "2026-12-14", "0", "0", "0", "0"],
        ["2026-W52", "2026-12-21", "1", "1", "0", "0"],
        ["2026-W53", "2026-12-28", "0", "0", "0", "0"],
        ["2027-W01 not over", "2027-01-04", "0", "0", "0", "0"],
    ]


def test_a_share_is_given_from_twenty_cards_on_and_counts_always(figures_http: FlaskClient, records: Database) -> None:
    for version, cards in (("1", 20), ("2", 19)):
        for number in range(cards):
            card = show(records, NOW - WEEK, knowledge_version=version)
            if number < 10:
                tell(records, card, NOW, "none")
    found = rows(shown(figures_http), "By knowledge version")
    assert [row[0:1] + row[2:7] for row in found] == [
        ["1", "20", "0", "10", "10", "50 % (30 to 70 %)"],
        ["2", "19", "0", "10", "9", "too few cards"],
    ]


def test_the_json_has_the_weeks_and_the_same_counts(figures_http: FlaskClient, records: Database) -> None:
    tell(records, show(records, NOW), NOW, "no-longer-offered")
    show(records, NOW, shadow=True)
    found = figures_http.get("/feedback-figures?format=json&from=2026-W53").get_json()
    assert (found["from"], found["to"], "topic" in found) == ("2026-W53", "2027-W01", False)
    assert [(each["week"], each["over"], each["shown"]) for each in found["weeks"]] == [
        ("2026-W53", True, 0),
        ("2027-W01", False, 1),
    ]
    assert found["weeks"][1]["overrideReasons"] == {"other": 1}  # a code that is not offered any more is not lost
    assert [(row["shadow"], row["shown"]) for row in found["rows"]] == [(False, 1), (True, 1)]
    one = figures_http.get("/feedback-figures?format=json&topic=CyanocobalaminLeber").get_json()
    assert (one["rows"], one["topic"], "unknownCards" in one) == ([], "CyanocobalaminLeber", False)


# where there is nothing


def _nothing(_: Database) -> None:
    return


def _old(records: Database) -> None:
    show(records, NOW - 60 * WEEK)


def _unanswered(records: Database) -> None:
    show(records, NOW)


def _shadow(records: Database) -> None:
    show(records, NOW, shadow=True)


def _unknown(records: Database) -> None:
    tell(records, uuid(), NOW, "none")


@pytest.mark.parametrize(
    ("seeded", "query", "says"),
    [
        (_nothing, "", "No card is on record yet."),
        (
            _old,
            "",
            "No card was first shown in the weeks 2026-W29 to 2027-W01.</strong> On record are cards from 2025-11",
        ),
        (_unanswered, "?topic=Paediatric", "No card about “Vitamin B12 for a child” was first shown"),
        (_unanswered, "?topic=Paediatric", ">all topics in these weeks</a>"),
        (_unanswered, "", "No feedback has come to these cards."),
        (_unanswered, "", "None of these cards was overridden."),
        (_shadow, "", "was counted for a client in shadow, and sent to nobody"),
        (_unknown, "", "None is on record here, though feedback has come."),
    ],
)
def test_where_there_is_nothing_the_page_says_why(
    figures_http: FlaskClient, records: Database, seeded: Callable[[Database], Any], query: str, says: str
) -> None:
    seeded(records)
    page = shown(figures_http, query)
    assert says in page
    assert ("<svg" in page) is (seeded is _unanswered and query == "")


def test_the_newest_cards_on_record_can_be_come_to(figures_http: FlaskClient, records: Database) -> None:
    _old(records)
    (link,) = re.findall(r'<a href="([^"]*)">Show the newest', shown(figures_http))
    assert "1 card first shown in the weeks" in shown(figures_http, "?" + link.partition("?")[2].replace("&amp;", "&"))


def test_a_page_of_every_rule_in_three_versions_and_two_years_stays_light(
    figures_http: FlaskClient, records: Database
) -> None:
    """With the stylesheet less than 100 KB; and nothing is hidden without a word."""
    cards = [
        card(
            NOW - number % MOST_WEEKS * WEEK, rule=rule.id, topic=rule.topic.value, knowledge_version=f"0.1.0+{version}"
        )
        for number, (rule, version) in enumerate(product(load().knowledge.rules * 3, range(10**11, 10**11 + 3)))
    ]
    store(records, cards)
    keep(
        records,
        [CardFeedback(each.card, "overridden", NOW, reason="none") for each in cards[::3]],
        service="b12-order-sign",
        client=CLIENT,
        now=NOW,
    )
    page = figures_http.get("/feedback-figures?from=2025-W03", headers=BROWSER)
    assert len(rows(page.text, "By topic")) == len(load().knowledge.rules)
    assert len(page.data) + len(figures_http.get("/static/pages.css", buffered=True).data) < 95_000
    assert "These would be 111 lines. Choose one topic" in page.text
    one = shown(figures_http, "?topic=CyanocobalaminRenal&from=2025-W03")
    assert len(rows(one, "By rule and knowledge version")) == 3


# the pictures


def _weeks(*counts: tuple[int, int, int]) -> list[OfWeek]:
    start = Week.read("2026-W50")
    return [
        OfWeek(start.after(place), place < len(counts) - 1, Tally(sum(each), sum(each), each[0], each[1]))
        for place, each in enumerate(counts)
    ]


def test_bars_are_as_high_as_their_counts_and_stand_side_by_side() -> None:
    found = picture(_weeks((1, 2, 3), (0, 0, 0), (0, 12, 0), (5, 0, 0)))
    assert [cards for _, cards in found.ticks] == [0, 5, 10, 15]
    per_card = (BASE - TOP) / 15
    assert [round((BASE - bar.top) / per_card, 1) for bar in found.bars] == [6, 0, 12, 5]
    assert [bar.total for bar in found.bars] == ["6", "", "12", "5"]
    assert [[part.kind for part in bar.parts] for bar in found.bars] == [
        ["accepted", "overridden", "unanswered"],
        [],
        ["overridden"],
        ["accepted"],
    ]
    assert all(one.x + one.width < other.x for one, other in pairwise(found.bars))
    assert [(bar.number, bar.year) for bar in found.bars] == [("W50", "2026"), ("W51", ""), ("W52", ""), ("W53", "")]


def test_parts_follow_each_other_without_a_gap() -> None:
    found = parts(Tally(7, 7, 2, 3), 100)
    assert [part.length for part in found] == pytest.approx([200 / 7, 300 / 7, 200 / 7], abs=0.05)
    assert [part.start for part in found] == pytest.approx([0, 200 / 7, 500 / 7], abs=0.05)


@pytest.mark.parametrize("most", [0, 1, 2, 9, 10, 11, 99, 100, 4321, 10**6])
def test_the_axis_is_in_round_numbers_and_reaches_the_highest_bar(most: int) -> None:
    ticks = [cards for _, cards in picture(_weeks((most, 0, 0))).ticks]
    assert ticks[-1] >= most
    assert 2 <= len(ticks) <= 6
    assert str(ticks[1]).rstrip("0") in {"1", "2", "5"}


def test_as_many_weeks_as_can_be_asked_for_have_labels_that_do_not_touch() -> None:
    found = picture(_weeks(*[(1, 1, 1)] * MOST_WEEKS))
    labelled = [bar.middle for bar in found.bars if bar.number]
    assert min(b - a for a, b in pairwise(labelled)) >= 30
    assert [bar.year for bar in found.bars if bar.year] == ["2026", "2027", "2028"]
