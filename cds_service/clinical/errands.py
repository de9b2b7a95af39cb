"""What a card may ask for beside a medicine: tests and referrals (derivations 9.3). Knows names; no codes."""

from enum import StrEnum


class LabTest(StrEnum):
    """Orderable tests."""

    B12 = "serum_b12"
    HOLOTRANSCOBALAMIN = "holotc"
    MMA = "mma"
    HOMOCYSTEINE = "homocysteine"
    CREATININE_EGFR = "creatinine_egfr"
    POTASSIUM = "potassium"
    CBC = "cbc"
    RETICULOCYTES = "reticulocytes"
    VITAMIN_D = "vitamin_d"
    CALCIUM = "calcium"


class Referral(StrEnum):
    """Specialist advice; all of it is urgent."""

    NEUROLOGY = "neurology"
    HAEMATOLOGY = "haematology"
    METABOLIC = "metabolic medicine"
    ALLERGY = "allergy"
    OBSTETRICS = "obstetrics"
    OPHTHALMOLOGY = "ophthalmology"
    PAEDIATRICS = "paediatrics"
