"""The few sentences that cases are written in, strictly: a sentence that is not understood is an error.

order = "chart opened" is no order: the patient's chart is opened (patient-view).

given = [
  "man of 60" | "woman of 70" | "child of 14" | "age not known" | "sex not known",
  "eGFR 44 mL/min/1.73m2, 10 days ago" | "B12 120 pg/mL, 7 days ago" | "eGFR <60 mL/min/1.73m2, 10 days ago",
  "reported range up to 280": the result just before has this upper limit; "down to 4": this lower limit,
  "method: among blacks" | "specimen: serum": of the result just before (an EgfrMethod's value; any text),
  "B12 unreadable: unit missing",
  "diagnosis: peripheral neuropathy, 30 days ago" (recorded; "onset 30 days ago" for the onset; also
     "refuted diagnosis", "unconfirmed diagnosis", "resolved diagnosis", "diagnosis in remission",
     "recurrent diagnosis"; undated: "diagnosis: diabetes, undated"),
  "sign: paraesthesia, 5 days ago" | "no sign: paraesthesia, 5 days ago" | "worse: ..." | "better: ...",
  "procedure: ileal resection, 400 days ago", "length of ileum resected: 45 cm", "length of ileum involved: 61 cm",
  "allergy: hydroxocobalamin, severe" ("mild", "not recorded"; "intolerance": of low criticality),
  "takes: hydroxocobalamin 1000 ug IM every 3 mo, since 1400 days",
  "took: hydroxocobalamin 1000 ug IM 3 per wk for 2 wk x6, since 50 days" (completed),
  "broken off: ..." (stopped) | "on hold: ...": the same,
  "also drafted: folic acid 5 mg oral daily" | "also drafted: hydroxocobalamin 1000 ug IM weekly, starting in 8 days",
  "a medicine on record could not be identified",
  "not told: Condition refused" (a ResourceKind's value; refused, failed, incomplete, not supplied),
  "an entry could not be read: Condition",
  "region us" | "not stocked: hydroxocobalamin",
  "prescriber states: present" | "prescriber states: assessed-absent",
  "ordered: potassium" (a LabTest's or Referral's value: it stands among the drafts),
  "order renews what is taken" (the first record), "order renews all that is taken",
  "order has a note", "order's reason: <concept>", "order starts in 90 days", "order began 300 days ago",
  and the sentences about stops of tests/case_stops.py
]
"""

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from cds_service.clinical.concepts import Analyte, EgfrMethod, Ingredient, ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.errands import LabTest, Referral
from cds_service.clinical.orders import NO_ORDER, MedicationOrder, NeurologicalStatement, OrderStatus
from cds_service.clinical.policy import Knowledge, Region
from cds_service.clinical.quantities import PartialDate
from cds_service.clinical.snapshot import (
    Allergen,
    Allergy,
    AllergySeverity,
    Availability,
    ClinicalStatus,
    Course,
    Person,
    Sex,
    Snapshot,
    UnreadableResult,
    Verification,
)
from tests.case_stops import about_stops
from tests.clinical.builders import TODAY, diagnosis, finding, lab, operation, snapshot
from tests.clinical.orders import order, record

_ANALYTES = {
    "eGFR": Analyte.EGFR,
    "creatinine clearance": Analyte.CREATININE_CLEARANCE,
    "creatinine": Analyte.CREATININE,
    "B12": Analyte.B12,
    "holotranscobalamin": Analyte.HOLOTRANSCOBALAMIN,
    "MMA": Analyte.MMA,
    "ACR": Analyte.URINE_ACR,
    "platelets": Analyte.PLATELETS,
    "haemoglobin": Analyte.HAEMOGLOBIN,
    "INR": Analyte.INR,
    "potassium": Analyte.POTASSIUM,
    "folate": Analyte.SERUM_FOLATE,
    "MCV": Analyte.MCV,
    "homocysteine": Analyte.HOMOCYSTEINE,
    "body weight": Analyte.BODY_WEIGHT,
}
_CONCEPTS = {concept.value: concept for concept in Concept}
_KINDS = {kind.value: kind for kind in ResourceKind}
_AVAILABILITY = {
    "refused": Availability.REFUSED,
    "failed": Availability.FAILED,
    "incomplete": Availability.INCOMPLETE,
    "not supplied": Availability.NOT_SUPPLIED,
}
_RESULT = re.compile(
    r"(?P<name>[A-Za-z12 ]+?) (?P<value>[<>=]*[0-9.]+)(?: (?P<unit>\S+))?, (?P<ago>[0-9.]+) (?P<span>hours?|days?) ago"
)
_AGO = re.compile(r"(?P<what>.+?), (?:(?P<onset>onset )?(?P<days>\d+) days? ago|(?P<undated>undated))")
_PERSON = re.compile(r"(?P<who>man|woman|child) of (?P<age>\d+)(?P<day> tomorrow)?")
_DIAGNOSES = {
    "diagnosis": {},
    "refuted diagnosis": {"verification": Verification.REFUTED},
    "unconfirmed diagnosis": {"verification": Verification.UNCONFIRMED},
    "resolved diagnosis": {"status": ClinicalStatus.RESOLVED},
    "diagnosis in remission": {"status": ClinicalStatus.REMISSION},
    "recurrent diagnosis": {"status": ClinicalStatus.RECURRENCE},
}


