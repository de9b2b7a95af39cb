// The app, from the launch to the cards. It fires patient-view when the chart is opened, order-select when an order is
// written or a suggestion taken, and order-sign before it is signed.
import { cardElement, element } from "./cards.js";
import { applied, described, nameOf, ORDERS } from "./drafts.js";
import { gather } from "./prefetch.js";
import { call, discover, feedback } from "./service.js";

let client; // of fhirclient: it knows the FHIR server, the token, the patient and the user
let services;
let drafts = [];
let turn = 0;

start().catch(showError);

async function start() {
  client = await FHIR.oauth2.ready();
  services = await discover();
  for (const button of at("write").children) {
    button.onclick = () => change([...drafts, ORDERS[button.dataset.order](client.patient.id)]);
    button.disabled = false;
  }
  at("sign").onclick = () => fire("order-sign");
  at("discard").onclick = () => change([]);
  await fire("patient-view");
}

function change(changed) {
  drafts = changed;
  at("drafts").replaceChildren(...drafts.map((draft) => element("li", {}, described(draft))));
  at("finish").hidden = drafts.length === 0;
  return fire(drafts.length > 0 ? "order-select" : "patient-view");
}

/** Gathers what the service asks for, calls it, and shows what it says. Of two calls at once the later one counts. */
async function fire(hook) {
  const mine = ++turn;
  say("Asking the service.");
  at("cards").inert = true; // they are about what was: seen until the answer is here, and not to be used
  try {
    const service = services.find((each) => each.hook === hook);
    if (!service) throw new Error(`The CDS service does not offer ${hook}.`);
    const context = contextOf(hook);
    const values = { "context.patientId": context.patientId, "context.userId": context.userId };
    const { prefetch, failures } = await gather(client, service.prefetch ?? {}, values);
    if (mine !== turn) return;
    showChart(prefetch.patient, failures);
    const cards = await call(service.id, { hook, hookInstance: crypto.randomUUID(), context, prefetch });
    if (mine === turn) showCards(hook, service, cards);
  } catch (error) {
    if (mine === turn) showError(error);
  }
}

function contextOf(hook) {
  // An open FHIR server knows no user, and CDS Hooks wants one
  const userId = client.user.fhirUser ?? "Practitioner/not-signed-in";
  const context = { userId, patientId: client.patient.id };
  if (hook === "patient-view") return context;
  const draftOrders = { resourceType: "Bundle", type: "collection", entry: drafts.map((resource) => ({ resource })) };
  return hook === "order-select"
    ? { ...context, selections: drafts.map(nameOf), draftOrders }
    : { ...context, draftOrders };
}

/** The order is changed, the service is told, and asked again. */
async function take(service, card, suggestion) {
  const changed = applied(drafts, suggestion.actions);
  const taken = { outcome: "accepted", acceptedSuggestions: [{ id: suggestion.uuid }] };
  const told = feedback(service.id, card, taken).then(() => "", (error) => `Not sent as feedback: ${error.message}`);
  const heading = at("advice");
  heading.tabIndex = -1;
  heading.focus(); // the button that had the focus goes with its card
  await change(changed);
  at("error").append(await told);
}

function showChart(patient, failures) {
  const { given = [], family, text } = patient?.name?.[0] ?? {};
  const name = text ?? [...given, family].filter(Boolean).join(" ");
  const born = `born ${patient?.birthDate ?? "on an unknown day"}`;
  at("patient").textContent = patient
    ? [name, patient.gender, born].filter(Boolean).join(", ")
    : "The patient could not be read.";
  const lines = Object.entries(failures).map(([key, reason]) => `Not read, and so not sent: ${key} (${reason}).`);
  at("unread").replaceChildren(...lines.map((line) => element("li", {}, line)));
}

function showCards(hook, service, cards) {
  const number = `${cards.length} ${cards.length === 1 ? "card" : "cards"}.`;
  say(`At ${hook}: ${cards.length ? number : "evaluated, and nothing to say."}`);
  const articles = cards.map((card) =>
    cardElement(card, {
      onApply: (suggestion) => take(service, card, suggestion).catch((error) => say("", error.message)),
      onOverride: (reason) => feedback(service.id, card, { outcome: "overridden", overrideReason: { reason } }),
    }),
  );
  replaceCards(articles);
}

function showError(error) {
  say("", error.message);
  replaceCards([]);
}

function replaceCards(articles) {
  at("cards").replaceChildren(...articles);
  at("cards").inert = false;
}

function say(status, error = "") {
  at("status").textContent = status;
  at("error").textContent = error;
}

function at(id) {
  return document.getElementById(id);
}
