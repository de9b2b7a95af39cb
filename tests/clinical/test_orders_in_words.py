"""The parser that tests write orders with: what it reads, and that it refuses what it does not understand."""

from datetime import date
from decimal import Decimal

import pytest

from cds_service.clinical.concepts import Ingredient, ProductKind, Route
from cds_service.clinical.orders import OrderStatus, Origin
from cds_service.clinical.timing import Timing
from tests.clinical.orders import order, record, statement, timing

D = Decimal


def test_an_order_in_words() -> None:
    drafted = order("hydroxocobalamin 1000 ug IM every 2-3 mo", authored=date(2026, 6, 1))
    assert drafted.product.ingredients == {Ingredient.HYDROXOCOBALAMIN}
    assert (drafted.status, drafted.origin, drafted.index) == (OrderStatus.DRAFT, Origin.DRAFT, 0)
    assert drafted.route is Route.INTRAMUSCULAR
    assert drafted.cobalamin_dose is not None
    assert drafted.cobalamin_dose.low_ug == 1000
    assert drafted.timing == Timing(frequency=1, period=D(2), period_max=D(3), unit="mo")
    assert drafted.authored == date(2026, 6, 1)


def test_parts_combinations_and_records() -> None:
    course = order("cyanocobalamin 1 mg IM daily for 1 wk then IM weekly x4 then 500 ug IM monthly")
    assert [step.doses[0].low_ug for step in course.steps] == [1000, 1000, 500]
    assert [step.timing is not None and step.timing.count for step in course.steps] == [None, 4, None]
    both = record("folic acid 400 ug + cyanocobalamin 25-50 ug oral daily", status="completed")
    assert both.cobalamin_dose is not None
    assert (both.cobalamin_dose.low_ug, both.cobalamin_dose.high_ug) == (25, 50)
    assert (both.status, both.origin) == (OrderStatus.COMPLETED, Origin.REQUEST)
    assert statement("mecobalamin + gabapentin oral daily").product.has_another_medicine
    assert order("cyanokit 5 g IV once").product.kind is ProductKind.CYANIDE_ANTIDOTE
    assert order("cyanocobalamin ? oral daily").step.dose_unreadable
    assert order("methotrexate").steps == ()


def test_schedules_in_words() -> None:
    assert timing("3 per wk for 2 wk x6") == Timing(frequency=3, period=D(1), unit="wk", bounds_days=D(14), count=6)
    assert timing("daily on Mon Tue Wed Thu Fri Sat").days_of_week == 6
    assert timing("on Mon Wed Fri") == Timing(frequency=1, period=D(1), unit="wk", days_of_week=3)
    assert timing("once").once
    assert order("cyanocobalamin 1000 ug oral as needed").step.as_needed


@pytest.mark.parametrize(
    "text",
    [
        "vitamin C 1 g oral daily",
        "hydroxocobalamin 1000 IM daily",
        "hydroxocobalamin 1000 ug rectal daily",
        "hydroxocobalamin 1000 ug IM every other day",
        "hydroxocobalamin 1000 ug IM every 2 years",
        "hydroxocobalamin 1000 ug IM for ever",
        "hydroxocobalamin 1000 ug IM on call",
        "",
    ],
)
def test_a_word_that_is_not_understood_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="not understood"):
        order(text)
