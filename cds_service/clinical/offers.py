"""Turns the target order into suggestions that an EHR can apply (derivations 2.3, 9.3; cards.md 5). Knows no FHIR."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cds_service.clinical import words
from cds_service.clinical.allergies import concerns, reactions
from cds_service.clinical.concepts import COBALAMINS, FOLATES, Answer, Ingredient
from cds_service.clinical.errands import LabTest, Referral
from cds_service.clinical.licences import licence_remarks
from cds_service.clinical.maintenance_remarks import maintenance_remarks
from cds_service.clinical.option_labels import added, condition, only_if_stopped
from cds_service.clinical.oral_options import by_mouth_first
from cds_service.clinical.outcomes import (
    Action,
    ChangeOrder,
    CreateOrder,
    DeleteOrder,
    OrderTest,
    Proposal,
    Recommend,
    Refer,
    Saying,
    Suggestion,
)
from cds_service.clinical.phase import Purpose
from cds_service.clinical.policy import Region
from cds_service.clinical.review import Review
from cds_service.clinical.running_course import running_course
from cds_service.clinical.target import additions, corrections
from cds_service.clinical.topics import Topic


@dataclass(frozen=True, slots=True)
class Proposed:
    """The one dosing proposal of an answer. owed: what each option makes of a draft, by its index. made: its orders,
    review by review. remarks: what the reader must know of them (licence, form, a note that is kept)."""

    suggestions: tuple[Suggestion, ...] = ()
    owed: Mapping[int, tuple[Proposal, ...]] = field(default_factory=dict)
    remarks: tuple[Saying, ...] = ()
    made: tuple[tuple[Review, tuple[Proposal, ...]], ...] = ()

    @property
    def gives_cobalamin(self) -> bool:
        """Will cobalamin be given, whichever option is chosen? Then folic acid is covered."""
        return bool(self.suggestions)

    def corrects(self, review: Review, *, by_form: bool = False) -> bool:
        """Does every option change this draft? by_form: to another form of cobalamin."""
        found = self.owed.get(review.order.index, ())
        return bool(found) and not (by_form and any(each.form is review.order.cobalamin for each in found))


def propose(
    correct: Sequence[Review], add: Sequence[Review], extra: tuple[Action, ...], first: tuple[Action, ...] = ()
) -> Proposed:
    """Every correction owed at once, draft by draft; where none is owed, a cobalamin beside the folic acid.

    correct, add: the drafts for which a card asks it, those of the carrier first. extra: tests and referrals that are
    due; they ride on every option. first: those that ride on the first option only. A cobalamin draft that is put
    right covers: no second one is added beside it.
    """
    owed: dict[int, tuple[Proposal, ...]] = {}
    left = False
    for review in correct:
        proposals = corrections(review, review.fired)
        if _same_course(proposals, owed):
            left = True
        elif proposals:
            owed[review.order.index] = proposals
    if owed:
        remarks = _remarks(correct, owed)
        by_draft = {review.order.index: review for review in correct}
        changes = _with_first(_changes(owed, by_draft, extra), first, undecided=_undecided(correct))
        another = (Saying("offer.another_draft"),) if left else ()
        made = tuple((by_draft[index], proposals) for index, proposals in owed.items())
        return Proposed(changes, owed, (*remarks, *another), made)
    if not add:
        return Proposed()
    options = additions(add[0])
    return Proposed(_additions(add, options, extra), remarks=_of_proposals(add[0], options), made=((add[0], options),))


def _with_first(
    suggestions: tuple[Suggestion, ...], first: tuple[Action, ...], *, undecided: bool
) -> tuple[Suggestion, ...]:
    head, *others = suggestions
    head = replace(head, actions=(*head.actions, *first), recommended=head.recommended and not undecided)
    return (head, *others)


def _undecided(reviews: Iterable[Review]) -> bool:
    """Is it open whether this draft is to be changed at all? Then no option is marked as recommended."""
    return any(each.undecided for review in reviews for each in review.fired.values())


def _same_course(proposals: tuple[Proposal, ...], owed: Mapping[int, tuple[Proposal, ...]]) -> bool:
    """Would two drafts become one and the same new course? The second would be a double dose."""
    courses = {each.regimen for each in proposals if each.regimen is not None}
    return any(each.regimen in courses for others in owed.values() for each in others)


def _remarks(reviews: Sequence[Review], owed: Mapping[int, tuple[Proposal, ...]]) -> tuple[Saying, ...]:
    found: list[Saying] = []
    for review in reviews:
        proposals = owed.get(review.order.index, ())
        found += _of_proposals(review, proposals)
        if proposals and review.order.has_note:
            found.append(Saying("paragraph.note_kept"))
    return tuple(found)


def _of_proposals(review: Review, proposals: tuple[Proposal, ...]) -> tuple[Saying, ...]:
    """SG-36: what is off label or unlicensed in this region, and why the route is not the usual one."""
    injected = [each for each in proposals if each.route.parenteral]
    found = [*_other_form(review, proposals), *_reactions_to_new_forms(review, proposals)]
    if review.patient.adult is Answer.NO and any(each.dose_ug is not None for each in proposals):
        found.append(Saying("paediatric.as_drafted"))
    found += licence_remarks(proposals, review.knowledge.region)
    drafted = review.order.cobalamin
    to_hydroxocobalamin = any(each.form is Ingredient.HYDROXOCOBALAMIN for each in injected)
    if to_hydroxocobalamin and drafted not in (None, Ingredient.HYDROXOCOBALAMIN):
        uk = review.knowledge.region is Region.UK
        found.append(Saying("paragraph.hydroxocobalamin_uk" if uk else "paragraph.hydroxocobalamin"))
    found += _why_injections(review, proposals)
    found += maintenance_remarks(review, proposals)
    if any(not each.route.parenteral for each in proposals):
        found.append(Saying("by_mouth.option"))
    if by_mouth_first(review) and any(not each.route.parenteral for each in proposals):
        found.append(Saying("by_mouth.dietary"))
    return tuple(found)


def _why_injections(review: Review, proposals: tuple[Proposal, ...]) -> Iterable[Saying]:
    """Tablets or a spray that become injections: on what need these rest."""
    from_tablets = review.non_parenteral and review.order.cobalamin is not None
    if from_tablets and any(each.route.parenteral for each in proposals) and review.purpose is Purpose.UNKNOWN:
        yield Saying("offer.need_not_on_record")


# Cards that say themselves why the form changes.
_ABOUT_THE_FORM = frozenset(
    {Topic.ALLERGY, Topic.CYANO_LEBER, Topic.CYANO_IEM, Topic.AKI, Topic.CYANO_RENAL, Topic.CYANO_DN}
)


def _other_form(review: Review, proposals: tuple[Proposal, ...]) -> Iterable[Saying]:
    """Why another form is proposed than the one drafted, where no card of its own says so."""
    drafted = review.order.cobalamin
    if drafted is None or not _ABOUT_THE_FORM.isdisjoint(review.fired):
        return
    for proposal in proposals[:1]:
        if proposal.form is drafted:
            return
        if drafted is Ingredient.COBALAMIN_UNSPECIFIED:
            reason = "not_stated"
        elif drafted in review.knowledge.unavailable:
            reason = "not_in_stock"
        elif review.non_parenteral:
            reason = "for_injection" if proposal.route.parenteral else "by_mouth"
        else:
            reason = "not_for_this_patient"
        yield Saying(f"offer.form_{reason}", {"other": proposal.form.value, "drug": drafted.value})


def _reactions_to_new_forms(review: Review, proposals: tuple[Proposal, ...]) -> Iterable[Saying]:
    """A reaction that was not severe bars no form (2.3a), but is asked about before one that is not drafted begins."""
    for form in dict.fromkeys(each.form for each in proposals if each.form is not review.order.cobalamin):
        if any(concerns(allergy, frozenset({form})) for allergy in review.patient.snapshot.allergies):
            yield Saying("cobalamin_allergy.proposed_form", {"other": form.value})


def errands(outcomes: Iterable[Recommend], ordered: frozenset[LabTest | Referral]) -> tuple[Action, ...]:
    """Every test and referral that is due whatever is chosen and not already ordered, each once."""
    outcomes = tuple(outcomes)
    tests = dict.fromkeys(test for outcome in outcomes for test in outcome.tests)
    referrals = dict.fromkeys(referral for outcome in outcomes for referral in outcome.referrals)
    return (
        *(OrderTest(test) for test in tests if test not in ordered),
        *(Refer(referral) for referral in referrals if referral not in ordered),
    )


def errands_of_first(outcomes: Iterable[Recommend], ordered: frozenset[LabTest | Referral]) -> tuple[Refer, ...]:
    """The referrals that ride on the first option only, those left out that ride on every option."""
    outcomes = tuple(outcomes)
    anyway = ordered | {referral for outcome in outcomes for referral in outcome.referrals}
    wanted = dict.fromkeys(referral for outcome in outcomes for referral in outcome.referrals_with_first)
    return tuple(Refer(referral) for referral in wanted if referral not in anyway)


def removal(reviews: Sequence[Review], extra: tuple[Action, ...]) -> tuple[Suggestion, ...]:
    """2.3, last paragraph: these drafts taken away, with every test and referral that is not ordered yet."""
    if not reviews:
        return ()
    names = " and ".join(dict.fromkeys(words.drug(review) for review in reviews))
    taken = tuple(DeleteOrder(review.order.index) for review in reviews)
    goes_on = all(running_course(review) is not None for review in reviews)
    key = "suggestion.leave_out" if goes_on else "suggestion.delete"
    key = f"{key}_and_ask" if extra else key
    return (Suggestion(Saying(key, {"drugs": names}), (*taken, *extra)),)


def may_be_removed(review: Review) -> bool:
    """1.2 row 9: a product that holds anything beside cobalamins is never removed, the rest would be lost."""
    return review.order.changeable and review.order.product.ingredients <= COBALAMINS


def asides(review: Review) -> tuple[Saying, ...]:
    """1.5: recorded reactions that are no card alone, for the first card that speaks of this draft."""
    found = reactions(review.patient.snapshot.allergies, review.order.product.ingredients & COBALAMINS).aside
    return tuple(Saying("cobalamin_allergy.aside", {"other": words.allergen(each)}) for each in found)


def cannot_remove(reviews: Iterable[Review]) -> list[Saying]:
    """Why a draft that must not be given is left standing, for the reader."""
    left = (review for review in reviews if not may_be_removed(review))
    return [Saying("offer.not_removed" if review.order.changeable else "offer.not_changeable") for review in left]


def errands_alone(actions: tuple[Action, ...]) -> tuple[Suggestion, ...]:
    """One suggestion with all of them, or none."""
    return (Suggestion(Saying("suggestion.errands"), actions),) if actions else ()


def cannot_offer(reviews: Iterable[Review]) -> list[Saying]:
    """Why a card that ought to hold a proposal holds none, for the reader."""
    found = []
    for review in reviews:
        if review.order.product.has_another_medicine and review.order.cobalamin is not None:
            found.append(Saying("offer.another_medicine"))
        elif not review.order.changeable and review.order.cobalamin is not None:
            found.append(Saying("offer.not_changeable"))
        elif review.patient.adult is not Answer.YES:
            found.append(Saying("offer.not_adult"))
        elif review.form_to_propose() is None:
            found.append(Saying("offer.no_form_left"))
        elif review.patient.renal_risk and review.cyanocobalamin_is_the_only_form:
            found.append(Saying("offer.only_cyanocobalamin"))
    return found


def _changes(
    owed: Mapping[int, tuple[Proposal, ...]], reviews: Mapping[int, Review], extra: tuple[Action, ...]
) -> tuple[Suggestion, ...]:
    """As many options as the draft with most of them has; a draft with fewer repeats its last."""
    suggestions = []
    for place in range(max(len(proposals) for proposals in owed.values())):
        changes = [ChangeOrder(i, proposals[min(place, len(proposals) - 1)]) for i, proposals in owed.items()]
        said = (condition(reviews[each.index], each.proposal, owed[each.index]) for each in changes)
        suggestions.append(_suggestion("suggestion.change", next(filter(None, said), ""), (*changes, *extra)))
    return _one_recommended(suggestions)


def _additions(
    reviews: Sequence[Review], options: tuple[Proposal, ...], extra: tuple[Action, ...]
) -> tuple[Suggestion, ...]:
    """Cobalamin beside folic acid; holding the folic acid is only ever a further option, and never in E1 to E3."""
    suggestions = [
        _suggestion("suggestion.add", added(reviews[0], each, options), (CreateOrder(each), *extra)) for each in options
    ]
    if len(options) == 1 and all(_may_hold(review) for review in reviews):
        if_what = added(reviews[0], options[0], options)
        held = [DeleteOrder(review.order.index) for review in reviews]
        suggestions.append(_suggestion("suggestion.add_and_hold", if_what, (CreateOrder(options[0]), *held, *extra)))
    # First of all the stop is to be dropped, and then a new order would run beside the old one.
    return tuple(suggestions) if any(map(only_if_stopped, reviews)) else _one_recommended(suggestions)


def _may_hold(review: Review) -> bool:
    """A product with anything beside the folate is never deleted: the rest would be lost (1.2 row 9)."""
    return review.may_hold_folic_acid and review.order.product.ingredients <= FOLATES


def _suggestion(key: str, if_what: str, actions: tuple[Action, ...]) -> Suggestion:
    return Suggestion(Saying(key, {"condition": if_what}), actions)


def _one_recommended(suggestions: list[Suggestion]) -> tuple[Suggestion, ...]:
    """A recommendation is made only where there is no choice that the facts leave open."""
    if len(suggestions) == 1:
        return (Suggestion(suggestions[0].say, suggestions[0].actions, recommended=True),)
    return tuple(suggestions)
