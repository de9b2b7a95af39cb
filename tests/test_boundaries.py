"""Both sides of every limit, through the whole service: an EHR's request in, cards out. One line, one patient.

(what is on record, draft, the topic that is asked for, its indicator below the limit, at it, above it; "-" is silence.)
`{}` stands for the value.
"""

import pytest
from flask.testing import FlaskClient

from tests.answers import ask, service
from tests.as_fhir import hook_call
from tests.case_language import read

MONTHLY = "cyanocobalamin 1000 ug IM every 1 mo"
SIX = "hydroxocobalamin 1000 ug IM 3 per wk for 2 wk x6"
TWO_MONTHLY = "hydroxocobalamin 1000 ug IM every 2 mo"
FOLIC = "folic acid 5 mg oral daily"
CHART = "chart opened"
STABLE = (
    "no sign: paraesthesia, 1415 days ago",
    "no sign: paraesthesia, 20 days ago",
    "took: cyanocobalamin 1000 ug IM daily x7, since 1420 days",
    "takes: cyanocobalamin 1000 ug IM every 1 mo, since 1400 days",
    "order renews what is taken",
)
NEW = ("no sign: paraesthesia, 5 days ago",)
# name: (draft, on record, topic, [(value, indicator), ...])
LIMITS: dict[str, tuple[str, tuple[str, ...], str, list[tuple[str, str]]]] = {
    "eGFR 50": (
        MONTHLY, ("eGFR {} mL/min/1.73m2, 10 days ago", *STABLE[3:], *STABLE[:3]), "CyanocobalaminRenal",
        [("49.9", "warning"), ("50", "-"), ("50.1", "-")],
    ),
    "platelets 50": (
        TWO_MONTHLY, ("platelets {} 10*9/L, 5 days ago",), "Thrombocytopenia",
        [("49", "info"), ("50", "info"), ("50.1", "-"), ("51", "-")],
    ),
    "platelets 25": (
        TWO_MONTHLY, ("platelets {} 10*9/L, 5 days ago",), "Thrombocytopenia",
        [("24.9", "warning"), ("25", "info"), ("26", "info")],
    ),
    "platelets 10": (
        TWO_MONTHLY, ("platelets {} 10*9/L, 5 days ago",), "Thrombocytopenia",
        [("9.9", "warning"), ("10", "warning"), ("10.1", "warning")],
    ),
    "age 18 to the day, adult rules": (
        "hydroxocobalamin 1000 ug IM every 4 mo", ("child of {}", "B12 120 pg/mL, 7 days ago", *NEW),
        "RegimenNonNeurological", [("18 tomorrow", "-"), ("18", "warning"), ("19", "warning")],
    ),
    "age 18 to the day, children": (
        SIX, ("child of {}", "B12 120 pg/mL, 7 days ago", *NEW), "Paediatric",
        [("18 tomorrow", "info"), ("18", "-"), ("19", "-")],
    ),
    "MMA 271 nmol/L": (
        FOLIC, ("MMA {} nmol/L, 7 days ago", "B12 250 pg/mL, 7 days ago", "eGFR 90 mL/min/1.73m2, 7 days ago"),
        "FolateInB12Deficiency", [("270", "-"), ("271", "-"), ("271.1", "critical")],
    ),
    "B12 180 pg/mL": (
        FOLIC, ("B12 {} pg/mL, 7 days ago",), "FolateInB12Deficiency",
        [("179", "critical"), ("179.9", "critical"), ("180", "-")],
    ),
    "B12 350 pg/mL": (
        FOLIC, ("B12 {} pg/mL, 7 days ago",), "FolateB12Unknown",
        [("349", "warning"), ("350", "warning"), ("350.1", "-")],
    ),
    "holotranscobalamin 25 pmol/L": (
        FOLIC, ("holotranscobalamin {} pmol/L, 7 days ago",), "FolateInB12Deficiency",
        [("24.9", "critical"), ("25", "-")],
    ),
    "holotranscobalamin 70 pmol/L": (
        FOLIC, ("holotranscobalamin {} pmol/L, 7 days ago",), "FolateB12Unknown", [("70", "warning"), ("70.1", "-")],
    ),
    "folic acid 0.4 mg a day": (
        "folic acid {} oral daily", (), "FolateB12Unknown", [("399 ug", "-"), ("400 ug", "-"), ("401 ug", "warning")],
    ),
    "cobalamin 10 mg": (
        "hydroxocobalamin {} IM every 2 mo", (), "DoseUnitError",
        [("5 mg", "-"), ("5001 ug", "info"), ("10 mg", "info"), ("10001 ug", "critical")],
    ),
    "cobalamin 10 micrograms": (
        "hydroxocobalamin {} IM every 2 mo", (), "DoseUnitError", [("9 ug", "warning"), ("10 ug", "-")],
    ),
    "resection of 20 cm": (
        CHART,
        ("procedure: ileal resection, 900 days ago", "length of ileum resected: {} cm", "B12 500 pg/mL, 30 days ago"),
        "IlealResectionProphylaxis", [("19.9", "-"), ("20", "-"), ("20.1", "info")],
    ),
    "MMA 271 nmol/L, function": (
        CHART, ("MMA {} nmol/L, 7 days ago", "B12 500 pg/mL, 7 days ago", "eGFR 90 mL/min/1.73m2, 7 days ago"),
        "FunctionalDeficiency", [("271", "-"), ("271.1", "info")],
    ),
    "eGFR 60, function": (
        CHART, ("MMA 400 nmol/L, 7 days ago", "B12 500 pg/mL, 7 days ago", "eGFR {} mL/min/1.73m2, 7 days ago"),
        "FunctionalDeficiency", [("59.9", "-"), ("60", "info")],
    ),
    "eGFR 60, kidneys": (
        CHART, ("MMA 400 nmol/L, 7 days ago", "B12 500 pg/mL, 7 days ago", "eGFR {} mL/min/1.73m2, 7 days ago"),
        "MmaRenal", [("59.9", "info"), ("60", "-")],
    ),
    # C-04: homocysteine is shown and decides nothing, on either side of the seeds' target of 10
    "homocysteine 10 umol/L": (
        CHART,
        ("MMA 400 nmol/L, 7 days ago", "B12 500 pg/mL, 7 days ago", "eGFR 90 mL/min/1.73m2, 7 days ago",
         "homocysteine {} umol/L, 7 days ago"),
        "FunctionalDeficiency", [("9.9", "info"), ("10", "info"), ("10.1", "info")],
    ),
    "INR 4.0": (TWO_MONTHLY, ("INR {}, 5 days ago",), "Anticoagulation", [("4.0", "-"), ("4.1", "warning")]),
    "potassium 3.5 mmol/L": (
        SIX, ("B12 120 pg/mL, 7 days ago", *NEW, "potassium {} mmol/L, 2 days ago"), "Hypokalaemia",
        [("3.4", "warning"), ("3.5", "-")],
    ),
    "haemoglobin 80 g/L": (
        SIX, ("B12 120 pg/mL, 7 days ago", *NEW, "haemoglobin {} g/L, 2 days ago"), "Hypokalaemia",
        [("79", "warning"), ("80", "-")],
    ),
}  # fmt: skip
LINES = [
    pytest.param(draft, given, topic, value, indicator, id=f"{name}: {value}")
    for name, (draft, given, topic, values) in LIMITS.items()
    for value, indicator in values
]
CLIENT = service()


