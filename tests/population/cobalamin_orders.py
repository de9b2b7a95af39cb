"""Patients who are ordered a cobalamin: loading, first maintenance, renewal; four in five as derivations 8 has it.

Written from derivations 8 and 9.2, not from the rules: what is called right here must be answered with silence.
"""

from tests.population.draws import CAUSES, FORMS, NEUROLOGY, STAGES, Draw
from tests.population.people import Patient, blood_count, examined, person, rare

_OPERATIONS = {
    "gastric bypass": "Roux-en-Y gastric bypass",
    "gastrectomy": "gastrectomy",
    "ileal resection": "ileal resection",
}
# Days since deficiency was found.
_ONSET = {"loading": (2, 25), "first maintenance": (60, 85), "renewal": (200, 4000)}
_BY_MOUTH_SUITS = {"dietary vitamin B12 deficiency", "metformin"}


def cobalamin_patient(draw: Draw, region: str) -> Patient:
    patient = person(draw, region)
    patient.about = "cobalamin"
    patient.treated = True
    stage, cause, neurology = draw.one_of(STAGES), draw.one_of(CAUSES), draw.one_of(NEUROLOGY)
    form, route = draw.one_of(FORMS[region])
    if route == "oral" and (neurology == "signs" or cause not in _BY_MOUTH_SUITS):
        form, route = ("hydroxocobalamin", "IM") if region == "uk" or neurology == "signs" else ("cyanocobalamin", "IM")
    if stage == "loading" and neurology == "signs":
        form = "hydroxocobalamin"
    years = draw.randint(200, 4000)
    onset = (
        draw.randint(2, 25) if stage == "loading" else draw.randint(60, 85) if stage == "first maintenance" else years
    )
    _cause(draw, patient, cause, onset + 5)
    rare(draw, patient, form)
    {"loading": _loading, "first maintenance": _first_maintenance, "renewal": _renewal}[stage](
        draw, patient, form, route, neurology, onset
    )
    _kidneys_and_form(patient, form)
    # In an inherited defect any hydroxocobalamin is the metabolic team's (8.9).
    if draw.chance(20) and "inherited defect" not in patient.owed:
        _fault(draw, patient, stage, form, route, neurology, cause)
    return patient


def _cause(draw: Draw, patient: Patient, cause: str, days: int) -> None:
    if cause == "metformin":
        patient.given.append(f"takes: metformin 1 g oral twice daily, since {days + draw.randint(400, 2000)} days")
    elif cause in _OPERATIONS:
        patient.given.append(f"procedure: {_OPERATIONS[cause]}, {days + draw.randint(400, 3000)} days ago")
        if cause == "ileal resection":
            patient.given.append(f"length of ileum resected: {draw.randint(25, 80)} cm")
    behind = cause == "metformin" or cause in _OPERATIONS
    if not behind or draw.chance(70):  # the deficiency behind such a cause is not always coded
        diagnosis = "vitamin B12 deficiency" if behind else cause
        patient.given.append(f"diagnosis: {diagnosis}, {days} days ago")


def _loading(draw: Draw, patient: Patient, form: str, route: str, neurology: str, days: int) -> None:
    patient.given.append(f"B12 {draw.randint(101, 175)} pg/mL, {days} days ago")
    examined(draw, patient, neurology, max(1, days - 1))
    blood_count(draw, patient)
    if route == "oral":
        patient.order = f"{form} 1000 ug oral daily"
    elif neurology == "signs":
        patient.order = f"{form} 1000 ug IM every 2 d"
    elif form == "hydroxocobalamin":
        patient.order = f"{form} 1000 ug IM 3 per wk for 2 wk x6"
    else:
        patient.order = f"{form} 1000 ug IM daily x7"


def _first_maintenance(draw: Draw, patient: Patient, form: str, route: str, neurology: str, days: int) -> None:
    patient.given.append(f"B12 {draw.randint(101, 175)} pg/mL, {days} days ago")
    sign = examined(draw, patient, "none" if neurology == "none" else "not on record", days - 2)
    _pregnancy_minds_kidneys_only(patient, form)
    began = days - 5
    if neurology == "signs":
        patient.missing.remove("neurological status")
        patient.given += [
            f"diagnosis in remission: {sign}, {draw.randint(3, 8)} days ago",
            f"takes: {form} 1000 ug IM every 2 d, since {began} days",
        ]
    elif route == "oral":
        patient.given.append(f"takes: {form} 1000 ug oral daily, since {began} days")
    elif form == "hydroxocobalamin":
        patient.given.append(f"took: {form} 1000 ug IM 3 per wk for 2 wk x6, since {began} days")
    else:
        patient.given.append(f"took: {form} 1000 ug IM daily x7, since {began} days")
    patient.order = _maintenance(draw, form, route, neurology)


