"""One synthetic patient: sentences of the case language, and what the generator knows to be wrong or missing."""

from dataclasses import dataclass, field
from enum import StrEnum

from tests.population.draws import SIGNS, Draw


class Group(StrEnum):
    """How an order is counted. RIGHT: nothing is wrong, missing or owed; the answer must be silence."""

    UNRELATED = "unrelated order"
    RIGHT = "right order, record complete"
    INCOMPLETE = "right order, record incomplete"
    OWED = "right order, something else to mind"
    FAULTY = "order with a fault"


@dataclass
class Patient:
    """given: what is on record, in words. faults, missing, owed: what the generator knows of the order.

    treated: has, or is about to have, a cobalamin for a deficiency; the charts of the two kinds are counted apart.
    """

    age: int
    region: str
    order: str = ""
    about: str = ""
    given: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    owed: list[str] = field(default_factory=list)
    egfr: int | None = None
    diabetic: bool = False
    treated: bool = False

    @property
    def sentences(self) -> list[str]:
        return [*self.given, f"region {self.region}"]

    @property
    def group(self) -> Group:
        if self.about == "unrelated":
            return Group.UNRELATED
        if self.faults:
            return Group.FAULTY
        if self.owed:
            return Group.OWED
        return Group.INCOMPLETE if self.missing else Group.RIGHT


def person(draw: Draw, region: str) -> Patient:
    """Age, sex, kidney function, and what else an adult has on record."""
    age = draw.adult_age()
    woman = draw.chance(58)
    patient = Patient(age, region, given=[f"{'woman' if woman else 'man'} of {age}"])
    patient.diabetic = draw.chance(18)
    _kidneys(draw, patient)
    if patient.diabetic:
        patient.given.append(f"diagnosis: diabetes, {draw.randint(200, 5000)} days ago")
        if draw.chance(8):
            patient.given.append(f"diagnosis: diabetic kidney disease, {draw.randint(100, 1500)} days ago")
            patient.owed.append("diabetic kidney disease")
    if draw.chance(10):
        patient.given.append(f"takes: anticoagulant 5 mg oral daily, since {draw.randint(60, 2000)} days")
        patient.owed.append("anticoagulant")
    if draw.chance(30):
        low = draw.chance(1.7)
        count = draw.randint(8, 50) if low else draw.randint(90, 400)
        patient.given.append(f"platelets {count} 10*9/L, {draw.randint(1, 25)} days ago")
        patient.owed += ["low platelets"] * low
    if woman and age < 45 and draw.chance(4):
        patient.given.append(f"diagnosis: pregnant, {draw.randint(20, 200)} days ago")
        patient.owed.append("pregnancy")
    if draw.chance(3):
        patient.given.append("not told: MedicationRequest incomplete")
        patient.missing.append("medication list")
    return patient


def _kidneys(draw: Draw, patient: Patient) -> None:
    value = draw.egfr(patient.age)
    if value < 60 and draw.chance(60):
        stage = "stage 3b, 4, 5 or end-stage" if value < 45 else "stage 3 or less, or unspecified"
        patient.given.append(f"diagnosis: chronic kidney disease {stage}, {draw.randint(400, 2000)} days ago")
    if draw.chance(12):
        patient.missing.append("eGFR")
        patient.egfr = None if value >= 50 else value
        return
    old = draw.chance(8)
    at_risk = value < 60 or patient.diabetic
    days = draw.randint(400, 900) if old else draw.randint(1, 80 if at_risk else 340)
    patient.given.append(f"eGFR {value} mL/min/1.73m2, {days} days ago")
    patient.egfr = value
    if old:
        patient.missing.append("eGFR of the last year")


def rare(draw: Draw, patient: Patient, form: str) -> None:
    """What bars a form: severe allergy, Leber disease, an inherited defect."""
    if draw.chance(0.5):
        patient.given.append(f"allergy: {form}, severe")
        patient.faults.append("severe allergy to the form")
    if draw.chance(0.1):
        patient.given.append("diagnosis: Leber hereditary optic neuropathy, 900 days ago")
        patient.faults += ["Leber disease"] * (form == "cyanocobalamin")
    if draw.chance(0.1):
        patient.given.append("diagnosis: inherited cobalamin defect, 4000 days ago")
        patient.owed.append("inherited defect")
        patient.faults += ["inherited defect"] * (form == "cyanocobalamin")


def blood_count(draw: Draw, patient: Patient) -> None:
    """Haemoglobin and potassium of the week before a first dose."""
    severe, potassium_low = draw.chance(5), draw.chance(3)
    haemoglobin = draw.randint(50, 79) if severe else draw.randint(131, 160)
    potassium = draw.choice(("2.9", "3.2", "3.4")) if potassium_low else draw.choice(("3.6", "4.1", "4.6"))
    patient.given += [
        f"haemoglobin {haemoglobin} g/L, {draw.randint(1, 6)} days ago",
        f"potassium {potassium} mmol/L, {draw.randint(0, 6)} days ago",
    ]
    patient.owed += ["severe anaemia"] * severe + ["low potassium"] * potassium_low


def examined(draw: Draw, patient: Patient, status: str, days_ago: int) -> str:
    """Put the neurological status on record, seen `days_ago`; returns the sign, where there is one."""
    sign = draw.choice(SIGNS)
    if status == "signs":
        patient.given.append(f"diagnosis: {sign}, {days_ago} days ago")
    elif status == "none":
        patient.given.append(f"no sign: paraesthesia, {days_ago} days ago")
    else:
        patient.missing.append("neurological status")
    return sign
