"""Follow-up that is due when a chart is opened: one card, at most four lines, the most overdue first.

Recommendation: R-MON-3-6-12, R-MON-Q3MO, R-MON-ANNUAL, R-MON-CBC, R-MON-TROUGH, R-MON-MMA, R-MON-IRON, R-MON-NOSTOP,
    R-MON-NOT-B12-ALONE, R-MON-B12-PRIMARY, R-HCY-10, R-TRACK-SX, R-RECOVERY-ORDER, R-LOAD-NEURO-DURATION, R-BARI-MICRO,
    R-CYANO-ONLY-MONITOR, R-CYANO-SWITCH, as resolved by C-02, C-03, C-04, C-21 and C-25.
Strength: opinion; UK practice measures no B12 on injections. The days are this project's judgement.

When an adult's milestone has opened and is not met, inform. It opens 14 days before its date, is called overdue from
    30 days after it, and gives way to the next that opens. It is met by the named result from 28 days before it on, or
    by an order of the last 90 days. The course begins (t0) with the first record after a lapse of over 365 days.
    M1 response to alternate-day injections, signs present: day 21, then every 28 days; met by a course noted
        from day 14
    M2 symptoms and blood count in the first year: 3, 6, 12 months; in pregnancy or breast-feeding 1 month too
    M3 the same after the first year: 12 months after the last count
    M4 B12 on tablets or nasal: 3 months, then yearly; oral cyanocobalamin in pernicious anaemia every 3 months to 18
    M6 B12 and methylmalonic acid: at once when signs return or get worse on maintenance, or persist at 3 months;
        once per relapse
    M7 haemoglobin below 80 g/L at the start: potassium on day 2, shown until day 7
    M8 the same: blood count and reticulocytes at 10 and 56 days
    M9 cyanocobalamin with renal risk because nothing else is stocked: creatinine every 3 months
    M12 bariatric surgery, not pregnant, not on injections: B12, vitamin D, calcium at 3, 6, 12 months, then yearly
    M14 metformin for 6 months or more or of unknown length, with neuropathy since, or MCV above the report's limit
        (else 100 fL), and no B12 of the last 12 months: B12 now
    M17 pernicious anaemia, the review of 12 months: once, the search for its cause
    B12 status indeterminate, or suspected without signs, and not covered (4.3): the next test now.
First M7, then M1, then M6 and M9, then the rest by how late they are; four lines at most.
When injections are given, no B12 is asked for; if it is measured, just before the next injection (M5).
Homocysteine is shown where it is on record, never made due, and never a reason for a medicine.
"""

from cds_service.clinical import evidence, words
from cds_service.clinical.absence import OF_TREATMENT, not_on_record
from cds_service.clinical.concepts import Analyte, Answer, Ingredient, ResourceKind
from cds_service.clinical.due_treatment import not_for_this_patient
from cds_service.clinical.follow_up import items_due
from cds_service.clinical.follow_up_item import Item
from cds_service.clinical.outcomes import CannotTell, Input, NotApplicable, Offer, Outcome, Recommend, Rule, Saying
from cds_service.clinical.review import Review
from cds_service.clinical.schedule import Way
from cds_service.clinical.snapshot import Availability
from cds_service.clinical.topics import Family, Indicator, Occasion, Topic
from cds_service.clinical.treatment_follow_up import haemoglobin_has_not_risen

MOST_LINES = 4
_COUNT = ("R-MON-CBC", "R-MON-NOSTOP", "C-03")
_IDS = {
    "M1": ("R-LOAD-NEURO-DURATION", "C-21"),
    "M2": ("R-MON-3-6-12", *_COUNT),
    "M3": ("R-MON-ANNUAL", *_COUNT),
    "M4": ("R-MON-Q3MO", "R-MON-B12-PRIMARY", "R-MON-NOT-B12-ALONE", "C-03"),
    "M6": ("R-MON-MMA", "R-MON-NOT-B12-ALONE", "C-02"),
    "M7": ("SG-06",),
    "M8": _COUNT,
    "M9": ("R-CYANO-ONLY-MONITOR", "R-CYANO-SWITCH"),
    "M12": ("R-BARI-MICRO", "C-25"),
    "M14": ("SG-33",),
    "M17": ("R-MON-3-6-12", *_COUNT, "SG-32"),
    "status": ("SG-16", "C-26"),
    "functional": ("SG-10", "C-17"),
}
_UNSETTLED = frozenset({"status", "functional"})
_SHOWN = (Analyte.HAEMOGLOBIN, Analyte.B12, Analyte.HOLOTRANSCOBALAMIN, Analyte.MMA, Analyte.HOMOCYSTEINE)
_RECEIVED = (Availability.COMPLETE, Availability.INCOMPLETE)


