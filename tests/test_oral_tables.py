"""Derivations 8.2 (oral rows), 8.3 (last row), 8.7 and 8.9 line by line, through the whole evaluation: which cards, and
no others."""

import pytest

from cds_service.clinical.evaluate import evaluate, evaluate_chart
from cds_service.clinical.topics import Indicator, Topic
from tests.case_language import read
from tests.test_cases import KNOWLEDGE

INFO, WARNING = Indicator.INFO, Indicator.WARNING
Card = tuple[Topic, Indicator]
PA, MALABS, NEURO = Topic.ROUTE_ORAL_PA, Topic.ROUTE_ORAL_MALABS, Topic.ROUTE_ORAL_NEURO
LOW, NONE, SIGN = "B12 120 pg/mL, 7 days ago", "no sign: paraesthesia, 5 days ago", "sign: paraesthesia, 5 days ago"
B12_410, EGFR_90 = "B12 410 pg/mL, 7 days ago", "eGFR 90 mL/min/1.73m2, 10 days ago"
# So that no other card has anything to say: kidneys, blood count and potassium are known.
QUIET = (EGFR_90, "haemoglobin 140 g/L, 3 days ago", "MCV 90 fL, 3 days ago", "potassium 4.2 mmol/L, 3 days ago")
TABLETS = "takes: cyanocobalamin 1000 ug oral daily, since 240 days"
RENEWS = (TABLETS, "order renews what is taken")
OLD = "diagnosis: vitamin B12 deficiency, 900 days ago"
PERNICIOUS, GASTRECTOMY = "diagnosis: pernicious anaemia, 2190 days ago", "procedure: gastrectomy, 900 days ago"
COELIAC, DIET = "diagnosis: coeliac disease, 900 days ago", "diagnosis: dietary vitamin B12 deficiency, 900 days ago"
BYPASS, SLEEVE = "procedure: Roux-en-Y gastric bypass, 900 days ago", "procedure: sleeve gastrectomy, 900 days ago"
DIVERSION = "procedure: biliopancreatic diversion or duodenal switch, 900 days ago"
RESECTION, CM_45 = "procedure: ileal resection, 900 days ago", "length of ileum resected: 45 cm"
CM_20, CM_21 = "length of ileum resected: 20 cm", "length of ileum resected: 20.5 cm"
CROHN, CROHN_61 = "diagnosis: Crohn disease of the ileum, 900 days ago", "length of ileum involved: 61 cm"
DAILY = "cyanocobalamin 1000 ug oral daily"


def oral(amount: int) -> str:
    return f"cyanocobalamin {amount} ug oral daily"


def cards(order: str, *given: str) -> list[Card]:
    situation = read([*given, *QUIET])
    knowledge = situation.knowledge(KNOWLEDGE)
    if order == "chart opened":
        decision = evaluate_chart(situation.snapshot(), knowledge)
    else:
        decision = evaluate(situation.orders(order), situation.snapshot(), knowledge)
    return [(advice.rule.topic, advice.indicator) for advice in decision.advice]


