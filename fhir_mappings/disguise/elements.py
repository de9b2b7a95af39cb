"""What of each resource may be recorded: the elements that some reader reads, and what becomes of the value of each.

An element that is not named here is not written, whatever a later FHIR may call it. tests/test_disguise_elements.py
holds the tables against the records of the readers.
"""

from collections.abc import Mapping
from typing import Final

from fhir_mappings.disguise import words
from fhir_mappings.disguise.kinds import (
    Spec,
    about,
    an_hour,
    birth,
    coded,
    coding,
    either,
    identity,
    number,
    own_url,
    pointer,
    presence,
    resource_type,
    said,
    taken,
    unit,
    when,
    word,
)

REFERENCE: Final[Spec] = {"reference": pointer}
QUANTITY: Final[Spec] = {"value": number, "comparator": word, "unit": unit, "code": unit}
RANGE: Final[Spec] = {"low": QUANTITY, "high": QUANTITY}
PERIOD: Final[Spec] = {"start": when, "end": when}
RATIO: Final[Spec] = {"numerator": QUANTITY, "denominator": QUANTITY}
_VALUED: Final[dict[str, Spec]] = {
    "code": coded(words.finding),
    "valueQuantity": QUANTITY,
    "valueCodeableConcept": coded(words.answer),
    "valueBoolean": presence,
    "valueString": said(words.answer),
    "valueInteger": number,
    "dataAbsentReason": presence,
    "interpretation": coded(),
    "referenceRange": {"low": QUANTITY, "high": QUANTITY, "type": coded(), "appliesTo": coded()},
}
_ABOUT: Final[dict[str, Spec]] = {"resourceType": resource_type, "id": identity, "subject": about}
_OBSERVATION: Final[dict[str, Spec]] = {
    **_ABOUT,
    **_VALUED,
    "status": word,
    "effectiveDateTime": taken,
    "effectiveInstant": taken,
    "effectivePeriod": {"start": taken, "end": taken},
    "issued": taken,
    "component": _VALUED,
    "partOf": REFERENCE,
}
_CONDITION: Final[dict[str, Spec]] = {
    **_ABOUT,
    "patient": about,
    "clinicalStatus": coded(words.status),
    "verificationStatus": coded(words.status),
    "code": coded(words.condition),
    "onsetDateTime": when,
    "onsetPeriod": PERIOD,
    "abatementDateTime": when,
    "abatementPeriod": PERIOD,
    "recordedDate": when,
    "assertedDate": when,
    "dateRecorded": when,
}
_PROCEDURE: Final[dict[str, Spec]] = {
    **_ABOUT,
    "status": word,
    "notDone": presence,
    "notPerformed": presence,
    "code": coded(),
    "performedDateTime": when,
    "performedPeriod": PERIOD,
    "occurrenceDateTime": when,
    "occurrencePeriod": PERIOD,
}
_ALLERGY: Final[dict[str, Spec]] = {
    "resourceType": resource_type,
    "id": identity,
    "patient": about,
    "clinicalStatus": coded(words.status),
    "verificationStatus": coded(words.status),
    "type": coded(words.status),
    "criticality": word,
    "code": coded(words.allergy),
    "substance": coded(words.allergy),
    "status": word,
    "recordedDate": when,
    "assertedDate": when,
    "reaction": {
        "substance": coded(words.allergy),
        "manifestation": either(words.allergy, words.nothing),
        "description": said(words.allergy),
        "severity": word,
    },
}
_MEDICATION: Final[dict[str, Spec]] = {
    "resourceType": resource_type,
    "id": identity,
    "code": coded(words.medicine),
    "ingredient": {
        "itemCodeableConcept": coded(words.medicine),
        "item": either(words.medicine, words.medicine),
        "strength": RATIO,
        "strengthRatio": RATIO,
        "strengthQuantity": QUANTITY,
        "amount": RATIO,
    },
}
TIMING: Final[Spec] = {
    "event": when,
    "repeat": {
        "boundsDuration": QUANTITY,
        "boundsQuantity": QUANTITY,
        "boundsRange": RANGE,
        "boundsPeriod": PERIOD,
        **dict.fromkeys(("count", "countMax", "frequency", "frequencyMax", "period", "periodMax"), number),
        "periodUnit": unit,
        "periodUnits": unit,
        "dayOfWeek": word,
        "timeOfDay": an_hour,
        "when": an_hour,
    },
    "code": coded(),
}
DOSAGE: Final[Spec] = {
    "timing": TIMING,
    "route": coded(words.route),
    "site": coded(),
    "siteCodeableConcept": coded(),
    "doseAndRate": {"type": coded(words.dose_type), "doseQuantity": QUANTITY, "doseRange": RANGE},
    "doseQuantity": QUANTITY,
    "doseRange": RANGE,
    "quantityQuantity": QUANTITY,
    "quantityRange": RANGE,
    "asNeeded": presence,
    "asNeededFor": presence,
    "asNeededBoolean": presence,
    "asNeededCodeableConcept": presence,
}
_ORDER: Final[dict[str, Spec]] = {
    **_ABOUT,
    "patient": about,
    "status": word,
    "intent": word,
    "doNotPerform": presence,
    "medicationCodeableConcept": coded(words.medicine),
    "medicationReference": {"reference": pointer, "display": said(words.medicine)},
    "medication": either(words.medicine, words.medicine),
    "authoredOn": when,
    "dateWritten": when,
    "effectiveDateTime": when,
    "effectivePeriod": PERIOD,
    "dosageInstruction": DOSAGE,
    "dosage": DOSAGE,
    "dispenseRequest": {
        "validityPeriod": PERIOD,
        "numberOfRepeatsAllowed": number,
        "expectedSupplyDuration": QUANTITY,
    },
    "priorPrescription": REFERENCE,
    "basedOn": REFERENCE,
    "reason": either(words.condition, words.nothing),
    "reasonCode": coded(words.condition),
    "reasonCodeableConcept": coded(words.condition),
    "reasonReference": REFERENCE,
    "statusReason": coded(words.stop_reason),
    "reasonEnded": coded(words.stop_reason),
    "taken": word,
    "wasNotTaken": presence,
    "adherence": {"code": coded(words.status)},
    "extension": {
        "url": own_url,
        "valueCode": word,
        "valueCoding": coding(words.nothing),
        "valueCodeableConcept": coded(),
    },
    "note": presence,
}
_REQUEST: Final[dict[str, Spec]] = {
    **_ABOUT,
    "status": word,
    "intent": word,
    "doNotPerform": presence,
    "authoredOn": when,
    "code": either(words.referral, words.nothing),
}
_PATIENT: Final[dict[str, Spec]] = {
    "resourceType": resource_type,
    "id": identity,
    "gender": word,
    "birthDate": birth,
    "active": presence,
    "deceasedBoolean": presence,
    "deceasedDateTime": when,
    "link": {"type": word},
}
# What lies inside of another: the values of a panel, the drug of an order
ELEMENTS: Final[Mapping[str, Mapping[str, Spec]]] = {
    "Patient": _PATIENT,
    "Observation": _OBSERVATION | {"contained": _OBSERVATION},
    "Condition": _CONDITION,
    "Procedure": _PROCEDURE,
    "AllergyIntolerance": _ALLERGY,
    "Medication": _MEDICATION,
    **dict.fromkeys(
        ("MedicationRequest", "MedicationOrder", "MedicationStatement"), _ORDER | {"contained": _MEDICATION}
    ),
    **dict.fromkeys(("ServiceRequest", "ProcedureRequest"), _REQUEST),
}
