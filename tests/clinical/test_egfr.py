"""Which eGFR speaks, one test a step of derivations 6.1."""

from datetime import date
from decimal import Decimal

import pytest

from cds_service.clinical.concepts import Analyte, Answer, EgfrMethod, Ingredient, ProductKind
from cds_service.clinical.egfr import EgfrChoice, choose_egfr
from cds_service.clinical.orders import DosageStep, OrderStatus
from cds_service.clinical.quantities import Comparator, PartialDate
from cds_service.clinical.renal import RenalStatus, renal_status
from cds_service.clinical.snapshot import Sex
from cds_service.clinical.timing import Timing
from tests.clinical.builders import THRESHOLDS, day, lab, medicine, person, snapshot, unreadable

A = Analyte
M = EgfrMethod


def choose(*facts: object, **more: object) -> EgfrChoice:
    return choose_egfr(snapshot(*facts, **more), THRESHOLDS)


def value(choice: EgfrChoice) -> Decimal | None:
    return None if choice.chosen is None else choice.chosen.value.quantize(Decimal("0.01"))


def test_step_1_creatinine_within_48_hours_of_the_antidote_is_discarded() -> None:
    antidote = medicine(
        Ingredient.HYDROXOCOBALAMIN,
        status=OrderStatus.COMPLETED,
        authored=day(10),
        product={"kind": ProductKind.CYANIDE_ANTIDOTE},
    )
    coloured, clear = lab(A.CREATININE, "1.3", days_ago=8), lab(A.CREATININE, "0.9", days_ago=11)
    assert value(choose(coloured, clear)) == Decimal("44.24")
    chosen = choose(coloured, clear, antidote).chosen
    assert chosen is not None
    assert chosen.day == day(11)
    assert value(choose(lab(A.CREATININE, "1.3", days_ago=7), clear, antidote)) == Decimal("44.24")


def test_step_1_a_result_of_the_future_is_discarded() -> None:
    for future in (lab(A.EGFR, "40", days_ago=-1), lab(A.CREATININE, "3", days_ago=-1)):
        assert choose(future).chosen is None
    assert choose(lab(A.EGFR, "40", days_ago=0)).below is Answer.YES
    assert choose(lab(A.CREATININE, "3", days_ago=0)).below is Answer.YES


def test_step_2_calculated_from_creatinine_says_so() -> None:
    chosen = choose(lab(A.CREATININE, "1.3", as_sent="115 umol/L")).chosen
    assert chosen is not None
    assert (chosen.label, chosen.calculated, chosen.from_creatinine) == ("calculated", True, "115 umol/L")
    assert chosen.method is M.CALCULATED


def test_step_2_clearance_only_when_nothing_else_exists() -> None:
    clearance = lab(A.CREATININE_CLEARANCE, "44")
    alone = choose(clearance).chosen
    assert alone is not None
    assert (alone.method, alone.label) == (M.CLEARANCE, "reported")
    assert value(choose(clearance, lab(A.EGFR, "70", days_ago=300))) == Decimal("70.00")


def test_step_2_a_comparator_turns_round() -> None:
    chosen = choose(lab(A.CREATININE, "<0.5")).chosen
    assert chosen is not None
    assert chosen.measured.comparator is Comparator.GREATER
    assert choose(lab(A.CREATININE, ">3")).below is Answer.YES


def test_step_3_a_newer_creatinine_outranks_an_older_reported_value() -> None:
    assert choose(lab(A.EGFR, "70", days_ago=8), lab(A.CREATININE, "1.3", days_ago=7)).below is Answer.YES
    assert choose(lab(A.EGFR, "70", days_ago=6), lab(A.CREATININE, "1.3", days_ago=7)).below is Answer.NO


def test_step_4_order_of_preference_on_one_day() -> None:
    order = [M.CREATININE_CYSTATIN_C, M.CYSTATIN_C, M.CKD_EPI_2021, M.OTHER]
    for start in range(len(order)):
        reported = [lab(A.EGFR, str(90 - n), method=method) for n, method in enumerate(order)][start:]
        chosen = choose(*reversed(reported), lab(A.CREATININE, "0.6")).chosen
        assert chosen is not None
        assert chosen.method is order[start]


def test_step_5_among_blacks_at_or_above_the_limit_is_not_relied_on() -> None:
    alone = choose(lab(A.EGFR, "55", method=M.AMONG_BLACKS))
    assert (value(alone), alone.below) == (Decimal("55.00"), Answer.UNKNOWN)
    assert choose(lab(A.EGFR, "49.9", method=M.AMONG_BLACKS)).below is Answer.YES


def test_step_5_the_companion_or_the_same_creatinine_is_used() -> None:
    among = lab(A.EGFR, "55", method=M.AMONG_BLACKS)
    companion = choose(among, lab(A.EGFR, "45", method=M.OTHER))
    assert (value(companion), companion.below) == (Decimal("45.00"), Answer.YES)
    recalculated = choose(among, lab(A.CREATININE, "1.17"))
    assert (value(recalculated), recalculated.below) == (Decimal("50.20"), Answer.NO)


