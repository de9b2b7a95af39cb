"""Which facts and which orders decide each rule: the grid in which its three-valued logic is walked through."""

from dataclasses import dataclass

from cds_service.clinical.topics import Topic

T = Topic
_CYANO = (
    "cyanocobalamin 1000 ug IM every 1 mo",
    "cyanocobalamin 499 ug IM every 1 mo",
    "cyanocobalamin 1000 ug oral daily",
    "vitamin b12 1000 ug IM every 1 mo",
    "cyanocobalamin",
)
_LOADING = (
    "hydroxocobalamin 1000 ug IM every 2 d",
    "hydroxocobalamin 1000 ug IM 3 per wk for 2 wk x6",
    "hydroxocobalamin 1000 ug IM weekly",
    "hydroxocobalamin",
)
_MAINTENANCE = (
    "hydroxocobalamin 1000 ug IM every 2 mo",
    "hydroxocobalamin 1000 ug IM every 3 mo",
    "hydroxocobalamin 1000 ug IM every 4 mo",
    "cyanocobalamin 1000 ug IM every 3 mo",
    "mecobalamin 1000 ug IM every 3 mo",
    "hydroxocobalamin 250 ug IM every 2 mo",
)
_ORAL = (
    "cyanocobalamin 1000 ug oral daily",
    "cyanocobalamin 500 ug oral daily",
    "cyanocobalamin 100 ug oral daily",
    "cyanocobalamin 500 ug nasal weekly",
)
_FOLIC = ("folic acid 5 mg oral daily", "folic acid 400 ug oral daily", "folic acid 401 ug oral daily", "folic acid")
_NEEDLE = (
    "hydroxocobalamin 1000 ug IM every 2 mo",
    "hydroxocobalamin 1000 ug IM gluteal every 2 mo",
    "hydroxocobalamin 1000 ug SC every 2 mo",
)
_CHART = ("chart opened",)


@dataclass(frozen=True)
class Grid:
    """orders x facts. always: said in every situation of the grid, so that the rule can be reached at all."""

    orders: tuple[str, ...]
    facts: tuple[str, ...]
    always: tuple[str, ...] = ()


_LOW = ("B12 120 pg/mL, 7 days ago",)
_HELD = ("takes: hydroxocobalamin 1000 ug IM every 2 mo, since 1400 days", "order renews what is taken")
GRIDS: dict[Topic, Grid] = {
    T.CYANO_LEBER: Grid(_CYANO, ("Leber", "age", "allergy", "eGFR")),
    T.CYANO_IEM: Grid(_CYANO, ("inherited defect", "age", "neurology", "eGFR")),
    T.AKI: Grid(_CYANO, ("creatinine", "kidney disease", "diabetes", "age")),
    T.CYANO_RENAL: Grid(_CYANO, ("eGFR", "kidney disease", "diabetes", "pregnancy", "age")),
    T.CYANO_DN: Grid(_CYANO, ("ACR", "diabetes", "eGFR", "age")),
    T.RENAL_UNKNOWN: Grid(_CYANO, ("eGFR", "kidney disease", "diabetes", "pregnancy")),
    T.ALLERGY: Grid((*_CYANO, *_LOADING[:2]), ("allergy", "neurology", "age")),
    T.UNIT_ERROR: Grid(
        tuple(f"hydroxocobalamin {ug} ug IM weekly" for ug in ("9", "10", "5000", "5001", "10000", "10001", "1000000")),
        ("inherited defect", "age", "neurology"),
        _LOW,
    ),
    T.ROUTE_ORAL_NEURO: Grid(_ORAL, ("neurology", "B12", "treatment", "eGFR")),
    T.REGIMEN_NEURO: Grid((*_LOADING, *_MAINTENANCE), ("neurology", "B12", "treatment", "pernicious anaemia")),
    T.ROUTE_IV: Grid(
        ("hydroxocobalamin 1000 ug IV every 2 mo", "cyanocobalamin 1000 ug IV weekly"),
        ("age", "platelets", "neurology"),
    ),
    T.REGIMEN_NONEURO: Grid((*_LOADING, *_MAINTENANCE), ("B12", "neurology", "treatment", "eGFR"), _LOW),
    T.ROUTE_ORAL_PA: Grid(_ORAL, ("pernicious anaemia", "B12", "neurology", "treatment", "operation")),
    T.UNDERDOSE: Grid((*_LOADING, *_MAINTENANCE, *_ORAL), ("neurology", "treatment", "operation", "ileum"), _LOW),
    T.FOLATE_B12_DEF: Grid(_FOLIC, ("B12", "treatment", "exemption", "pernicious anaemia", "neurology")),
    T.FOLATE_B12_UNKNOWN: Grid(_FOLIC, ("B12", "MMA", "eGFR", "neurology", "pregnancy")),
    T.FOLATE_DOC: Grid(_FOLIC, ("B12", "folate deficiency", "treatment", "exemption")),
    T.DATA: Grid((*_LOADING, *_MAINTENANCE[:2]), ("neurology", "B12", "treatment", "age")),
    # routes and causes
    T.ROUTE_ORAL_MALABS: Grid(_ORAL, ("operation", "ileum", "B12", "haemoglobin", "neurology")),
    T.ROUTE_RYGB: Grid(_ORAL, ("operation", "B12", "neurology", "treatment")),
    T.ILEAL_PROPH: Grid((*_CHART, *_MAINTENANCE[:3], _ORAL[0]), ("ileum", "B12", "treatment")),
    T.CROHN: Grid(_CHART, ("Crohn", "B12", "treatment")),
    # regimen on treatment
    T.RECUR: Grid(_MAINTENANCE, ("course", "B12", "age"), _HELD),
    T.TITRATE: Grid(_MAINTENANCE, ("course", "B12", "treatment"), _HELD),
    T.STOP: Grid(
        _MAINTENANCE[:1],
        ("pernicious anaemia", "operation", "course", "B12", "another draft"),
        ("order is stopped", "order is what is taken", _HELD[0]),
    ),
    # person and administration
    T.PLT: Grid(_NEEDLE, ("platelets", "bleeding disorder", "age")),
    T.ANTICOAG: Grid(_NEEDLE, ("INR", "anticoagulant", "bleeding disorder", "platelets")),
    T.SITE: Grid(_NEEDLE, ("age", "platelets")),
    T.POTASSIUM: Grid(_LOADING, ("haemoglobin", "potassium", "MCV", "neurology"), _LOW),
    T.PEDS: Grid((*_LOADING[:2], _ORAL[0]), ("age", "neurology", "B12")),
    T.PREG: Grid((*_LOADING, _MAINTENANCE[0]), ("pregnancy", "neurology", "B12")),
    # charts
    T.BARI_PREG: Grid(_CHART, ("pregnancy", "operation", "B12")),
    T.FUNCTIONAL: Grid(_CHART, ("MMA", "eGFR", "B12", "neurology")),
    T.MMA_RENAL: Grid(_CHART, ("MMA", "eGFR", "B12", "kidney disease")),
    T.MONITOR: Grid(_CHART, ("treatment", "haemoglobin", "B12", "age")),
    # housekeeping
    T.DUP: Grid((*_MAINTENANCE[:2], _ORAL[0]), ("another draft", "treatment")),
    T.REFER: Grid((*_LOADING, _CYANO[0]), ("inherited defect", "neurology", "age")),
}
