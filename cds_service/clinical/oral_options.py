"""Where cyanocobalamin by mouth is offered (derivations 9.1, 9.2 rows 15 to 17 and 24). Knows reviews; no rule."""

from cds_service.clinical.concepts import Ingredient
from cds_service.clinical.renal import RenalStatus
from cds_service.clinical.review import Review

# The key of regimens.toml: 1000 micrograms by mouth every day.
ORAL = "oral_daily"
_FAILING_TABLETS = 8  # derivations 3.3
_DOUBTFUL = (RenalStatus.AT_RISK_UNKNOWN, RenalStatus.CONFLICT, RenalStatus.NOT_RELIED_ON)


def offered_by_mouth(review: Review) -> bool:
    """9.1: cyanocobalamin may be given: not with renal risk, Leber disease or an inherited defect, and it is in stock.

    Nor where renal function is not known and diabetes, kidney disease or a transplant makes it doubtful: what this
    service would then warn about, it does not propose.
    """
    renal = review.patient.renal
    doubtful = renal.status in _DOUBTFUL and bool(renal.codes or renal.operations)
    tablet = Ingredient.CYANOCOBALAMIN
    return not doubtful and review.form_to_propose(tablet) is tablet


def by_mouth_first(review: Review) -> bool:
    """9.2 row 24: a dietary deficiency, not severe, examined without a sign, and no injection asked for."""
    order = review.order
    no_injection_asked = order.cobalamin is None or not (review.parenteral or review.course.known)
    absorbs = not (review.malabsorption or review.pernicious_anaemia_possible)
    mild = not review.severe_deficiency and review.phase.row != _FAILING_TABLETS
    dietary = review.dietary_cause and absorbs and mild and review.neurology.absent
    return dietary and no_injection_asked and offered_by_mouth(review)
