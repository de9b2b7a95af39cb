"""Folic acid beside a drafted cobalamin that does not cover: named as such, and no second course (derivations 1.4)."""

from cds_service.clinical.concepts import Ingredient
from cds_service.clinical.errands import Referral
from cds_service.clinical.outcomes import Refer
from cds_service.clinical.topics import Indicator
from tests.test_folate_combinations import BETWEEN, FIVE, LOW, SIGNS, actions, created, decide

LEBER = "diagnosis: Leber hereditary optic neuropathy, 900 days ago"
BARRED = "also drafted: cyanocobalamin 1000 ug IM every 2 d"
LATER = "also drafted: hydroxocobalamin 1000 ug IM every 2 d, starting in {} days"


def test_a_draft_under_a_critical_card_is_named_beside_the_order_that_is_added() -> None:
    """1.4: it covers nothing, and to say that no cobalamin is among the orders would be false."""
    advice = decide(FIVE, LOW, SIGNS, LEBER, BARRED, select_all=False).advice[0]
    assert advice.say.key == "folate_in_b12_deficiency.draft_not_counted"
    assert advice.say.values["other"] == "cyanocobalamin"
    cover = next(found.value for found in advice.found if found.name == "cobalamin cover")
    assert cover == "none: the drafted cyanocobalamin does not count: a critical card speaks of it"
    assert created(advice)[0][0] is Ingredient.HYDROXOCOBALAMIN


def test_nothing_is_added_beside_a_draft_that_starts_too_late() -> None:
    """1.4: from the eighth day on it does not cover; a second course beside it would be a double one."""
    assert decide(FIVE, LOW, SIGNS, LATER.format(7), select_all=False).advice == ()
    advice = decide(FIVE, LOW, SIGNS, LATER.format(8), select_all=False).advice[0]
    assert (advice.say.key, advice.indicator) == ("folate_in_b12_deficiency.draft_later", Indicator.CRITICAL)
    assert created(advice) == []
    assert {action.referral for action in actions(advice) if isinstance(action, Refer)} == {
        Referral.NEUROLOGY,
        Referral.HAEMATOLOGY,
    }


def test_nothing_is_added_beside_a_late_draft_where_deficiency_is_only_suspected() -> None:
    advice = decide(FIVE, BETWEEN, SIGNS, LATER.format(8), select_all=False).advice[0]
    assert "folate_b12_unknown.draft_later" in {saying.key for saying in advice.paragraphs}
    assert created(advice) == []


def test_small_tablets_that_start_later_do_not_stand_in_the_way() -> None:
    advice = decide(FIVE, LOW, SIGNS, "also drafted: cyanocobalamin 100 ug oral daily, starting in 20 days",
                    select_all=False).advice[0]  # fmt: skip
    assert advice.say.key == "folate_in_b12_deficiency.untreated"
    assert created(advice) != []
