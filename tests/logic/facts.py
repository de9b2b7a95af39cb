"""The facts that rules ask about, each with its values just below, at and just above every limit, and every way to be
unknown: not on record, unreadable, out of date, on the wrong side of a comparator, not told.

A value is a tuple of sentences of the case language (`()` says nothing). words: how a gap of the fact is named.
"""

from dataclasses import dataclass

Value = tuple[str, ...]
_NO_CONDITIONS: Value = ("not told: Condition incomplete",)
_NO_MEDICINES: tuple[Value, ...] = (
    ("not told: MedicationRequest refused",),
    ("not told: MedicationRequest incomplete",),
    ("a medicine on record could not be identified",),
)
_NO_RESULTS: Value = ("not told: Observation (laboratory) incomplete",)

# What a part of the record that was not told may hold beside the fact that is asked about.
HIDDEN: dict[Value, tuple[Value, ...]] = {
    _NO_CONDITIONS: (
        ("diagnosis: pernicious anaemia, 60 days ago",),
        ("diagnosis: subacute combined degeneration of the cord, 5 days ago",),
        ("diagnosis: nitrous oxide exposure, 60 days ago", "diagnosis: paraesthesia, 5 days ago"),
    ),
    _NO_RESULTS: (("B12 120 pg/mL, 3 days ago",), ("MMA 400 nmol/L, 3 days ago",)),
    **dict.fromkeys(
        _NO_MEDICINES,
        # Tablets that ended too long ago to cover today, and not long enough for a sample to be off treatment.
        (("took: cyanocobalamin 1000 ug oral daily for 200 d, since 240 days",),),
    ),
}


@dataclass(frozen=True)
class Fact:
    """known: the values that it can truly have, `()` where its absence from a whole record is one of them."""

    name: str
    known: tuple[Value, ...]
    unknown: tuple[Value, ...]
    words: tuple[str, ...]


def _result(
    name: str, unit: str, *values: str, days: int = 5, also: tuple[Value, ...] = (), words: tuple[str, ...] = ()
) -> Fact:
    known = tuple((f"{name} {value} {unit}, {days} days ago",) for value in values)
    return Fact(
        name,
        known,
        ((), (f"{name} unreadable: unit missing",), _NO_RESULTS, *also),
        (*(words or (name,)), "laboratory"),
    )


def _diagnosis(name: str, *values: str, days: int = 900) -> Fact:
    known = ((), *((f"diagnosis: {value}, {days} days ago",) for value in values))
    return Fact(name, known, (_NO_CONDITIONS,), ("Condition",))


