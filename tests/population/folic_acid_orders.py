"""Patients who are ordered folic acid, and what derivations 7.2 and 7.3 make of it; and patients with other orders."""

from tests.population.cobalamin_orders import cobalamin_patient
from tests.population.draws import FOLIC_ACID, UNRELATED, Draw
from tests.population.people import Patient, examined, person

_EXEMPT = {"methotrexate", "pregnancy", "pregnancy, high dose"}


def folic_acid_patient(draw: Draw, region: str) -> Patient:
    patient = person(draw, region)
    patient.about = "folic acid"
    use = draw.one_of(FOLIC_ACID)
    patient.given = [each for each in patient.given if "pregnant" not in each]
    if use.startswith("pregnancy"):
        patient.given[0] = f"woman of {draw.randint(19, 42)}"
        patient.given.append(f"diagnosis: pregnant, {draw.randint(20, 200)} days ago")
    patient.owed = []
    # Kidneys decide nothing here but how MMA is read.
    patient.missing = [each for each in patient.missing if each == "medication list"]
    patient.order = _order(draw, patient, use)
    if use in ("pregnancy", "400 micrograms, no reason on record"):
        patient.missing = []
        _b12(draw, patient)
        return patient
    covered = draw.chance(8)
    status = _b12(draw, patient)
    if covered:
        patient.given.append(f"takes: hydroxocobalamin 1000 ug IM every 2 mo, since {draw.randint(30, 360)} days")
        if use == "5 mg, no reason on record":
            patient.faults.append("5 mg without a reason")
        return patient
    _judge(patient, use, status)
    return patient


def _order(draw: Draw, patient: Patient, use: str) -> str:
    if use == "folate deficiency":
        patient.given.append(f"diagnosis: folate deficiency, {draw.randint(1, 90)} days ago")
    if use == "methotrexate":
        patient.given.append(f"takes: methotrexate 15 mg oral weekly, since {draw.randint(60, 2000)} days")
        return "folic acid 5 mg oral weekly"
    if use == "another standing indication":
        drug = draw.choice(("phenytoin", "sulfasalazine"))
        patient.given.append(f"takes: {drug} 300 mg oral daily, since {draw.randint(60, 2000)} days")
    if use in ("pregnancy", "400 micrograms, no reason on record"):
        return "folic acid 400 ug oral daily"
    return "folic acid 5 mg oral daily"


def _b12(draw: Draw, patient: Patient) -> str:
    """Serum B12 of the last year, where it was measured."""
    if not draw.chance(60):
        return "unknown"
    low = draw.chance(4 if patient.age >= 50 else 3)
    status = "low" if low else draw.choices(("between", "high"), (25, 75))[0]
    value = {"low": draw.low_b12(), "between": draw.randint(185, 345), "high": draw.randint(355, 800)}[status]
    patient.given.append(f"B12 {value} pg/mL, {draw.randint(1, 300)} days ago")
    return status


def _judge(patient: Patient, use: str, status: str) -> None:
    """7.2 by columns: E1 and E2 are exempt, E3 is told of, E0 needs a B12 that makes deficiency unlikely."""
    if status == "low":
        patient.faults.append("untreated deficiency")
    elif use in _EXEMPT:
        return
    elif status == "high":
        patient.faults += ["5 mg without a reason"] * (use == "5 mg, no reason on record")
    elif use == "another standing indication":
        patient.owed.append("B12 not settled")
    else:
        patient.faults.append("B12 not measured" if status == "unknown" else "B12 between the limits")


def unrelated_patient(draw: Draw, region: str) -> Patient:
    """Any other medicine: for a patient who is treated with B12, or for anybody."""
    if draw.chance(30):
        patient = cobalamin_patient(draw, region)
        patient.given = [each for each in patient.given if each != "order renews what is taken"]
    else:
        patient = person(draw, region)
        _b12(draw, patient)
        examined(draw, patient, draw.choice(("signs", "none", "not on record")), draw.randint(5, 900))
    patient.about = "unrelated"
    patient.order = draw.choice(UNRELATED)
    return patient
