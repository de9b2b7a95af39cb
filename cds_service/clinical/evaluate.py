"""All verdicts of all rules, then the few cards that survive (derivations 2.1). Knows no rule by name."""

from dataclasses import dataclass, field, replace

from cds_service.clinical.offers import cannot_offer, dosing_suggestions, errands
from cds_service.clinical.orders import MedicationOrder
from cds_service.clinical.outcomes import (
    Advice,
    Decision,
    Family,
    Indicator,
    LabTest,
    Offer,
    Recommend,
    Referral,
    Rule,
    Saying,
    Topic,
    Verdict,
)
from cds_service.clinical.patient_review import PatientReview
from cds_service.clinical.policy import Knowledge
from cds_service.clinical.precedence import (
    CARDS_SHOWN,
    MAY_CARRY,
    SUPPRESSES,
    UNIT_ERROR_SUPPRESSES,
    Merge,
    rank,
)
from cds_service.clinical.review import Review
from cds_service.clinical.snapshot import Snapshot

_ONE_CARD_EACH = frozenset({Family.FORM, Family.UNIT, Family.SCHEDULE, Family.FOLATE})


@dataclass
class _Card:
    """A card on its way: the verdicts it shows, and what it took over from cards that are not shown."""

    rule: Rule
    reviews: list[Review]
    outcomes: list[Recommend]
    merged_rules: list[str] = field(default_factory=list)
    paragraphs: list[Saying] = field(default_factory=list)

    @property
    def indicator(self) -> Indicator:
        return max(outcome.indicator for outcome in self.outcomes)

    @property
    def place(self) -> tuple[int, int, str]:
        """2.2: rank, then the order named in `selections`, then the lower draft id."""
        first = min(self.reviews, key=lambda review: (not review.order.selected, review.order.reference))
        return (rank(self.rule.topic, self.indicator), not first.order.selected, first.order.reference)


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
    patient = PatientReview(snapshot, orders, knowledge)
    reviews = [Review(order, patient) for order in orders if order.selected]
    verdicts = [
        Verdict(rule, review.order.reference, rule.evaluate(review))
        for review in reviews
        if review.scope.judged
        for rule in knowledge.rules
    ]
    cards: dict[Topic, _Card] = {}
    for review in reviews:
        mine = [verdict for verdict in verdicts if verdict.order == review.order.reference]
        for card in _surviving(review, mine):
            _join(cards, card)
    shown = sorted(_one_per_family(list(cards.values())), key=lambda card: card.place)
    shown = _without_named_gaps(shown)
    return Decision(_finish(shown, ordered), tuple(verdicts))


def _surviving(review: Review, verdicts: list[Verdict]) -> list[_Card]:
    """2.4 for one draft: silence what another card already says, keeping its rules in the trace."""
    fired = {
        verdict.rule.topic: _Card(verdict.rule, [review], [verdict.outcome])
        for verdict in verdicts
        if isinstance(verdict.outcome, Recommend)
    }
    review.fired = {topic: card.outcomes[0] for topic, card in fired.items()}
    for winner, losers, merge in SUPPRESSES:
        for loser in losers:
            _silence(fired, winner, loser, merge)
    unit_error = fired.get(Topic.UNIT_ERROR)
    if unit_error is not None and unit_error.indicator is Indicator.CRITICAL:
        for loser in UNIT_ERROR_SUPPRESSES:
            _silence(fired, Topic.UNIT_ERROR, loser, Merge.TARGET_ORDER)
    return list(fired.values())


def _silence(fired: dict[Topic, _Card], winner: Topic, loser: Topic, merge: Merge) -> None:
    if winner not in fired or loser not in fired:
        return
    # A silencing card must not be the weaker of the two: an info never hides a warning.
    if fired[winner].indicator < fired[loser].indicator:
        return
    _take_over(fired[winner], fired.pop(loser), merge)


def _take_over(winner: _Card, loser: _Card, merge: Merge) -> None:
    winner.merged_rules += [*_trace(loser), *loser.merged_rules]
    winner.paragraphs += loser.paragraphs
    if merge is Merge.PARAGRAPH:
        winner.paragraphs += [outcome.say for outcome in loser.outcomes]
        winner.paragraphs += [paragraph for outcome in loser.outcomes for paragraph in outcome.paragraphs]


