"""Two cobalamin orders at once that are not one course: two injected orders, or two oral ones.

Recommendation: SG-29, R-NOEQUIV, R-CYANO-SWITCH (seeds 001, 003), made exact by derivations 2.7 and 8.11.
Strength: this project's judgement; opinion for the switch.

When an injected cobalamin is ordered, another injected order that treats is active or drafted with overlapping dates,
    and the two are not one course (loading and the maintenance after it), nor a renewal or change of it,
Then warn; inform where the timing of one of them is not stated, or where the other is the one active order of the same
    form and no link says that the draft changes it (facts page: a renewal or change is linked, or has the same id).
When two oral or two nasal orders that treat overlap, inform.
Where the active order is of another form than the draft, and that form is excluded or only a last resort (a severe
    reaction to it, an eye disease or an inherited defect on record, kidneys at risk), say why and to stop that order.
Silent: what the draft renews or changes by a link, or renews as the one active injection of its form and maintenance
    interval; a switch with the old order stopped beside it; a multivitamin; tablets beside injections; one
    dose. A loading course is renewed by a link only: beside the same course it would give each dose twice.
Which of the two to keep is for the prescriber: text only, and an active order is never touched.
"""

from cds_service.clinical import evidence, phrases, words
from cds_service.clinical.absence import not_on_record
from cds_service.clinical.concepts import Ingredient, ResourceKind
from cds_service.clinical.duplicates import Twin, twins
from cds_service.clinical.orders import DosageStep
from cds_service.clinical.outcomes import Input, NotApplicable, Offer, Outcome, Recommend, Rule, Saying
from cds_service.clinical.review import Review
from cds_service.clinical.schedule import Way
from cds_service.clinical.topics import Family, Indicator, Topic
from cds_service.knowledge.rules.active_excluded import excluded

_SWITCHED_TO = (Ingredient.HYDROXOCOBALAMIN, Ingredient.MECOBALAMIN)


def evaluate(review: Review) -> Outcome:
    if review.order.cobalamin is None:
        return NotApplicable("the order is not for a cobalamin")
    if review.scope.nutritional:
        return NotApplicable("a nutritional product duplicates nothing")
    found = twins(review)
    if not found:
        because = "no other order gives the same at the same time"
        return not_on_record(review, because, ResourceKind.MEDICATIONS, ResourceKind.STATEMENTS)
    first = min(found, key=lambda twin: _rank(review, twin))
    certain = _certain(first)
    # A draft that is judged itself stands on the card already.
    judged = {draft.reference for draft in review.patient.drafts if draft.selected}
    forms = {review.order.cobalamin, first.form}
    barred = excluded(review, first.form) if first.index < 0 and _another_known_form(review, first) else None
    switch = forms == {Ingredient.CYANOCOBALAMIN, *(forms & set(_SWITCHED_TO))} and len(forms) == 2
    return Recommend(
        indicator=Indicator.WARNING if certain else Indicator.INFO,
        say=Saying(
            f"duplicate_cobalamin.{f'excluded_{barred.kind}' if barred else _key(first)}", _values(review, first)
        ),
        recommendations=(
            "SG-29",
            *(("R-NOEQUIV",) if len(forms) == 2 else ()),
            *(("R-CYANO-SWITCH",) if switch else ()),
        ),
        found=(
            evidence.order(review),
            *(_other(twin) for twin in found if twin.reference not in judged),
            *(barred.found if barred else ()),
        ),
        offer=Offer.NOTHING,
        missing=("timing of one of the orders",) if not first.timed else (),
        paragraphs=(
            *((Saying("duplicate_cobalamin.other_form"),) if len(forms) == 2 else ()),
            *((Saying("duplicate_cobalamin.switch"),) if switch and not barred else ()),
        ),
    )


def _rank(review: Review, twin: Twin) -> tuple[bool, bool, bool, bool]:
    """Which of several twins the card speaks of: the graver finding, an active order that should not go on first."""
    stays = twin.index >= 0 or excluded(review, twin.form) is None
    return (not _certain(twin), twin.way is not Way.PARENTERAL, stays, twin.index >= 0)


def _another_known_form(review: Review, twin: Twin) -> bool:
    """Where both may be the same form, the card about the draft's own form says what is excluded."""
    return review.order.cobalamin not in (twin.form, Ingredient.COBALAMIN_UNSPECIFIED)


def _certain(twin: Twin) -> bool:
    """Injected, timed, and not read as a change of the other: the graver finding."""
    return twin.way is Way.PARENTERAL and twin.timed and not twin.perhaps_changed


def _key(twin: Twin) -> str:
    if twin.timed and twin.perhaps_changed:
        return "perhaps_changed"
    if twin.way is not Way.PARENTERAL:
        return "by_mouth" if twin.way is Way.ORAL else "nasal"
    if not twin.timed:
        return "untimed"
    return "drafted" if twin.index >= 0 else "active"


def _values(review: Review, twin: Twin) -> dict[str, str]:
    """The two orders in the order of the bundle, an active one last, so that both drafts of a pair say the same."""
    mine, other = words.drug(review), _form(twin)
    steps = [_when(review.order.step), _when(twin.step)]
    if 0 <= twin.index < review.order.index:
        mine, other, steps = other, mine, steps[::-1]
    return {"one": mine, "other": other[:1].lower() + other[1:], "when": steps[0], "other_when": steps[1]}


def _form(twin: Twin) -> str:
    named = twin.form is not None and twin.form is not Ingredient.COBALAMIN_UNSPECIFIED
    return twin.form.value.capitalize() if twin.form is not None and named else "Vitamin B12 (form not stated)"


def _when(step: DosageStep) -> str:
    return phrases.schedule(step.timing)


def _other(twin: Twin) -> Input:
    where = "draft" if twin.index >= 0 else "active order"
    parts = (phrases.by_route(twin.step.route), _when(twin.step))
    return Input(f"{where}: {_form(twin)}", ", ".join(parts), reference=twin.reference)


RULE = Rule(
    id="T-DUP",
    topic=Topic.DUP,
    family=Family.HOUSEKEEPING,
    title="Two vitamin B12 orders at once",
    source="J-PROJECT",
    recommendations=("SG-29", "R-NOEQUIV", "R-CYANO-SWITCH"),
    evaluate=evaluate,
)
