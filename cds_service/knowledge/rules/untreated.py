"""Treatment that is due when a chart is opened: what T-REGIMEN-NEURO, T-REGIMEN-NONEURO and T-DATA say then.

Derivations 4.3, 9.2 rows 1 to 7, 10.2 M15 and M16. One of the three speaks: with signs, without, or asking. All inform.

When the chart of an adult is opened, and deficiency is confirmed, or suspected with neurological signs (4.2),
    and no cobalamin on record covers (1.4: 1000 micrograms a day by mouth, an injection at least every 93 days),
Then T-REGIMEN-NEURO with signs: 1000 micrograms by injection on alternate days until no further improvement, review at
        day 21, urgent neurology and haematology; a sample first where deficiency is only suspected;
    T-REGIMEN-NONEURO where an examination found none: 1000 micrograms three times a week for 2 weeks (6 doses); by
        mouth first, 1000 micrograms a day, where the cause is diet (9.2 row 24);
    T-DATA where there was no examination: both courses, each with its condition.
    A low result older than 12 months is taken again, and treatment does not wait for it. In pregnancy, while loading
    is due: holotranscobalamin, urgent haematology and obstetrics.
When there is a permanent cause, or deficiency as above, and treatment on record ended more than 30 days ago,
    by the larger of its interval and 93 days after the last dose; 63 days where neurological involvement is not known
    to have been absent and the injections were held at 63 days or less; 35 days for cyanocobalamin and mecobalamin;
    30 days for tablets,
Then the next dose (1000 micrograms): hydroxocobalamin every 2 months, every 2 to 3 months where no signs were there at
        the start; cyanocobalamin and mecobalamin monthly; never a longer interval than the one held;
    loading again where signs are new or worse, or the lapse is over 365 days, or B12 is below 180 pg/mL since it began
        and the lapse is over 90 days (loading does not wait for the 30 days);
    where a lapse of 91 to 365 days leaves it open, T-DATA asks, with both.
    After ileal resection or bariatric surgery without deficiency: the next preventive dose (9.2 rows 14 to 16).
    A course that was too short for signs that are there, with none since, asks for alternate days, whenever it ended.
    Where no end of the last treatment is written, its last dose is assumed from its start, and the words say so and ask
    for it: loading only with new or worse signs, or signs and a low B12 since; otherwise T-DATA asks, with both.
When cover could not be told, an order ran out on paper more than 30 days ago, or one is on hold and nobody wrote when,
Then T-DATA says what is missing and offers no medicine; with signs on record it names the alternate-day course and
    urgent advice in words, for an adult for whom a form may be proposed.
When treatment on record ended more than 30 days ago, nothing that was told makes it due, and diagnoses, procedures or
    results were not told in full,
Then T-DATA asks why it was given. Without treatment on record, silence: nothing sets the patient apart from all others.
When the patient is under 18, or of unknown age: T-DATA, no adult regimen, paediatric advice (neurology with signs).
Where an allergy or stock leaves no form: same-day advice, no form named. In end-of-life care, silence; an inherited
    cobalamin defect has its own cards (inherited_defect_chart.py).
"""

from cds_service.clinical import evidence, words
from cds_service.clinical.absence import OF_TREATMENT, not_on_record
from cds_service.clinical.concepts import Analyte, Answer, ResourceKind
from cds_service.clinical.cover import Cover
from cds_service.clinical.deficiency import DeficiencyStatus, Strength
from cds_service.clinical.due_treatment import (
    Due,
    DueTreatment,
    chart_cover,
    due_treatment,
    ended_long_ago,
    form_due,
    last_injections,
    not_for_this_patient,
    treatment_indicated,
)
from cds_service.clinical.errands import LabTest, Referral
from cds_service.clinical.forms import PROPOSABLE
from cds_service.clinical.oral_options import by_mouth_first
from cds_service.clinical.outcomes import CannotTell, Input, NotApplicable, Offer, Outcome, Recommend, Saying
from cds_service.clinical.review import Review
from cds_service.clinical.tests_due import b12_tests
from cds_service.clinical.topics import Indicator, Standing
from cds_service.clinical.validity import within_months
from cds_service.knowledge.rules.form_choice import why_not_cyanocobalamin
from cds_service.knowledge.rules.regimen import URGENT
from cds_service.knowledge.rules.untreated_words import (
    cover_paragraphs,
    dietary,
    first_course,
    lapse,
    next_dose,
    not_known,
    values,
    with_signs,
)