def _join(cards: dict[Topic, _Card], card: _Card) -> None:
    """2.2, ties: several drafts with one fault share one card that names each."""
    existing = cards.get(card.rule.topic)
    if existing is None:
        cards[card.rule.topic] = card
        return
    existing.reviews += card.reviews
    existing.outcomes += card.outcomes
    existing.merged_rules += card.merged_rules
    existing.paragraphs += card.paragraphs


def _one_per_family(cards: list[_Card]) -> list[_Card]:
    kept: dict[Family, _Card] = {}
    shown = []
    for card in sorted(cards, key=lambda card: card.place):
        family = card.rule.family
        if family in _ONE_CARD_EACH and family in kept:
            _take_over(kept[family], card, Merge.PARAGRAPH)
            kept[family].reviews += [review for review in card.reviews if review not in kept[family].reviews]
            continue
        kept[family] = card
        shown.append(card)
    return shown


def _without_named_gaps(cards: list[_Card]) -> list[_Card]:
    """T-DATA is shown only for gaps that no other card names (2.4); its options keep it alive."""
    gap = next((card for card in cards if card.rule.topic is Topic.DATA), None)
    if gap is None or gap.outcomes[0].both_options or any(o.offer is Offer.CORRECTION for o in gap.outcomes):
        return cards
    named = {name for card in cards if card is not gap for outcome in card.outcomes for name in outcome.missing}
    if all(name in named for outcome in gap.outcomes for name in outcome.missing):
        return [card for card in cards if card is not gap]
    return cards


def _carrier(cards: list[_Card]) -> _Card | None:
    """2.1 step 6: the one card that holds the dosing proposal."""
    for card in cards:
        if card.rule.topic in MAY_CARRY and any(outcome.offer is not Offer.NOTHING for outcome in card.outcomes):
            return card
    for card in cards:
        if card.rule.topic is Topic.DATA and any(outcome.offer is not Offer.NOTHING for outcome in card.outcomes):
            return card
    return None


def _finish(cards: list[_Card], ordered: frozenset[LabTest | Referral]) -> tuple[Advice, ...]:
    """Attach the proposal to its carrier, keep three, and name the rest in the third (2.1 steps 5 and 6)."""
    carrier = _carrier(cards)
    advice = []
    for card in cards:
        tests = tuple(dict.fromkeys(test for outcome in card.outcomes for test in outcome.tests))
        missing = tuple(dict.fromkeys(name for outcome in card.outcomes for name in outcome.missing))
        if card is carrier:
            suggestions = dosing_suggestions(card.reviews, card.outcomes, tests, ordered)
        else:
            suggestions = errands(tests, card.outcomes, ordered)
        settled = carrier is not None and card is not carrier and card.rule.topic in MAY_CARRY
        paragraphs = [paragraph for outcome in card.outcomes for paragraph in outcome.paragraphs] + card.paragraphs
        paragraphs += [outcome.say for outcome in card.outcomes[1:] if outcome.say != card.outcomes[0].say]
        if card is carrier and not suggestions:
            paragraphs += cannot_offer(card.reviews)
        advice.append(
            Advice(
                rule=card.rule,
                indicator=card.indicator,
                orders=tuple(dict.fromkeys(review.order.reference for review in card.reviews)),
                say=max(card.outcomes, key=lambda outcome: outcome.indicator).say,
                trace_rules=tuple(dict.fromkeys([*_trace(card), *card.merged_rules])),
                found=tuple(dict.fromkeys(found for outcome in card.outcomes for found in outcome.found)),
                paragraphs=tuple(dict.fromkeys(paragraphs)),
                suggestions=suggestions,
                missing=missing,
                settled_by=carrier.rule.topic if settled and carrier is not None else None,
            )
        )
    return _three(advice)


def _three(advice: list[Advice]) -> tuple[Advice, ...]:
    if len(advice) <= CARDS_SHOWN:
        return tuple(advice)
    shown, rest = advice[:CARDS_SHOWN], advice[CARDS_SHOWN:]
    shown[-1] = replace(shown[-1], also=tuple(item.say for item in rest))
    return tuple(shown)


def _trace(card: _Card) -> tuple[str, ...]:
    return (card.rule.id, *(name for outcome in card.outcomes for name in outcome.recommendations))
