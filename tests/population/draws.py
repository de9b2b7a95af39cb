"""Shares and distributions of the synthetic population, each with where it comes from, and the draws from them.

| what | share | where from |
|---|---|---|
| serum B12 below 180 pg/mL, untreated | 4 % from 50 years, 3 % before | 4.4 % and 2.6 % below 148 pmol/L [1] |
| eGFR | mean 105 - 0.8 a year over 40, SD 16 | assumption, after [2]: 8 % of adults below 60; more here, being older |
| eGFR not on record; older than 12 months | 12 %; 8 % | assumption |
| age | triangular 18-95, mode 72 | assumption: B12 and folic acid are given to older people |
| women | 58 % | assumption |
| cause on record of those given B12 | table CAUSES | assumption; no source found that counts them |
| deficiency coded beside metformin or an operation | 70 % | assumption |
| loading, first maintenance, renewal | 20, 10, 70 % | assumption: an injection for life is renewed many times |
| neurological signs; examined, none; not on record | 20, 35, 45 % | assumption |
| form and route | table FORMS | assumption after derivations 9.1: uk hydroxocobalamin, us cyanocobalamin |
| right schedule | 80 % | assumption; faults in equal shares among those that fit the patient |
| folic acid for | table FOLIC_ACID | assumption |
| B12 measured within a year before folic acid | 60 % | assumption |
| already on vitamin B12 when folic acid is ordered | 8 % | assumption |
| order on record written within the year | 80 % of renewals | assumption: prescriptions are issued anew once a year |
| blood count within the last year, in treatment | 60 % | assumption |
| medication list received in part | 3 % | assumption |
| diabetes; anticoagulant; platelets of 50 or less | 18 %; 10 %; 0.5 % | assumption |
| haemoglobin below 80 g/L; potassium below 3.5 | 5 %; 3 %, before loading | assumption |
| pregnancy among women under 45 | 4 % | assumption |
| severe allergy to a cobalamin; Leber; inherited defect | 0.5; 0.1; 0.1 % | assumption, so that they occur |

[1] Evatt 2009, NHANES III, n = 8394, PMC3066843. [2] Castro 2009, NHANES 1999-2004, n = 13 233: 7.7 % at 30-59 and
0.35 % at 15-29 mL/min/1.73 m2, PMC2677815.

Nothing here is a claim about a real hospital: the table that comes of it shows what the service does with a plausible
mixture, group by group, so that a site can weigh the groups by its own orders.
"""

from collections.abc import Mapping
from random import Random
from typing import TypeVar

Kind = TypeVar("Kind")

CAUSES: Mapping[str, float] = {
    "pernicious anaemia": 25,
    "vitamin B12 deficiency": 38,
    "dietary vitamin B12 deficiency": 12,
    "metformin": 12,
    "gastric bypass": 5,
    "gastrectomy": 3,
    "coeliac disease": 3,
    "ileal resection": 2,
}
FORMS: Mapping[str, Mapping[tuple[str, str], float]] = {
    "uk": {
        ("hydroxocobalamin", "IM"): 84,
        ("cyanocobalamin", "oral"): 14,
        ("cyanocobalamin", "IM"): 2,
    },
    "us": {
        ("cyanocobalamin", "IM"): 58,
        ("cyanocobalamin", "oral"): 32,
        ("hydroxocobalamin", "IM"): 10,
    },
}
STAGES: Mapping[str, float] = {"loading": 20, "first maintenance": 10, "renewal": 70}
NEUROLOGY: Mapping[str, float] = {"signs": 20, "none": 35, "not on record": 45}
SIGNS = ("paraesthesia", "peripheral neuropathy", "numbness", "ataxia", "memory impairment", "gait disturbance")
FOLIC_ACID: Mapping[str, float] = {
    "folate deficiency": 35,
    "methotrexate": 25,
    "pregnancy": 15,
    "pregnancy, high dose": 5,
    "another standing indication": 8,
    "400 micrograms, no reason on record": 7,
    "5 mg, no reason on record": 5,
}
UNRELATED = (
    "gabapentin 300 mg oral daily",
    "another medicine 500 mg oral daily",
    "metformin 500 mg oral twice daily",
    "omeprazole 20 mg oral daily",
    "anticoagulant 5 mg oral daily",
    "methotrexate 10 mg oral weekly",
    "phenytoin 300 mg oral daily",
    "H2 blocker 20 mg oral daily",
    "colchicine 500 ug oral daily",
)


class Draw(Random):
    """A seeded source of patients."""

    def chance(self, percent: float) -> bool:
        return self.random() * 100 < percent

    def one_of(self, shares: Mapping[Kind, float]) -> Kind:
        return self.choices(list(shares), list(shares.values()))[0]

    def adult_age(self) -> int:
        return int(self.triangular(18, 95, 72))

    def egfr(self, age: int) -> int:
        return max(6, min(130, round(self.gauss(105 - 0.8 * max(0, age - 40), 16))))

    def low_b12(self) -> int:
        return self.randint(60, 175)