def said(client: FlaskClient, draft: str, given: list[str], topic: str) -> str:
    answer = ask(client, hook_call(read(given), draft))
    return next((card["indicator"] for card in answer["cards"] if card["source"]["topic"]["code"] == topic), "-")


@pytest.mark.parametrize(("draft", "given", "topic", "value", "indicator"), LINES)
def test_the_two_sides_of_a_limit(draft: str, given: tuple[str, ...], topic: str, value: str, indicator: str) -> None:
    assert said(CLIENT, draft.format(value), [each.format(value) for each in given], topic) == indicator


@pytest.mark.parametrize(
    ("picomoles", "topic", "indicator"),
    [
        ("132", "FolateInB12Deficiency", "critical"),
        ("133", "FolateB12Unknown", "warning"),
        ("258", "FolateB12Unknown", "warning"),
        ("259", "FolateB12Unknown", "-"),
    ],
)
def test_the_molar_twins_of_the_limits_of_b12(picomoles: str, topic: str, indicator: str) -> None:
    """132 and 133, 258 and 259 pmol/L are 178.9 and 180.2, 349.6 and 350.9 pg/mL (derivations 1.1)."""
    request = hook_call(read(["B12 1 pg/mL, 7 days ago"]), FOLIC)
    result = request["prefetch"]["results"]["entry"][0]["resource"]
    result["code"]["coding"][0]["code"] = "14685-2"
    result["valueQuantity"] = {"value": int(picomoles), "unit": "pmol/L", "code": "pmol/L"}
    found = {card["source"]["topic"]["code"]: card["indicator"] for card in ask(CLIENT, request)["cards"]}
    assert found.get(topic, "-") == indicator