def _renewal(draw: Draw, patient: Patient, form: str, route: str, neurology: str, days: int) -> None:
    _pregnancy_minds_kidneys_only(patient, form)
    patient.owed = [each for each in patient.owed if each != "anticoagulant"]
    patient.order = _maintenance(draw, form, route, neurology)
    # The record that is renewed comes first: the sentence means the first medicine on record. It was written within
    # the last year in four of five; an older one without an end leaves open whether it is still given (1.4).
    written = draw.randint(30, 350) if draw.chance(80) else days
    patient.given.insert(1, f"takes: {patient.order}, since {min(written, days)} days")
    if written < days:
        patient.given.append(f"took: {patient.order} for {days - written} d, since {days} days")
    patient.given.append("order renews what is taken")
    if draw.chance(60):
        patient.given.append(f"haemoglobin {draw.randint(125, 160)} g/L, {draw.randint(10, 360)} days ago")
    patient.given.append(f"B12 {draw.randint(101, 175)} pg/mL, {days + 20} days ago")
    if neurology == "signs":
        sign = examined(draw, patient, "not on record", 0)
        patient.missing.remove("neurological status")
        patient.given.append(f"diagnosis in remission: {sign}, {days + 10} days ago")
    else:
        examined(draw, patient, neurology, days + 2)
        if neurology == "none":
            patient.given.append(f"no sign: peripheral neuropathy, {draw.randint(5, 300)} days ago")


def _pregnancy_minds_kidneys_only(patient: Patient, form: str) -> None:
    """Maintenance in pregnancy is silent (2.7), but an eGFR is not relied on (6.3 row 6)."""
    if form != "cyanocobalamin":
        patient.owed = [each for each in patient.owed if each != "pregnancy"]


def _maintenance(draw: Draw, form: str, route: str, neurology: str) -> str:
    if route == "oral":
        return f"{form} 1000 ug oral daily"
    if form == "cyanocobalamin":
        return f"{form} 1000 ug IM every 1 mo"
    if neurology == "none":
        return f"{form} 1000 ug IM {draw.choice(('every 2-3 mo', 'every 3 mo', 'every 12 wk', 'every 2 mo'))}"
    return f"{form} 1000 ug IM {draw.choice(('every 2 mo', 'every 8 wk'))}"


def _kidneys_and_form(patient: Patient, form: str) -> None:
    """Cyanocobalamin needs kidneys; without a number nobody knows. Other forms need none."""
    kidneys = ("eGFR", "eGFR of the last year")
    if form != "cyanocobalamin":
        patient.missing = [name for name in patient.missing if name not in kidneys]
        patient.owed = [name for name in patient.owed if name != "diabetic kidney disease"]
        return
    if "diabetic kidney disease" in patient.owed:
        patient.faults.append("cyanocobalamin in diabetic kidney disease")
    if patient.egfr is not None and patient.egfr < 50:
        patient.faults.append("cyanocobalamin with eGFR below 50")


def _fault(draw: Draw, patient: Patient, stage: str, form: str, route: str, neurology: str, cause: str) -> None:
    """One prescribing fault that this patient can have."""
    faults = {
        "no dose and no timing": form,
        "milligrams for micrograms": patient.order.replace("1000 ug", "1000 mg"),
    }
    if route == "IM":
        faults["into a vein"] = patient.order.replace(" IM ", " IV ")
    if route == "IM" and stage == "loading":
        faults["maintenance schedule before loading"] = f"{form} 1000 ug IM every 3 mo"
        faults["weekly only"] = f"{form} 1000 ug IM weekly"
        if neurology == "signs":
            faults["six doses although there are signs"] = f"{form} 1000 ug IM 3 per wk for 2 wk x6"
    elif route == "IM":
        faults["too long an interval"] = f"{form} 1000 ug IM every {'3' if form == 'cyanocobalamin' else '4'} mo"
        faults["100 micrograms a dose"] = patient.order.replace("1000 ug", "100 ug")
    if stage == "loading" and (neurology == "signs" or cause == "pernicious anaemia"):
        faults["by mouth in spite of signs or pernicious anaemia"] = "cyanocobalamin 1000 ug oral daily"
    name = draw.choice(sorted(faults))
    patient.faults.append(name)
    patient.order = faults[name]
