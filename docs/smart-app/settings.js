// What a site changes: which service is called, and which EHRs may launch the app.

// Where /cds-services is. In production your own backend, which signs and passes the call on (README.md).
export const SERVICE = "http://127.0.0.1:8000";

// What the prefetch templates ask for. Servers that know SMART 1 only want patient/*.read instead of these.
const READS = ["Patient.r", "Observation.rs", "Condition.rs", "MedicationRequest.rs", "MedicationStatement.rs"];
const MORE_READS = ["Procedure.rs", "AllergyIntolerance.rs", "ServiceRequest.rs"];
const SCOPE = ["launch", "openid", "fhirUser", ...[...READS, ...MORE_READS].map((read) => `patient/${read}`)].join(" ");

// An EHR that is not listed cannot launch the app: else a link could make it read from, and show, anybody's server.
export const EHRS = [
  {
    issMatch: /^http:\/\/127\.0\.0\.1(:\d+)?\//, // this machine, for development
    clientId: "cobalamin-cds-example",
    scope: SCOPE,
    redirectUri: "index.html",
  },
  {
    issMatch: "https://ehr.hospital.example/fhir/r4",
    clientId: "the id that the EHR gave at registration",
    scope: SCOPE,
    redirectUri: "index.html",
    pkceMode: "required",
  },
];