_FACTS = (
    _result(
        "eGFR", "mL/min/1.73m2", "29", "49.9", "50", "59.9", "60", "90", days=0,
        also=(("eGFR <60 mL/min/1.73m2, 0 days ago",), ("eGFR 80 mL/min/1.73m2, 500 days ago",)),
    ),
    Fact(
        "creatinine",
        (
            ("creatinine 1.0 mg/dL, 24 hours ago", "creatinine 1.0 mg/dL, 60 hours ago"),
            ("creatinine 1.29 mg/dL, 24 hours ago", "creatinine 1.0 mg/dL, 48 hours ago"),
            ("creatinine 1.3 mg/dL, 24 hours ago", "creatinine 1.0 mg/dL, 48 hours ago"),
            ("creatinine 1.0 mg/dL, 24 hours ago", "creatinine 1.5 mg/dL, 5 days ago"),
        ),
        ((), ("creatinine unreadable: unit missing",), _NO_RESULTS),
        ("eGFR", "creatinine", "laboratory"),
    ),
    _result("ACR", "mg/g", "299.9", "300", words=("albumin",)),
    _result(
        "B12", "pg/mL", "99", "179.9", "180", "350", "350.1",
        also=(("B12 >300 pg/mL, 5 days ago",), ("B12 400 pg/mL, 500 days ago",)),
    ),
    _result("holotranscobalamin", "pmol/L", "24.9", "25", "70", "70.1", words=("B12", "holotranscobalamin")),
    _result("MMA", "nmol/L", "271", "271.1", words=("MMA", "methylmalonic", "B12")),
    _result("platelets", "10*9/L", "9.9", "10", "24.9", "25", "50", "50.1", words=("platelet",)),
    _result("INR", "{INR}", "4.0", "4.1", words=("INR",)),
    _result("haemoglobin", "g/L", "79.9", "80", "119", "120", words=("haemoglobin", "blood count")),
    _result("potassium", "mmol/L", "2.9", "3.4", "3.5", words=("potassium",)),
    _result("MCV", "fL", "100", "101", words=("MCV", "blood count")),
    Fact(
        "neurology",
        (
            ("sign: paraesthesia, 5 days ago",),
            ("no sign: paraesthesia, 5 days ago",),
        ),
        ((), _NO_CONDITIONS, ("not told: Observation (findings) incomplete",)),
        ("neurological", "Condition", "findings"),
    ),
    Fact(
        "treatment",
        (
            (),
            ("takes: hydroxocobalamin 1000 ug IM every 2 mo, since 1400 days",),
            ("takes: hydroxocobalamin 1000 ug IM every 2 d, since 5 days",),
            ("takes: cyanocobalamin 1000 ug oral daily, since 400 days",),
            ("took: hydroxocobalamin 1000 ug IM 3 per wk for 2 wk x6, since 50 days",),
            ("took: hydroxocobalamin 1000 ug IM every 3 mo for 12 mo, since 1400 days",),
        ),
        _NO_MEDICINES,
        ("Medication", "medicine"),
    ),
    Fact(
        "exemption",
        ((), ("takes: methotrexate, since 100 days",), ("takes: phenytoin, since 100 days",)),
        (_NO_MEDICINES[1],),
        ("Medication",),
    ),
    Fact(
        "anticoagulant",
        ((), ("takes: anticoagulant 5 mg oral daily, since 100 days",)),
        (_NO_MEDICINES[1],),
        ("Medication",),
    ),
    Fact(
        "age",
        (("woman of 70",), ("child of 14",), ("child of 18",), ("child of 18 tomorrow",)),
        (("age not known",),),
        ("birth date",),
    ),
    Fact(
        "allergy",
        (
            (),
            ("allergy: hydroxocobalamin, severe",),
            ("allergy: cyanocobalamin, severe",),
            ("allergy: hydroxocobalamin, mild",),
            ("allergy: cobalamins as a class, severe",),
        ),
        (("not told: AllergyIntolerance refused",), ("not told: AllergyIntolerance incomplete",)),
        ("Allergy",),
    ),
    Fact(
        "ileum",
        (
            ("procedure: ileal resection, 900 days ago", "length of ileum resected: 20 cm"),
            ("procedure: ileal resection, 900 days ago", "length of ileum resected: 20.1 cm"),
        ),
        (("procedure: ileal resection, 900 days ago",),),
        ("ileum", "length"),
    ),
    Fact(
        "operation",
        (
            (),
            ("procedure: gastrectomy, 900 days ago",),
            ("procedure: Roux-en-Y gastric bypass, 900 days ago",),
            ("procedure: ileal resection, 900 days ago", "length of ileum resected: 45 cm"),
        ),
        (("not told: Procedure incomplete",),),
        ("Procedure",),
    ),
    Fact(
        "course",
        (
            ("no sign: paraesthesia, 1395 days ago",),
            ("diagnosis: paraesthesia, 1500 days ago", "worse: paraesthesia, 5 days ago"),
            ("diagnosis: paraesthesia, 1500 days ago", "better: paraesthesia, 5 days ago"),
            ("diagnosis in remission: paraesthesia, 1200 days ago",),
            ("recurrent diagnosis: paraesthesia, 20 days ago",),
        ),
        ((), _NO_CONDITIONS),
        ("neurological", "Condition"),
    ),
    Fact(
        "another draft",
        (
            (),
            ("also drafted: hydroxocobalamin 1000 ug IM monthly",),
            ("also drafted: cyanocobalamin 50 ug oral daily",),
        ),
        (),
        (),
    ),
    _diagnosis("Leber", "Leber hereditary optic neuropathy", "tobacco or toxic amblyopia"),
    _diagnosis("inherited defect", "inherited cobalamin defect", "methylmalonic acidaemia, type not stated"),
    _diagnosis("kidney disease", "chronic kidney disease stage 3b, 4, 5 or end-stage", "dialysis", days=100),
    _diagnosis("diabetes", "diabetes", "diabetic kidney disease"),
    _diagnosis("pernicious anaemia", "pernicious anaemia", "vitamin B12 deficiency", days=60),
    _diagnosis("pregnancy", "pregnant", days=60),
    _diagnosis("bleeding disorder", "bleeding disorder"),
    _diagnosis("folate deficiency", "folate deficiency", days=60),
    _diagnosis("Crohn", "Crohn disease of the ileum"),
    _diagnosis("nitrous oxide", "nitrous oxide exposure", days=60),
)  # fmt: skip
FACTS = {fact.name: fact for fact in _FACTS}
