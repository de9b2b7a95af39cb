"""Cards on their way: what 2.4 silences for one draft, and what one card of a family says for the others."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from cds_service.clinical.outcomes import CannotTell, Offer, Recommend, Rule, Saying, Verdict
from cds_service.clinical.precedence import CARDS_SHOWN, MORE_THAN_ONE_CARD, SILENCES, YIELDS_TO, Merge, Silence, rank
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Family, Indicator, Topic

_Said = tuple[Review, Recommend]


@dataclass
class Candidate:
    """A card before it is chosen. said: what it is about, draft by draft. joined: cards of its family that it speaks
    for. silenced: what 2.4 does not show beside it, for the sake of the tests, referrals and gaps named there. merged:
    of these, what its text says as well."""

    rule: Rule
    said: list[_Said]
    joined: list[_Said] = field(default_factory=list)
    silenced: list[Recommend] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)
    paragraphs: list[Saying] = field(default_factory=list)
    merged: list[Recommend] = field(default_factory=list)

    @property
    def indicator(self) -> Indicator:
        return max(outcome.indicator for _, outcome in self.said)

    @property
    def place(self) -> tuple[float, bool, str]:
        """2.2: rank, then the order named in `selections`, then the lower draft id."""
        selected, reference = min((not review.order.selected, review.order.reference) for review, _ in self.said)
        topic, indicator = self.rule.topic, self.indicator
        first = min(rank(topic, indicator, said.standing) for _, said in self.said if said.indicator is indicator)
        return (first, selected, reference)

    @property
    def outcomes(self) -> list[Recommend]:
        return [outcome for _, outcome in (*self.said, *self.joined)]

    @property
    def everything(self) -> list[Recommend]:
        return [*self.outcomes, *self.silenced]

    @property
    def orders(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(review.order.reference for review, _ in (*self.said, *self.joined)))

    @property
    def reviews(self) -> list[Review]:
        """The drafts that this card is about, each once."""
        return list(dict.fromkeys(review for review, _ in (*self.said, *self.joined)))

    def asking(self, offer: Offer) -> list[Review]:
        """The drafts for which this card asks that it be made."""
        found = [review for review, outcome in (*self.said, *self.joined) if outcome.offer is offer]
        return list(dict.fromkeys(found))

    @property
    def asks(self) -> bool:
        """For a dosing proposal: to take a draft away is none."""
        return any(outcome.offer in (Offer.CORRECTION, Offer.ADD_COBALAMIN) for outcome in self.outcomes)

    @property
    def names(self) -> list[str]:
        """For the trace: this rule and all that it carries."""
        own = [self.rule.id, *(name for _, outcome in self.said for name in outcome.recommendations)]
        return [*own, *self.trace]

    @property
    def proposal_only(self) -> bool:
        """Is it only the proposal for an order without timing?"""
        return not any(review.course.known for review, _ in self.said)

    @property
    def is_question(self) -> bool:
        """Of T-DATA: does it ask the clinician something, rather than list what was not told?"""
        return any(_is_question(outcome) for _, outcome in self.said)

    def takes_over(self, other: "Candidate", merge: Merge) -> None:
        """Text as the row of 2.4 says; tests, referrals and named gaps in any case: they are owed whoever speaks."""
        self.trace += other.names
        self.silenced += other.everything
        self._adds_text(other, merge)

    def speaks_for(self, other: "Candidate") -> None:
        """The higher of two cards says what the other would, and asks for what it asks."""
        self.trace += other.names
        self.joined += [*other.said, *other.joined]
        self.silenced += other.silenced
        self._adds_text(other, Merge.PARAGRAPH)

    def joins(self, other: "Candidate") -> None:
        """The same topic for another draft."""
        self.said += other.said
        self.silenced += other.silenced
        self.trace += other.names
        self.paragraphs += other.paragraphs
        self.merged += other.merged

    def brings(self, name: str, outcome: Recommend) -> None:
        """What its proposal brings along: text, tests and referrals. name: the rule whose words these are."""
        self.trace += [name, *outcome.recommendations]
        self.silenced.append(outcome)
        self.merged.append(outcome)
        self.paragraphs += outcome.paragraphs

    def _adds_text(self, other: "Candidate", merge: Merge) -> None:
        self.paragraphs += other.paragraphs
        self.merged += other.merged
        if merge is Merge.PARAGRAPH:
            self.merged += other.outcomes
            self.paragraphs += [outcome.say for outcome in other.outcomes]
            self.paragraphs += [paragraph for outcome in other.outcomes for paragraph in outcome.paragraphs]


def surviving(review: Review, verdicts: Sequence[Verdict]) -> list[Candidate]:
    """2.4 for one draft: silence what another card already says, keeping its rules in the trace."""
    fired = {
        verdict.rule.topic: Candidate(verdict.rule, [(review, verdict.outcome)])
        for verdict in verdicts
        if isinstance(verdict.outcome, Recommend)
    }
    review.beside = tuple(
        name
        for verdict in verdicts
        if isinstance(verdict.outcome, CannotTell) and verdict.outcome.beside
        for name in verdict.outcome.missing
    )
    review.fired = {topic: card.said[0][1] for topic, card in fired.items()}
    for row in SILENCES:
        winner = fired.get(row.winner)
        if winner is None:
            continue
        for loser in row.losers:
            if loser in fired and _silences(row, winner, fired[loser]):
                winner.takes_over(fired.pop(loser), row.merge)
    return list(fired.values())


def _silences(row: Silence, winner: Candidate, loser: Candidate) -> bool:
    if winner.indicator < row.from_:
        return False
    if row.below is not None and loser.indicator >= row.below:
        return False
    # A silencing card must not be the weaker of the two: an info never hides a warning.
    if winner.indicator < loser.indicator:
        return False
    return loser.proposal_only or not row.proposals_only


def one_per_topic(cards: Iterable[Candidate]) -> list[Candidate]:
    """2.2, ties: several drafts with one fault share one card that names each."""
    kept: dict[Topic, Candidate] = {}
    for card in cards:
        if card.rule.topic in kept:
            kept[card.rule.topic].joins(card)
        else:
            kept[card.rule.topic] = card
    return list(kept.values())


def one_per_family(cards: Iterable[Candidate]) -> list[Candidate]:
    """2.1 step 4, most urgent first."""
    kept: dict[Family, Candidate] = {}
    shown = []
    for card in sorted(cards, key=lambda card: card.place):
        family = card.rule.family
        if family in kept and family not in MORE_THAN_ONE_CARD:
            kept[family].speaks_for(card)
        else:
            kept[family] = card
            shown.append(card)
    return shown


def criticals_that_fit(cards: list[Candidate]) -> list[Candidate]:
    """2.1 step 5: a critical card is never dropped; with more than three, the unit error merges into the form card."""
    critical = {card.rule.family: card for card in cards if card.indicator is Indicator.CRITICAL}
    yields, to = (critical.get(family) for family in YIELDS_TO)
    if len(critical) <= CARDS_SHOWN or yields is None or to is None:
        return cards
    to.speaks_for(yields)
    return [card for card in cards if card is not yields]


def without_named_gaps(cards: list[Candidate]) -> list[Candidate]:
    """T-DATA lists only gaps that no other card names (2.4), and is dropped without any; a question keeps it alive."""
    others = [card for card in cards if card.rule.topic is not Topic.DATA]
    named = {name for card in others for outcome in card.everything for name in outcome.missing}
    for card in cards:
        if card.rule.topic is Topic.DATA:
            said = [(review, _unnamed(outcome, named)) for review, outcome in card.said]
            card.said = [(review, outcome) for review, outcome in said if outcome.missing or _is_question(outcome)]
    return [card for card in cards if card.said]


def _unnamed(outcome: Recommend, named: set[str]) -> Recommend:
    return replace(outcome, missing=tuple(name for name in outcome.missing if name not in named))


def _is_question(outcome: Recommend) -> bool:
    return outcome.both_options or outcome.offer is Offer.CORRECTION
