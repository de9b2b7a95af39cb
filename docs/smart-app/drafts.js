// The draft orders: two to begin with, and what becomes of them when a suggestion is applied.

const RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm";
const SNOMED = "http://snomed.info/sct";
const UCUM = "http://unitsofmeasure.org";

const INTRAMUSCULAR = { system: SNOMED, code: "78421000", display: "Intramuscular route" };
const ORAL = { system: SNOMED, code: "26643006", display: "Oral route" };

let written = 0;

/** What a button of index.html writes, for a patient's id: orders as a clinician might write them. */
export const ORDERS = {
  cyanocobalamin: (patientId) =>
    order(
      patientId,
      { system: RXNORM, code: "309594", display: "cyanocobalamin 1 MG/ML injectable solution" },
      {
        text: "1000 micrograms intramuscular, every month",
        timing: { repeat: { frequency: 1, period: 1, periodUnit: "mo" } },
        route: { coding: [INTRAMUSCULAR] },
        doseAndRate: [{ doseQuantity: { value: 1000, unit: "ug", system: UCUM, code: "ug" } }],
      },
    ),
  folicAcid: (patientId) =>
    order(
      patientId,
      { system: RXNORM, code: "4511", display: "folic acid" },
      {
        text: "5 mg by mouth, every day",
        timing: { repeat: { frequency: 1, period: 1, periodUnit: "d" } },
        route: { coding: [ORAL] },
        doseAndRate: [{ doseQuantity: { value: 5, unit: "mg", system: UCUM, code: "mg" } }],
      },
    ),
};

function order(patientId, medicine, dosage) {
  return {
    resourceType: "MedicationRequest",
    id: newId(),
    status: "draft",
    intent: "order",
    medicationCodeableConcept: { coding: [medicine], text: medicine.display },
    subject: { reference: `Patient/${patientId}` },
    dosageInstruction: [dosage],
  };
}

/** The drafts after a clinician has taken a suggestion. Those given stay as they are. */
export function applied(drafts, actions) {
  const named = new Map(drafts.map((draft) => [nameOf(draft), draft]));
  for (const { type, resource, resourceId } of actions) {
    if (type === "create") {
      const created = { ...resource, id: newId() };
      named.set(nameOf(created), created);
    } else if (type === "update" && named.has(nameOf(resource))) {
      named.set(nameOf(resource), resource);
    } else if (!(type === "delete" && named.delete(resourceId))) {
      throw new Error(`The suggestion cannot be applied here: its action is "${type}" of an order that is no draft.`);
    }
  }
  return [...named.values()];
}

function newId() {
  return `draft-${++written}`;
}

export function nameOf(draft) {
  return `${draft.resourceType}/${draft.id}`;
}

/** A line for a person: what is ordered, and how it is given. */
export function described(draft) {
  const what = draft.medicationCodeableConcept ?? draft.code;
  const how = (draft.dosageInstruction ?? []).map((dosage) => dosage.text ?? "dose as structured");
  return [what?.text ?? what?.coding?.[0]?.display ?? "An order without a name", ...how].join(": ");
}