def test_step_5_does_not_fall_back_on_an_older_good_value_but_on_an_older_bad_one() -> None:
    among = lab(A.EGFR, "55", method=M.AMONG_BLACKS, days_ago=5)
    assert choose(among, lab(A.EGFR, "80", days_ago=90)).below is Answer.UNKNOWN
    older = choose(among, lab(A.EGFR, "45", days_ago=90))
    assert (value(older), older.below) == (Decimal("45.00"), Answer.YES)
    assert [shown.value for shown in older.also] == [Decimal(55)]


def test_step_6_on_one_day_the_lower_decides_and_both_are_shown() -> None:
    choice = choose(lab(A.EGFR, "52", method=M.CKD_EPI_2021), lab(A.CREATININE, "1.18"))
    assert (value(choice), choice.below) == (Decimal("49.69"), Answer.YES)
    assert [shown.value for shown in choice.also] == [Decimal(52)]


def test_a_straddling_value_does_not_replace_an_older_low_one() -> None:
    assert choose(lab(A.EGFR, "<60", days_ago=5), lab(A.EGFR, "45", days_ago=90)).below is Answer.YES
    assert choose(lab(A.EGFR, "<60", days_ago=5), lab(A.EGFR, "80", days_ago=90)).below is Answer.UNKNOWN


@pytest.mark.parametrize(("creatinine", "below"), [("1.6", Answer.YES), ("1.3", Answer.UNKNOWN), ("1.0", Answer.NO)])
@pytest.mark.parametrize("sex", [Sex.OTHER, Sex.UNKNOWN])
def test_step_7_without_a_sex_both_results_are_shown(creatinine: str, below: Answer, sex: Sex) -> None:
    choice = choose(lab(A.CREATININE, creatinine), person=person(sex=sex))
    assert choice.below is below
    assert choice.chosen is not None
    assert {choice.chosen.for_sex, *(other.for_sex for other in choice.also)} == {Sex.FEMALE, Sex.MALE}


def test_step_7_a_birth_year_gives_both_ages() -> None:
    year = PartialDate(date(1956, 1, 1), date(1956, 12, 31))
    assert choose(lab(A.CREATININE, "1.3"), person=person(birth=year)).below is Answer.YES
    assert choose(lab(A.CREATININE, "0.8"), person=person(birth=year)).below is Answer.NO
    # 50.20 at 70, and 50.5 at 69: both above; 1.178 lies between the two ages.
    assert choose(lab(A.CREATININE, "1.175"), person=person(birth=year)).below is Answer.UNKNOWN


def test_step_8_a_child_is_not_calculated_to_the_day() -> None:
    creatinine = lab(A.CREATININE, "1.3", days_ago=0)
    assert choose(creatinine, person=person(birth=date(2008, 11, 21))).chosen is None
    assert choose(creatinine, person=person(birth=date(2008, 11, 20))).chosen is not None


def test_without_a_birth_date_a_newer_creatinine_takes_the_trust_from_an_older_value() -> None:
    facts = (lab(A.EGFR, "80", days_ago=90), lab(A.CREATININE, "3.0", days_ago=1))
    assert choose(*facts, person=person(birth=None)).doubted is True
    found = renal_status(snapshot(*facts, person=person(birth=None)), THRESHOLDS)
    assert found.status is RenalStatus.UNKNOWN
    assert "birth date" in found.missing


def test_a_creatinine_of_zero_is_no_creatinine() -> None:
    choice = choose(lab(A.CREATININE, "0"))
    assert (choice.chosen, choice.doubted) == (None, True)


@pytest.mark.parametrize(("status", "discarded"), [(OrderStatus.COMPLETED, True), (OrderStatus.CANCELLED, False)])
def test_step_1_an_antidote_that_was_not_given_colours_nothing(status: OrderStatus, discarded: bool) -> None:
    antidote = medicine(
        Ingredient.HYDROXOCOBALAMIN,
        status=status,
        authored=day(10),
        product={"kind": ProductKind.CYANIDE_ANTIDOTE},
    )
    assert (choose(lab(A.CREATININE, "1.3", days_ago=9), antidote).chosen is None) is discarded
    other = medicine(Ingredient.METFORMIN, status=status, authored=day(10))
    assert choose(lab(A.CREATININE, "1.3", days_ago=9), other).chosen is not None


def test_step_1_an_antidote_without_a_date_discards_nothing() -> None:
    antidote = medicine(Ingredient.HYDROXOCOBALAMIN, product={"kind": ProductKind.CYANIDE_ANTIDOTE})
    assert choose(lab(A.CREATININE, "1.3"), antidote).chosen is not None


def test_an_unread_result_of_the_same_day_takes_nothing_away() -> None:
    assert choose(lab(A.EGFR, "70"), unreadable(A.CREATININE, days_ago=7)).doubted is False
    assert choose(lab(A.EGFR, "70"), unreadable(A.CREATININE, days_ago=6)).doubted is True
    assert choose(lab(A.EGFR, "70"), unreadable(A.MMA, days_ago=6)).doubted is False


def test_step_1_the_days_on_which_the_antidote_was_given_count_before_the_day_it_was_written() -> None:
    antidote = medicine(
        Ingredient.HYDROXOCOBALAMIN,
        authored=day(100),
        product={"kind": ProductKind.CYANIDE_ANTIDOTE},
        steps=(DosageStep(timing=Timing(events=(day(10),))),),
    )
    assert choose(lab(A.CREATININE, "1.3", days_ago=9), antidote).chosen is None
    assert choose(lab(A.CREATININE, "1.3", days_ago=99), antidote).chosen is not None