_STATUS = {
    "takes": OrderStatus.ACTIVE,
    "took": OrderStatus.COMPLETED,
    "broken off": OrderStatus.STOPPED,
    "on hold": OrderStatus.ON_HOLD,
}


@dataclass
class Situation:
    """What the sentences of one case add up to."""

    facts: list[Any] = field(default_factory=list)
    person: Person = field(default_factory=lambda: _person("woman", 70))
    availability: dict[ResourceKind, Availability] = field(default_factory=dict)
    allergies: list[Allergy] = field(default_factory=list)
    drafts: list[MedicationOrder] = field(default_factory=list)
    changes: dict[str, Any] = field(default_factory=dict)
    region: Region = Region.UK
    unavailable: set[Ingredient] = field(default_factory=set)
    unreadable_kinds: set[ResourceKind] = field(default_factory=set)
    unknown_medications: tuple[str, ...] = ()
    ordered: set[LabTest | Referral] = field(default_factory=set)

    def snapshot(self) -> Snapshot:
        return snapshot(
            *self.facts,
            person=self.person,
            availability=self.availability,
            allergies=tuple(self.allergies),
            unreadable_kinds=frozenset(self.unreadable_kinds),
            unknown_medications=self.unknown_medications,
        )

    def knowledge(self, knowledge: Knowledge) -> Knowledge:
        return replace(knowledge, region=self.region, unavailable=frozenset(self.unavailable))

    def orders(self, text: str) -> tuple[MedicationOrder, ...]:
        """The draft that is judged, selected; the others of the bundle, which are its basket."""
        if text == "chart opened":
            return (NO_ORDER,)
        judged = replace(order(text, reference="MedicationRequest/draft"), index=0, **self.changes)
        others = [replace(o, index=i, selected=False) for i, o in enumerate(self.drafts, start=1)]
        return (judged, *others)


def read(sentences: list[str]) -> Situation:
    """The situation of one case; ValueError for a sentence that is not in the language."""
    found = Situation()
    for sentence in sentences:
        if not _understood(sentence, found):
            raise ValueError(f"not understood: {sentence!r}")
    return found


def _understood(sentence: str, found: Situation) -> bool:
    head, _, rest = sentence.partition(": ")
    return (
        _about_person(sentence, found)
        or _about_result(sentence, found)
        or _about_records(head, rest, found)
        or _about_setting(sentence, head, rest, found)
        or about_stops(head, rest, found.changes, found.drafts)
    )


def _person(who: str, age: int, *, tomorrow: bool = False) -> Person:
    """Born so that the age is reached today, or only tomorrow."""
    day = TODAY + timedelta(days=1) if tomorrow else TODAY
    birth = day.replace(year=day.year - age)
    sex = {"man": Sex.MALE, "woman": Sex.FEMALE, "child": Sex.FEMALE}[who]
    return Person(sex=sex, birth=PartialDate(birth, birth))


def _about_person(sentence: str, found: Situation) -> bool:
    if match := _PERSON.fullmatch(sentence):
        found.person = _person(match["who"], int(match["age"]), tomorrow=match["day"] is not None)
    elif sentence == "age not known":
        found.person = replace(found.person, birth=None)
    elif sentence == "sex not known":
        found.person = replace(found.person, sex=Sex.UNKNOWN)
    else:
        return False
    return True