def evaluate(review: Review) -> Outcome:
    if why := not_for_this_patient(review):
        return NotApplicable(why)
    if review.patient.adult is Answer.NO:
        return NotApplicable("the patient is under 18")
    items = items_due(review)[:MOST_LINES]
    if not items:
        return not_on_record(review, "no follow-up is due", *OF_TREATMENT)
    if review.patient.adult is Answer.UNKNOWN:
        return CannotTell(("birth date",))
    # Without results it is not known what was done; the response to treatment is no result.
    if review.patient.snapshot.availability_of(ResourceKind.RESULTS) not in _RECEIVED:
        items = tuple(item for item in items if not item.tests)
        if not items:
            return CannotTell(review.patient.gap_names(ResourceKind.RESULTS))
    return _card(review, items)


def _card(review: Review, items: tuple[Item, ...]) -> Recommend:
    first, *others = items
    more = f", and {len(others)} more" if others else ""
    remarks, remark_ids = _remarks(review, items)
    return Recommend(
        indicator=Indicator.INFO,
        say=Saying(_key(first), _values(review, first) | {"more": more}),
        recommendations=tuple(dict.fromkeys([*(name for item in items for name in _IDS[item.id]), *remark_ids])),
        found=_found(review, items),
        offer=Offer.NOTHING,
        tests=tuple(dict.fromkeys(test for item in items for test in item.tests)),
        missing=review.patient.gap_names(*OF_TREATMENT),
        paragraphs=(*(Saying(_key(item), _values(review, item) | {"more": ""}) for item in others), *remarks),
    )


def _key(item: Item) -> str:
    return f"monitoring_due.{item.id.lower()}"


def _values(review: Review, item: Item) -> dict[str, str]:
    if item.overdue:
        return {"when": f"overdue since {item.day.isoformat()}"}
    return {"when": "due now" if item.day == review.patient.snapshot.today else f"due {item.day.isoformat()}"}


def _found(review: Review, items: tuple[Item, ...]) -> tuple[Input, ...]:
    began = review.patient.treatment.course_began
    start = (Input("treatment began", began.isoformat(), derived=True),) if began is not None else ()
    newest = [review.patient.snapshot.results_of(analyte)[:1] for analyte in _SHOWN]
    results = dict.fromkeys([*(r for item in items for r in item.results), *(r for some in newest for r in some)])
    status = evidence.deficiency(review)[:1] if any(item.id in _UNSETTLED for item in items) else ()
    return (*start, *status, *evidence.treatment_on_record(review), *map(evidence.result, results))


def _remarks(review: Review, items: tuple[Item, ...]) -> tuple[list[Saying], list[str]]:
    """What belongs to the whole card, and the ids that it carries out."""
    names = {item.id for item in items}
    says: list[Saying] = []
    ids: list[str] = []
    on_treatment = bool(names & {"M1", "M2", "M3", "M4", "M6", "M8", "M17"})
    if any(record.way is Way.PARENTERAL for record in review.patient.treatment.running()) and on_treatment:
        says.append(Saying("monitoring_due.injections"))
        ids += ["R-MON-TROUGH", "C-02"]
    if on_treatment and (review.neurology.present or review.neurology.plateaued):
        says.append(Saying("monitoring_due.recovery"))
        ids += ["R-TRACK-SX", "R-RECOVERY-ORDER"]
    if names & {"M2", "M17"} and haemoglobin_has_not_risen(review):
        says.append(Saying("monitoring_due.iron"))
        ids += ["R-MON-IRON", "C-25"]
    if on_treatment and _homocysteine_at_or_above_target(review):
        says.append(Saying("monitoring_due.homocysteine"))
        ids += ["R-HCY-10", "C-04"]
    if names & {"M14", *_UNSETTLED} and review.patient.takes(Ingredient.METFORMIN):
        says.append(Saying("paragraph.metformin"))
    if names & _UNSETTLED:
        says += words.result_remarks(review)
    return says, ids


def _homocysteine_at_or_above_target(review: Review) -> bool:
    newest = review.patient.snapshot.results_of(Analyte.HOMOCYSTEINE)[:1]
    return any(r.measured.is_below(review.t.homocysteine_target_umol_l) is Answer.NO for r in newest)


RULE = Rule(
    id="T-MONITOR",
    topic=Topic.MONITOR,
    family=Family.HOUSEKEEPING,
    title="Follow-up that is due",
    source="S-NICE",
    recommendations=(
        "R-MON-3-6-12",
        "R-MON-Q3MO",
        "R-MON-ANNUAL",
        "R-MON-CBC",
        "R-MON-TROUGH",
        "R-MON-MMA",
        "R-MON-IRON",
        "R-MON-NOSTOP",
        "R-MON-NOT-B12-ALONE",
        "R-MON-B12-PRIMARY",
        "R-HCY-10",
        "R-TRACK-SX",
        "R-RECOVERY-ORDER",
        "R-LOAD-NEURO-DURATION",
        "R-BARI-MICRO",
        "R-CYANO-ONLY-MONITOR",
        "R-CYANO-SWITCH",
    ),
    evaluate=evaluate,
    asked_about=frozenset({Occasion.CHART}),
)