ROWS: list[tuple[str, str, tuple[str, ...], list[Card]]] = [
    # 8.2 and 8.3, loading
    ("8.2 dietary, not severe", DAILY, (LOW, NONE, DIET), []),
    ("8.2 medicine, not severe", DAILY, (LOW, NONE, "takes: metformin, since 900 days"), []),
    ("8.2 cause unknown, not severe", DAILY, (LOW, NONE), []),
    ("8.2 pernicious anaemia possible", DAILY, (LOW, NONE, "diagnosis: autoimmune or atrophic gastritis, 900 days ago"),
     [(PA, INFO)]),
    ("8.2 pernicious anaemia", DAILY, (LOW, NONE, PERNICIOUS), [(PA, WARNING)]),
    ("8.2 gastrectomy", DAILY, (LOW, NONE, GASTRECTOMY), [(MALABS, WARNING)]),
    ("8.2 ileal resection", DAILY, (LOW, NONE, RESECTION, CM_45), [(MALABS, WARNING)]),
    ("8.2 coeliac disease", DAILY, (LOW, NONE, COELIAC), [(MALABS, WARNING)]),
    ("8.2 gastric bypass with deficiency", DAILY, (LOW, NONE, BYPASS), [(MALABS, WARNING)]),
    ("8.2 severe, B12 99", DAILY, ("B12 99 pg/mL, 7 days ago", NONE), [(MALABS, WARNING)]),
    ("8.2 not severe, B12 100", DAILY, ("B12 100 pg/mL, 7 days ago", NONE), []),
    ("8.2 severe and pernicious anaemia: one card", DAILY, ("B12 60 pg/mL, 7 days ago", NONE, PERNICIOUS),
     [(PA, WARNING)]),
    ("8.2 nasal, pernicious anaemia not in remission", "cyanocobalamin 500 ug nasal weekly", (LOW, NONE, PERNICIOUS),
     [(PA, WARNING)]),
    ("8.2 low dose and malabsorption: one card", oral(200), (LOW, NONE, COELIAC), [(MALABS, WARNING)]),
    ("8.3 not examined", DAILY, (LOW,), [(Topic.DATA, INFO)]),
    ("8.3 other cause possible", DAILY, (LOW, "diagnosis: diabetic neuropathy, 900 days ago"), [(Topic.DATA, INFO)]),
    ("8.3 not examined, malabsorption: the 8.2 card at its own indicator", DAILY, (LOW, COELIAC), [(MALABS, WARNING)]),
    ("8.3 other cause possible, malabsorption: the same", DAILY,
     (LOW, COELIAC, "diagnosis: diabetic neuropathy, 900 days ago"), [(MALABS, WARNING)]),
    ("8.3 not examined, pernicious anaemia: the same", DAILY, (LOW, PERNICIOUS), [(PA, WARNING)]),
    ("8.1 by mouth with a sign", DAILY, (LOW, SIGN, COELIAC), [(NEURO, WARNING)]),
    ("8.1 into the nose with a sign", "cyanocobalamin 500 ug nasal weekly", (LOW, SIGN), [(NEURO, WARNING)]),
    # 8.7, maintenance
    ("8.7 1000 a day", DAILY, (*RENEWS, OLD, NONE), []),
    ("8.7 1000 a day, coeliac disease", DAILY, (*RENEWS, OLD, NONE, COELIAC), []),
    ("8.7 1000 a day, ileal resection and treated deficiency", DAILY, (*RENEWS, OLD, NONE, RESECTION, CM_45), []),
    ("8.7 1000 a day, pernicious anaemia", DAILY, (*RENEWS, PERNICIOUS, NONE), [(PA, INFO)]),
    ("8.7 1000 a day, gastrectomy", DAILY, (*RENEWS, GASTRECTOMY, NONE), [(PA, INFO)]),
    ("8.7 neuro present", DAILY, (*RENEWS, OLD, SIGN), [(NEURO, WARNING)]),
    ("8.7 neuro plateaued", DAILY, (*RENEWS, OLD, "diagnosis in remission: peripheral neuropathy, 300 days ago"),
     [(NEURO, INFO)]),
    ("8.7 999 a day", oral(999), (*RENEWS, OLD, NONE), []),
    ("8.7 647 a day", oral(647), (*RENEWS, OLD, NONE), []),
    ("8.7 646 a day, confirmed", oral(646), (*RENEWS, OLD, NONE), [(Topic.UNDERDOSE, INFO)]),
    ("8.7 350 a day, confirmed", oral(350), (*RENEWS, OLD, NONE), [(Topic.UNDERDOSE, INFO)]),
    ("8.7 350 a day, sleeve, no deficiency", oral(350), (SLEEVE, B12_410), []),
    ("8.7 646 a day, bypass, no deficiency", oral(646), (BYPASS, B12_410), [(Topic.ROUTE_RYGB, INFO)]),
    ("8.7 350 a day, diversion, no deficiency", oral(350), (DIVERSION, B12_410), [(Topic.ROUTE_RYGB, INFO)]),
    ("8.7 349 a day, dietary", oral(349), (*RENEWS, DIET, NONE), [(Topic.UNDERDOSE, INFO)]),
    ("8.7 50 a day, dietary", oral(50), (*RENEWS, DIET, NONE), [(Topic.UNDERDOSE, INFO)]),
    ("8.7 49 a day, dietary: nutritional", oral(49), (*RENEWS, DIET, NONE), []),
    ("8.7 349 a day, confirmed, cause unknown", oral(349), (*RENEWS, OLD, NONE), [(Topic.UNDERDOSE, INFO)]),
    ("8.7 349 a day, coeliac disease", oral(349), (*RENEWS, OLD, NONE, COELIAC), [(Topic.UNDERDOSE, WARNING)]),
    ("8.7 349 a day, pernicious anaemia", oral(349), (*RENEWS, PERNICIOUS, NONE), [(Topic.UNDERDOSE, WARNING)]),
    ("8.7 349 a day, gastrectomy, confirmed", oral(349), (*RENEWS, OLD, GASTRECTOMY, NONE),
     [(Topic.UNDERDOSE, WARNING)]),
    ("8.7 50 a day, ileal resection, confirmed", oral(50), (*RENEWS, OLD, RESECTION, NONE),
     [(Topic.UNDERDOSE, WARNING)]),
    ("8.7 nasal 500 weekly, in remission", "cyanocobalamin 500 ug nasal weekly",
     (OLD, NONE, "takes: hydroxocobalamin 1000 ug IM every 2 mo, since 300 days"), []),
    ("8.7 no deficiency, no risk cause", oral(100), (B12_410,), []),
    ("8.7 nothing known", DAILY, (), []),
    # 8.9
    ("8.9 45 cm, hydroxocobalamin monthly", "hydroxocobalamin 1000 ug IM every 1 mo", (RESECTION, CM_45, B12_410), []),
    ("8.9 45 cm, hydroxocobalamin every 3 months", "hydroxocobalamin 1000 ug IM every 3 mo",
     (RESECTION, CM_45, B12_410), []),
    ("8.9 45 cm, hydroxocobalamin every 4 months", "hydroxocobalamin 1000 ug IM every 4 mo",
     (RESECTION, CM_45, B12_410), [(Topic.ILEAL_PROPH, INFO)]),
    ("8.9 45 cm, cyanocobalamin monthly", "cyanocobalamin 1000 ug IM every 1 mo", (RESECTION, CM_45, B12_410), []),
    ("8.9 45 cm, cyanocobalamin every 2 months", "cyanocobalamin 1000 ug IM every 2 mo", (RESECTION, CM_45, B12_410),
     [(Topic.ILEAL_PROPH, INFO)]),
    ("8.9 45 cm, by mouth", DAILY, (RESECTION, CM_45, B12_410), [(Topic.ILEAL_PROPH, INFO)]),
    ("8.9 20.5 cm, by mouth", DAILY, (RESECTION, CM_21, B12_410), [(Topic.ILEAL_PROPH, INFO)]),
    ("8.9 20 cm, by mouth", DAILY, (RESECTION, CM_20, B12_410), []),
    ("8.9 20 cm, cyanocobalamin every 3 months", "cyanocobalamin 1000 ug IM every 3 mo", (RESECTION, CM_20, B12_410),
     []),
    ("8.9 length unknown, by mouth", DAILY, (RESECTION, B12_410), []),
    ("8.9 bypass, hydroxocobalamin every 3 months", "hydroxocobalamin 1000 ug IM every 3 mo", (BYPASS, B12_410), []),
    ("8.9 bypass, cyanocobalamin monthly", "cyanocobalamin 1000 ug IM every 1 mo", (BYPASS, B12_410), []),
    ("8.9 bypass, cyanocobalamin every 3 months", "cyanocobalamin 1000 ug IM every 3 mo", (BYPASS, B12_410),
     [(Topic.UNDERDOSE, INFO)]),
    ("8.9 sleeve, 350 a day", oral(350), (SLEEVE, B12_410), []),
    ("8.9 sleeve, 349 a day", oral(349), (SLEEVE, B12_410), [(Topic.UNDERDOSE, INFO)]),
    ("8.9 bypass, 349 a day", oral(349), (BYPASS, B12_410), [(Topic.UNDERDOSE, INFO)]),
    ("8.9 bypass, 1000 a day", DAILY, (BYPASS, B12_410), [(Topic.ROUTE_RYGB, INFO)]),
    ("8.9 bypass, 1000 a day, deficiency", DAILY, (BYPASS, LOW, NONE), [(MALABS, WARNING)]),
    ("8.9 bypass, 1000 a day, a sign", DAILY, (BYPASS, B12_410, SIGN), [(NEURO, WARNING)]),
    ("8.9 type of operation unknown", oral(100),
     ("diagnosis: bariatric surgery, type not stated, 900 days ago", B12_410), []),
    ("8.9 ileal Crohn disease", DAILY, (CROHN, B12_410), []),
    ("8.9 ileal Crohn disease, cyanocobalamin every 3 months", "cyanocobalamin 1000 ug IM every 3 mo",
     (CROHN, CROHN_61, B12_410), []),
    ("8.9 antifolate", "cyanocobalamin 1000 ug IM every 9 wk", ("takes: pemetrexed, since 30 days", B12_410), []),
    ("8.9 vegan", oral(100), ("diagnosis: vegan diet, 900 days ago", B12_410), []),
    ("8.9 metformin", oral(100), ("takes: metformin, since 900 days", B12_410), []),
    # M10 and M11
    ("M11 45 cm", "chart opened", (RESECTION, CM_45, B12_410), [(Topic.ILEAL_PROPH, INFO)]),
    ("M11 20 cm", "chart opened", (RESECTION, CM_20, B12_410), []),
    ("M11 length unknown", "chart opened", (RESECTION, B12_410), [(Topic.ILEAL_PROPH, INFO)]),
    ("M11 hemicolectomy", "chart opened", ("procedure: right hemicolectomy, 900 days ago", B12_410), []),
    ("M10 no B12", "chart opened", (CROHN,), [(Topic.CROHN, INFO)]),
    ("M10 B12 in date", "chart opened", (CROHN, B12_410), []),
    ("C-11 61 cm", "chart opened", (CROHN, CROHN_61, B12_410), [(Topic.CROHN, INFO)]),
    ("both: one card", "chart opened", (CROHN, CROHN_61, RESECTION, CM_45), [(Topic.ILEAL_PROPH, INFO)]),
]  # fmt: skip
REGIONS = ("uk", "us")


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize(("order", "given", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_row(order: str, given: tuple[str, ...], expected: list[Card], region: str) -> None:
    assert cards(order, *given, f"region {region}") == expected
