"""What may be changed of an example on the try-it page: what it flips, its bounds, and that nothing else is used."""

import html
import re
from datetime import UTC, datetime

import pytest

from cds_service.app import create_app
from cds_service.settings import read_settings
from tests.test_try_it import EXAMPLES, RENAL, UNTREATED, cards, client, on_the_wire, shown, told, topics


@pytest.mark.parametrize(("egfr", "warned"), [("49.9", True), ("49.99", True), ("50", False), ("50.0", False)])
def test_an_egfr_below_50_warns_and_50_does_not(egfr: str, warned: bool) -> None:
    page = shown(RENAL, egfr=egfr)
    assert ("CyanocobalaminRenal" in topics(page)) is warned
    assert "Card gone: Cyanocobalamin: eGFR is 44" in page
    fired = page.partition("Different from the example")[2].partition("Why: what each rule found")[0]
    assert ("fired before, <strong>not applicable now" in fired) is not warned
    assert page.count('<span class="badge">changed here</span>') == 1


def test_each_value_that_is_changed_reaches_the_rules() -> None:
    plain = "06-hydroxocobalamin-bare-neurological"
    assert "RegimenNonNeurological" in topics(shown(plain, signs="no"))
    assert "DataGap" in topics(shown(plain, signs="unknown"))
    assert "RegimenNeurological" in topics(shown("07-hydroxocobalamin-bare-no-neurological", signs="yes"))
    assert "Paediatric" in topics(shown(plain, age="4"))
    assert "Thrombocytopenia" in topics(shown("11-right-order", platelets="9"))
    assert topics(shown("11-right-order", platelets="400")) == []
    assert topics(shown(UNTREATED, b12="700")) != topics(shown(UNTREATED))
    assert "no hydroxocobalamin" in shown(RENAL, stock="no-hydroxocobalamin")
    assert "Hydroxocobalamin" not in told(on_the_wire(shown(RENAL, stock="no-hydroxocobalamin"))[1])[0][1]
    other = shown(RENAL, region="us")
    assert on_the_wire(other)[1] != on_the_wire(shown(RENAL))[1]
    assert "Other words below the summary, or other suggestions: Cyanocobalamin" in other
    assert "The cards say the same" in shown(RENAL, region="uk")


def test_what_was_changed_stays_when_a_suggestion_is_applied() -> None:
    page = shown(RENAL, egfr="30", stock="all")
    form = re.search(
        r'<form method="post" action="([^"#]+)"><input type="hidden" name="card" value="([^"]+)">'
        r'<input type="hidden" name="suggestion" value="([^"]+)">',
        page,
    )
    assert form is not None
    chosen, own = {"card": form[2], "suggestion": form[3]}, {"Sec-Fetch-Site": "same-origin"}
    sent = client().post(html.unescape(form[1]), data=chosen, headers=own)
    assert sent.status_code == 303
    after = client().get(sent.headers["Location"]).text
    assert topics(after) == []
    assert 'value="30"' in after
    assert "30 mL/min/1.73 m2" in after


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("egfr", each) for each in ("0", "201", "-1", "NaN", "1e2", "4 4", "44,5", "<b>", "٤٤", "9" * 400)),
        *(("b12", each) for each in ("9", "5001", "Infinity")),
        *(("platelets", each) for each in ("0", "2001", "x")),
        *(("age", each) for each in ("-1", "121", "40.5", "0x10")),
        *((name, each) for name in ("signs", "stock", "region") for each in ("maybe", "<script>", "none")),
    ],
)
def test_a_bad_value_is_named_beside_its_field_and_not_used(name: str, value: str) -> None:
    page = shown(RENAL, **{name: value})
    assert f'aria-describedby="{name}-wrong"' in page
    assert f'id="{name}-wrong">' in page
    assert cards(page) == cards(shown(RENAL))
    assert on_the_wire(page)[0] == EXAMPLES[RENAL].body
    assert value not in page or len(value) < 20


def test_the_site_s_own_stock_counts_until_it_is_changed() -> None:
    chosen = {"CDS_LOG_LEVEL": "error", "CDS_UNAVAILABLE": "hydroxocobalamin"}
    http = create_app(read_settings(chosen), clock=lambda: datetime(2026, 11, 20, 12, tzinfo=UTC)).test_client()
    assert cards(shown(RENAL, http)) == cards(shown(RENAL, stock="no-hydroxocobalamin"))
    assert cards(shown(RENAL, http, stock="all")) == cards(shown(RENAL))
