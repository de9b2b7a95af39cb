"""All verdicts of all rules, then the few cards that survive (derivations 2.1). Knows no rule by name."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from cds_service.clinical.beside_proposal import brought_along
from cds_service.clinical.candidates import (
    Candidate,
    criticals_that_fit,
    one_per_family,
    one_per_topic,
    surviving,
    without_named_gaps,
)
from cds_service.clinical.concepts import Answer
from cds_service.clinical.cover import cobalamin_cover
from cds_service.clinical.errand_shares import asked, of_potassium, offered_elsewhere
from cds_service.clinical.errands import LabTest, Referral
from cds_service.clinical.offers import (
    Proposed,
    asides,
    cannot_offer,
    cannot_remove,
    errands,
    errands_alone,
    errands_of_first,
    may_be_removed,
    propose,
    removal,
)
from cds_service.clinical.orders import NO_ORDER, MedicationOrder
from cds_service.clinical.outcomes import Advice, Decision, Offer, Recommend, Saying, Verdict
from cds_service.clinical.patient_review import PatientReview
from cds_service.clinical.policy import Knowledge
from cds_service.clinical.precedence import CARDS_SHOWN, CARRIERS
from cds_service.clinical.review import Review
from cds_service.clinical.running_course import running_course
from cds_service.clinical.said_once import said_once
from cds_service.clinical.snapshot import Snapshot
from cds_service.clinical.topics import Family, Indicator, Occasion, Topic


def evaluate(
    orders: tuple[MedicationOrder, ...],
    snapshot: Snapshot,
    knowledge: Knowledge,
    ordered: frozenset[LabTest | Referral] = frozenset(),
) -> Decision:
    """The cards for these draft orders, most urgent first, and every verdict behind them.

    orders: all drafts of the request, selected or not (the others are the basket). ordered: tests and referrals
    that are already among the drafts; they are not asked for again.
    """
    if snapshot.person.deceased:
        return Decision()
    patient = PatientReview(snapshot, orders, knowledge, ordered)
    _uncover_critical_drafts(patient)
    reviews = [Review(order, patient) for order in orders if order.selected]
    return _decided([review for review in reviews if not review.scope.ignored], ordered)


def evaluate_chart(
    snapshot: Snapshot, knowledge: Knowledge, ordered: frozenset[LabTest | Referral] = frozenset()
) -> Decision:
    """The cards for a patient whose chart is opened (derivations 10): no order is judged, one may be due."""
    if snapshot.person.deceased:
        return Decision()
    return _decided([Review(NO_ORDER, PatientReview(snapshot, (), knowledge, ordered))], ordered)


def _decided(reviews: Sequence[Review], ordered: frozenset[LabTest | Referral]) -> Decision:
    """2.1 from the verdicts on: every rule is asked about every review that it is for."""
    verdicts: list[Verdict] = []
    cards: list[Candidate] = []
    for review in reviews:
        rules = review.knowledge.rules_about(review.occasion)
        mine = [Verdict(rule, review.order.reference, rule.evaluate(review)) for rule in rules]
        verdicts += mine
        cards += surviving(review, mine)
    shown = criticals_that_fit(without_named_gaps(one_per_family(one_per_topic(cards))))
    return Decision(_finish(shown, ordered), tuple(verdicts))


def _uncover_critical_drafts(patient: PatientReview) -> None:
    """1.4: a draft that is itself the subject of a critical card covers nothing, named in `selections` or not."""
    if not any(order.product.has_folate and order.selected for order in patient.drafts):
        return
    rules = patient.knowledge.rules_about(Occasion.DRAFT)
    judges = [rule for rule in rules if rule.family is not Family.FOLATE]
    critical = set()
    for order in patient.drafts:
        review = Review(order, patient)
        if order.cobalamin is None or not review.scope.judged:
            continue
        outcomes = [rule.evaluate(review) for rule in judges]
        if any(isinstance(each, Recommend) and each.indicator is Indicator.CRITICAL for each in outcomes):
            critical.add(order.reference)
    if critical:
        patient.cover = cobalamin_cover(
            patient.snapshot,
            patient.treatment,
            patient.drafts,
            patient.t,
            stops=patient.stops,
            critical_drafts=frozenset(critical),
        )


def _carrier(cards: Sequence[Candidate]) -> Candidate | None:
    """2.1 step 6: the one card that holds the dosing proposal; one that is not shown cannot."""
    for topics in CARRIERS:
        for card in cards[:CARDS_SHOWN]:
            if card.rule.topic in topics and card.asks:
                return card
    return None


def _finish(cards: list[Candidate], ordered: frozenset[LabTest | Referral]) -> tuple[Advice, ...]:
    """Attach the proposal, which holds every correction owed for every draft, to its carrier (2.1 step 6)."""
    carrier = _carrier(cards)
    proposed = _proposed(cards, carrier, ordered) if carrier is not None else Proposed()
    told: set[int] = set()
    leaves: set[int] = set()
    elsewhere = offered_elsewhere(cards[:CARDS_SHOWN], carrier)
    elsewhere += [frozenset()] * (len(cards) - len(elsewhere))
    advice = [
        _advice(card, carrier, proposed, ordered, others, told, leaves)
        for card, others in zip(cards, elsewhere, strict=True)
    ]
    return _three(cards, _with_gaps_beside(cards, advice))


def _proposed(cards: Sequence[Candidate], carrier: Candidate, ordered: frozenset[LabTest | Referral]) -> Proposed:
    """The proposal, with what it brings along for this patient on the card that carries it."""
    carrier_first = sorted(cards, key=lambda card: card is not carrier)
    correct = tuple(dict.fromkeys(review for card in carrier_first for review in card.asking(Offer.CORRECTION)))

    shown = cards[:CARDS_SHOWN]
    on_others = asked([card for card in shown if card is not carrier])
    done = ordered | of_potassium(shown)

    def made() -> Proposed:
        everything = carrier.everything
        # What another card asks for in any case, and this one with its first option only, rides on every option.
        first = errands_of_first(everything, done)
        always = tuple(each for each in first if each.referral in on_others)
        only_first = tuple(each for each in first if each not in always)
        return propose(correct, carrier.asking(Offer.ADD_COBALAMIN), (*errands(everything, done), *always), only_first)

    proposed = made()
    spoken = _spoken(shown)
    brought = [each for review, orders in proposed.made for each in brought_along(review, orders, spoken)]
    if not brought:
        return proposed
    for each in dict.fromkeys(brought):
        carrier.brings(each.rule, each.outcome)
    return made()


def _spoken(cards: Iterable[Candidate]) -> frozenset[str]:
    """The groups of wording whose sentences these cards print."""
    outcomes = [outcome for card in cards for outcome in (*card.outcomes, *card.merged)]
    return frozenset(outcome.say.key.partition(".")[0] for outcome in outcomes)


def _with_gaps_beside(cards: Sequence[Candidate], advice: list[Advice]) -> list[Advice]:
    """What a rule could not tell and no card is about: listed on the most urgent card of the draft that it concerns."""
    listed: set[str] = set()
    for place, card in enumerate(cards):
        names = [name for review, _ in card.said for name in review.beside if name not in listed]
        if names:
            listed.update(names)
            advice[place] = replace(advice[place], missing=tuple(dict.fromkeys((*advice[place].missing, *names))))
    return advice


def _advice(
    card: Candidate,
    carrier: Candidate | None,
    proposed: Proposed,
    ordered: frozenset[LabTest | Referral],
    elsewhere: frozenset[LabTest | Referral],
    told: set[int],
    leaves: set[int],
) -> Advice:
    """elsewhere: the tests and referrals that another card offers; only a draft that is taken away brings its own.

    told, leaves: the drafts whose asides, or whose removal, a more urgent card holds; this card adds its own."""
    own = [outcome for _, outcome in card.said]
    say = max(own, key=lambda outcome: outcome.indicator).say
    paragraphs = [paragraph for outcome in own for paragraph in outcome.paragraphs] + card.paragraphs
    paragraphs += [outcome.say for outcome in own if outcome.say != say]
    paragraphs += [aside for review in _once(card.reviews, told) for aside in asides(review)]
    unwanted = _once(_unwanted(card, proposed), leaves)
    removable = [review for review in unwanted if may_be_removed(review)]
    due = _with_referral(card, unwanted)
    done = ordered if removable else ordered | elsewhere
    extra = errands(due, done) + errands_of_first(due, done)
    suggestions = (*removal(removable, extra), *errands_alone(extra))
    paragraphs += cannot_remove(unwanted)
    if any(running_course(review) is not None for review in unwanted):
        paragraphs.append(Saying("offer.running_course"))
    settled_by = None
    if card is carrier:
        suggestions = proposed.suggestions or suggestions
        paragraphs += proposed.remarks
        paragraphs += cannot_offer(_left_without_proposal(card, proposed))
    elif carrier is not None and _settled(card, proposed):
        settled_by = carrier.rule.topic
    return Advice(
        rule=card.rule,
        indicator=card.indicator,
        orders=card.orders,
        say=say,
        trace_rules=tuple(dict.fromkeys(card.names)),
        found=tuple(dict.fromkeys(found for outcome in (*card.outcomes, *card.merged) for found in outcome.found)),
        paragraphs=tuple(dict.fromkeys(paragraphs)),
        suggestions=suggestions,
        missing=tuple(dict.fromkeys(name for outcome in card.everything for name in outcome.missing)),
        settled_by=settled_by,
        recommendations=tuple(
            dict.fromkeys(name for outcome in (*card.outcomes, *card.merged) for name in outcome.recommendations)
        ),
    )


def _once(reviews: Sequence[Review], said: set[int]) -> list[Review]:
    """Those of which no more urgent card has spoken; from now on they are spoken of."""
    new = [review for review in reviews if review.order.index not in said]
    said |= {review.order.index for review in new}
    return new


def _unwanted(card: Candidate, proposed: Proposed) -> list[Review]:
    """The drafts that must not be given as they are, where nothing can be put in their place (2.3, last paragraph).

    So too a draft that, put right, would only double a loading course that runs.
    """
    left = [review for review in card.asking(Offer.CORRECTION) if not proposed.corrects(review)]
    taken = [review for review in left if review.must_not_be_given or running_course(review) is not None]
    return [*card.asking(Offer.REMOVAL), *taken]


def _with_referral(card: Candidate, unwanted: Sequence[Review]) -> list[Recommend]:
    """2.3: no draft is taken away without an urgent referral, unless a loading course goes on without it."""
    unwanted = [review for review in unwanted if running_course(review) is None]
    if not unwanted or any(outcome.referrals for outcome in card.everything):
        return card.everything
    child = any(review.patient.adult is Answer.NO for review in unwanted)
    urgent = (Referral.PAEDIATRICS,) if child else (Referral.HAEMATOLOGY,)
    return [*card.everything, replace(card.everything[0], tests=(), referrals=urgent)]


def _left_without_proposal(card: Candidate, proposed: Proposed) -> list[Review]:
    left = [review for review in card.asking(Offer.CORRECTION) if not proposed.corrects(review)]
    return left if proposed.gives_cobalamin else [*left, *card.asking(Offer.ADD_COBALAMIN)]


def _settled(card: Candidate, proposed: Proposed) -> bool:
    """2.1 step 7: does the proposal settle all that this card is about? What a form card is about, only a new form."""
    by_form = card.rule.family is Family.FORM
    corrected = all(proposed.corrects(review, by_form=by_form) for review in card.asking(Offer.CORRECTION))
    covered = proposed.gives_cobalamin or not card.asking(Offer.ADD_COBALAMIN)
    return card.asks and corrected and covered


def _three(cards: Sequence[Candidate], advice: Sequence[Advice]) -> tuple[Advice, ...]:
    """2.1 step 5: what falls out is named in the third card and stays in its trace; of a list of gaps, the gaps."""
    shown, rest = said_once(advice[:CARDS_SHOWN]), advice[CARDS_SHOWN:]
    if rest:
        last = shown[-1]
        lists = [card.rule.topic is Topic.DATA and not card.is_question for card in cards[CARDS_SHOWN:]]
        names = [name for item in (last, *rest) for name in item.trace_rules]
        missing = [name for item in (last, *rest) for name in item.missing]
        shown[-1] = replace(
            last,
            also=tuple(item.say for item, gaps in zip(rest, lists, strict=True) if not gaps),
            trace_rules=tuple(dict.fromkeys(names)),
            missing=tuple(dict.fromkeys(missing)),
        )
    return tuple(shown)
