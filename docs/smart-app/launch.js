// The launch URL. An EHR comes with ?iss=...&launch=..., and fhirclient leads on to its authorisation. A FHIR server
// that has none is named by hand: ?fhirServiceUrl=...&patientId=...
import { EHRS } from "./settings.js";

FHIR.oauth2.authorize(EHRS).catch((error) => {
  document.querySelector("#status").textContent = `The app was not launched: ${error.message}`;
});
