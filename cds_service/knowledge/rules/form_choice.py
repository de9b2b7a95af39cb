"""What the renal cards say of the forms: which stands in, what that rests on, how the last one left is given."""

from cds_service.clinical import evidence, words
from cds_service.clinical.concepts import Ingredient
from cds_service.clinical.outcomes import Saying
from cds_service.clinical.phase import Phase
from cds_service.clinical.renal import RenalStatus
from cds_service.clinical.review import Review


def form_paragraphs(review: Review, other: Ingredient | None) -> tuple[Saying, ...]:
    """other: the form that the card names instead; cyanocobalamin itself where nothing else is left."""
    if other is Ingredient.CYANOCOBALAMIN:
        return _while_nothing_else(review)
    return (Saying("form_choice.mecobalamin"),) if other is Ingredient.MECOBALAMIN else ()


def why_not_cyanocobalamin(review: Review, form: Ingredient | None, held: Ingredient | None) -> tuple[Saying, ...]:
    """Where the form proposed for a chart is neither the one held last nor the one the region begins with: the reason.

    form: what is proposed. held: the form of the last injections on record; None: none, or not known.
    """
    patient = review.patient
    usual = review.knowledge.formulary.preference[0]
    if form in (None, Ingredient.CYANOCOBALAMIN) or Ingredient.CYANOCOBALAMIN not in (held, usual):
        return ()
    values = {"other": form.value.capitalize()} if form is not None else {}
    if review.optic_disease or Ingredient.CYANOCOBALAMIN in patient.barred:
        return (Saying("form_choice.excluded", values),)
    if Ingredient.CYANOCOBALAMIN in patient.knowledge.unavailable:
        return (Saying("form_choice.not_in_stock", values),)
    renal = patient.renal
    if renal.status is RenalStatus.RISK and renal.egfr is not None:
        shown = evidence.egfr(renal.egfr, review.t.egfr_cyanocobalamin_ml_min, review.t.egfr_near_limit_ml_min)
        values |= {"egfr": f"{shown.value} {shown.unit}", "date": words.day(renal.egfr.day)}
        return (Saying("form_choice.below_limit", values),)
    if patient.renal_risk:
        return (Saying("form_choice.kidneys", values),)
    return (Saying("form_choice.no_egfr", values),) if patient.renal_unknown else ()


def form_names(review: Review, other: Ingredient | None) -> tuple[str, ...]:
    """Ids that the choice carries out, beside those of its paragraphs."""
    if other is None:
        return ()
    if other is not Ingredient.CYANOCOBALAMIN:
        return ("R-AGENT-CYANO-LAST", "C-13")
    ceiling = ("C-15",) if review.phase.phase is Phase.MAINTENANCE else ()
    return ("R-CYANO-ONLY-MONITOR", "R-CYANO-SWITCH", *ceiling)


def _while_nothing_else(review: Review) -> tuple[Saying, ...]:
    """By phase and signs: R-CYANO-ONLY-NEURO, -NONEURO and -MAINT, the last with the interval of the labels (C-15)."""
    if review.phase.phase is Phase.MAINTENANCE:
        return (Saying("form_choice.only_maintenance"),)
    if review.phase.phase is not Phase.LOADING:
        return ()
    if review.neurology.present:
        return (Saying("form_choice.only_neurological"),)
    return (Saying("form_choice.only_non_neurological"),) if review.neurology.absent else ()