def _about_result(sentence: str, found: Situation) -> bool:
    if match := _RESULT.fullmatch(sentence):
        analyte = _ANALYTES[match["name"]]
        days = Decimal(match["ago"]) / (24 if match["span"].startswith("hour") else 1)
        sent = f"{match['value']} {match['unit'] or ''}".strip()
        more = {"method": EgfrMethod.CKD_EPI_2021} if analyte is Analyte.EGFR else {}
        if analyte is Analyte.CREATININE_CLEARANCE:
            more = {"method": EgfrMethod.CLEARANCE}
        found.facts.append(lab(analyte, match["value"], days_ago=float(days), as_sent=sent, **more))
    elif match := re.fullmatch(r"reported range (up|down) to ([0-9.]+)", sentence):
        limit = "upper_limit" if match[1] == "up" else "lower_limit"
        found.facts[-1] = replace(found.facts[-1], **{limit: Decimal(match[2])})
    elif match := re.fullmatch(r"method: (.+)", sentence):
        found.facts[-1] = replace(found.facts[-1], method=EgfrMethod(match[1]))
    elif match := re.fullmatch(r"specimen: (.+)", sentence):
        found.facts[-1] = replace(found.facts[-1], specimen=match[1])
    elif match := re.fullmatch(r"(.+) unreadable: (.+)", sentence):
        analyte = _ANALYTES[match[1]]
        found.facts.append(UnreadableResult(analyte, match[2], "Observation/unreadable", TODAY))
    else:
        return False
    return True


def _about_records(head: str, rest: str, found: Situation) -> bool:
    if head in _STATUS:
        match = re.fullmatch(r"(.+), since (\d+) days", rest)
        if match is None:
            return False
        began = TODAY - timedelta(days=int(match[2]))
        number = sum(isinstance(fact, MedicationOrder) for fact in found.facts) + 1
        reference = f"MedicationRequest/record-{number}"
        found.facts.append(record(match[1], status=_STATUS[head], authored=began, starts=began, reference=reference))
        return True
    if head == "also drafted":
        drug, _, later = rest.partition(", starting in ")
        starts = TODAY + timedelta(days=int(later.removesuffix(" days"))) if later else None
        found.drafts.append(order(drug, reference=f"MedicationRequest/draft-{len(found.drafts) + 2}", starts=starts))
        return True
    match = _AGO.fullmatch(rest)
    if match is None or match["what"] not in _CONCEPTS:
        return False
    concept = _CONCEPTS[match["what"]]
    days = None if match["undated"] else int(match["days"])
    if head in _DIAGNOSES:
        dates = {"recorded": None, "onset": days} if match["onset"] else {"recorded": days}
        found.facts.append(diagnosis(concept, **dates, **_DIAGNOSES[head]))
    elif head in ("sign", "no sign", "worse", "better"):
        course = {"worse": Course.WORSE, "better": Course.BETTER}.get(head)
        found.facts.append(finding(concept, present=head != "no sign", days_ago=days or 0, course=course))
    elif head == "procedure":
        found.facts.append(operation(concept, days_ago=days))
    else:
        return False
    return True


def _about_setting(sentence: str, head: str, rest: str, found: Situation) -> bool:
    if head == "not told":
        kind, _, how = next(
            ((name, " ", rest.removeprefix(name).strip()) for name in _KINDS if rest.startswith(name)), ("", "", "")
        )
        if kind not in _KINDS or how not in _AVAILABILITY:
            return False
        found.availability[_KINDS[kind]] = _AVAILABILITY[how]
    elif head == "allergy":
        name, _, how = rest.rpartition(", ")
        mild = how == "intolerance"
        severity = AllergySeverity("mild" if mild else how)
        found.allergies.append(Allergy(Allergen(name), severity, name, "AllergyIntolerance/a", intolerance=mild))
    elif head == "an entry could not be read":
        found.unreadable_kinds.add(_KINDS[rest])
    elif head == "not stocked":
        found.unavailable.add(Ingredient(rest))
    elif head == "ordered":
        found.ordered.add(LabTest(rest) if rest in set(LabTest) else Referral(rest))
    elif head == "prescriber states":
        found.changes["stated_neurology"] = NeurologicalStatement(rest)
    elif head == "order's reason":
        found.changes["reasons"] = frozenset({Concept(rest)})
    elif sentence.startswith("region "):
        found.region = Region(sentence.removeprefix("region "))
    elif sentence == "order renews what is taken":
        found.changes["renews"] = ("MedicationRequest/record-1",)
    elif sentence == "order renews all that is taken":
        found.changes["renews"] = tuple(f"MedicationRequest/record-{number}" for number in range(1, 10))
    elif sentence == "a medicine on record could not be identified":
        found.unknown_medications = ("MedicationRequest/unknown",)
    elif match := re.fullmatch(r"(length of ileum (?:resected|involved)): ([0-9.]+) cm", sentence):
        found.facts.append(replace(finding(Concept(match[1])), length_cm=Decimal(match[2])))
    elif match := re.fullmatch(r"order (starts in|began) (\d+) days(?: ago)?", sentence):
        found.changes["starts"] = TODAY + timedelta(days=int(match[2]) * (1 if match[1] == "starts in" else -1))
    elif sentence == "order has a note":
        found.changes["has_note"] = True
    else:
        return False
    return True