LOADING_NEURO = ("R-LOAD-NEURO", "R-LOAD-NEURO-WHY", "C-21")
LOADING_NONEURO = ("R-LOAD-NONEURO", "R-LOAD-SUBCLINICAL", "R-LOAD-TISSUE", "C-22")
BY_MOUTH = ("R-ORAL-1000", "R-ORAL-CYANO-SELECT", "C-18")
LOADING = ("R-LOAD-NEURO", "R-LOAD-NONEURO", "SG-26")
_HOLD_THE_CAUSE = (ResourceKind.CONDITIONS, ResourceKind.PROCEDURES, ResourceKind.RESULTS)
OVERDUE = ("R-PERM-CAUSE", "R-NOSTOP-HARM", "C-05")


def with_neurology(review: Review) -> Outcome:
    """T-REGIMEN-NEURO at the chart."""
    due = _due_for_an_adult(review)
    if not isinstance(due, DueTreatment):
        return due
    if due.due is Due.LOADING and review.neurology.present:
        suspected = ("C-26",) if review.deficiency.status is DeficiencyStatus.SUSPECTED else ()
        return _proposal(review, due, first_course(review, due, "neurological"), (*LOADING_NEURO, *suspected))
    if due.due is Due.MAINTENANCE and review.neurological_history is not Answer.NO:
        return _proposal(review, due, next_dose(due, "neurological"), ("R-MAINT-NEURO", *OVERDUE))
    return NotApplicable("what is due does not rest on neurological signs")


def without_neurology(review: Review) -> Outcome:
    """T-REGIMEN-NONEURO at the chart."""
    due = _due_for_an_adult(review)
    if not isinstance(due, DueTreatment):
        return due
    first = due.since is None and not review.patient.treatment.running()
    if due.due is Due.LOADING and first and by_mouth_first(review):
        return _proposal(review, due, dietary(review), (*BY_MOUTH, *LOADING_NONEURO))
    if due.due is Due.LOADING and review.neurology.absent:
        return _proposal(review, due, first_course(review, due, "non_neurological"), LOADING_NONEURO)
    if due.due is Due.MAINTENANCE and review.neurological_history is Answer.NO:
        return _proposal(review, due, next_dose(due, "non_neurological"), ("R-MAINT-NONEURO", *OVERDUE))
    if due.due is Due.PREVENTION:
        return _proposal(review, due, "untreated.overdue_prevention", ("R-BARI", "R-ILEAL20", "C-08", "C-10"))
    return NotApplicable("neurological status is not known to be absent")


def question(review: Review) -> Outcome:
    """T-DATA at the chart: what has to be known before treatment can be proposed."""
    due = _due(review)
    if isinstance(due, CannotTell):
        return _cause_not_told(review) or due
    if isinstance(due, NotApplicable):
        return due
    if due.due is Due.NOT_KNOWN:
        return _not_known(review, due)
    if review.patient.adult is not Answer.YES:
        return _not_adult(review, due)
    if due.due is Due.EITHER:
        key = lapse(due) if due.since is not None else "untreated.too_little"
        return _proposal(review, due, key, (*LOADING, "K-11"), asks=True)
    if due.due is Due.LOADING and not review.neurology.present and not review.neurology.absent:
        return _proposal(review, due, first_course(review, due, "not_examined"), LOADING, asks=True)
    return NotApplicable("what is due is not in question")


def _due(review: Review) -> DueTreatment | NotApplicable | CannotTell:
    if why := not_for_this_patient(review):
        return NotApplicable(why)
    due = due_treatment(review)
    if due is not None:
        return due
    if chart_cover(review).cover is Cover.FULL:
        return NotApplicable("no treatment is due: a cobalamin covers")
    return not_on_record(review, "no treatment is due", *OF_TREATMENT)


def _due_for_an_adult(review: Review) -> DueTreatment | NotApplicable | CannotTell:
    """What may be proposed by an adult regimen."""
    due = _due(review)
    if not isinstance(due, DueTreatment):
        return due
    if review.patient.adult is not Answer.YES or due.due in (Due.NOT_KNOWN, Due.EITHER):
        return NotApplicable("a question is open: the data gap card asks it")
    return due


def _proposal(
    review: Review, due: DueTreatment, key: str, recommendations: tuple[str, ...], *, asks: bool = False
) -> Recommend:
    """asks: the card puts a question and offers each answer to it."""
    if review.form_to_propose() is None:
        key = "untreated.no_form"
    tests = _tests(review)
    unexamined = asks and (review.neurology.unknown or review.neurology.plateaued)
    return Recommend(
        indicator=Indicator.INFO,
        say=Saying(key, values(review, due)),
        recommendations=(*recommendations, *(("SG-02",) if review.patient.pregnant is Answer.YES else ())),
        found=_found(review),
        offer=Offer.ADD_COBALAMIN,
        tests=tests,
        referrals=_referrals(review, due),
        both_options=asks,
        standing=Standing.HIGHER if asks else Standing.USUAL,
        missing=("neurological examination",) * unexamined + review.cobalamin_gaps,
        paragraphs=(*cover_paragraphs(review), *_form(review), *words.schedule_paragraphs(review, tests)),
    )


def _form(review: Review) -> tuple[Saying, ...]:
    last = last_injections(review)
    return why_not_cyanocobalamin(review, form_due(review), last.form if last is not None else None)


def _tests(review: Review) -> tuple[LabTest, ...]:
    """A low result out of date is taken again. A low total B12 in pregnancy may be physiological: holotranscobalamin
    tells (4.1). Neither is waited for."""
    if review.deficiency.strength is Strength.LABORATORY_OLD:
        return (LabTest.HOLOTRANSCOBALAMIN if review.deficiency.relaxed_for_pregnancy else LabTest.B12,)
    if not review.deficiency.relaxed_for_pregnancy:
        return b12_tests(review)
    measured = review.patient.snapshot.results_of(Analyte.HOLOTRANSCOBALAMIN)[:1]
    in_date = any(within_months(r.day, review.patient.snapshot.today, review.t.b12_valid_months) for r in measured)
    return () if in_date else (LabTest.HOLOTRANSCOBALAMIN,)


def _referrals(review: Review, due: DueTreatment) -> tuple[Referral, ...]:
    """With signs, in pregnancy when loading is due (9.2 row 18), and where an allergy bars every form. Never to wait
    for."""
    later = due.due in (Due.MAINTENANCE, Due.PREVENTION)
    signs = URGENT if review.neurology.present and not later else ()
    if frozenset(PROPOSABLE) <= review.patient.barred:
        return (Referral.ALLERGY, *signs)
    if later:
        return ()
    pregnant = review.patient.pregnant is Answer.YES and due.due is Due.LOADING
    return tuple(dict.fromkeys([*signs, *((Referral.HAEMATOLOGY, Referral.OBSTETRICS) if pregnant else ())]))


def _found(review: Review, *, cover_known: bool = True) -> tuple[Input, ...]:
    return (
        *evidence.deficiency(review),
        *evidence.neurology(review),
        *evidence.phase(review),
        *(evidence.treatment_on_record(review) if cover_known else evidence.cover(review)),
    )


def _not_known(review: Review, due: DueTreatment) -> Recommend:
    """SG-25: a list that was not told is not an empty list, and papers that ran out are not the end of treatment."""
    told = review.patient.gap_names(ResourceKind.MEDICATIONS, ResourceKind.STATEMENTS)
    renewal = due.since is not None and not told
    indicated = treatment_indicated(review)
    for_life = due.since is not None and not indicated
    key = not_known(due, renewal=renewal, for_life=for_life)
    signs = indicated and review.neurology.present
    return Recommend(
        indicator=Indicator.INFO,
        say=Saying(with_signs(review, key) if signs else key, values(review, due)),
        recommendations=("SG-25", "SG-26"),
        found=_found(review, cover_known=False),
        offer=Offer.NOTHING,
        both_options=True,
        standing=Standing.HIGHER,
        missing=told or ((chart_cover(review).by,) if chart_cover(review).by else ()),
    )


def _cause_not_told(review: Review) -> Recommend | None:
    """SG-25: treatment on record is over, and what tells whether it is for life was not shown. Where no treatment is on
    record nothing sets this patient apart from all others, and the rule is silent."""
    ended, told = ended_long_ago(review), review.patient.gap_names(*_HOLD_THE_CAUSE)
    if ended is None or not told:
        return None
    return Recommend(
        indicator=Indicator.INFO,
        say=Saying("untreated.cause_not_told", {"date": words.day(ended)}),
        recommendations=("SG-25",),
        found=(*evidence.treatment_on_record(review), *evidence.deficiency(review)),
        offer=Offer.NOTHING,
        both_options=True,
        standing=Standing.HIGHER,
        missing=told,
    )


def _not_adult(review: Review, due: DueTreatment) -> Recommend:
    """2.5: no adult regimen under 18, nor where the age is not known."""
    child = review.patient.adult is Answer.NO
    urgent = (Referral.NEUROLOGY,) if review.neurology.present else ()
    return Recommend(
        indicator=Indicator.INFO,
        say=Saying("untreated.child" if child else "untreated.age_unknown", values(review, due)),
        recommendations=("SG-01", "SG-25") if child else ("SG-25",),
        found=_found(review),
        offer=Offer.NOTHING,
        both_options=True,
        standing=Standing.HIGHER,
        referrals=(Referral.PAEDIATRICS, *urgent) if child else (),
        missing=review.cobalamin_gaps,
    )
