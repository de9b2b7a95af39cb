// The CDS service, as CDS Hooks says: discovery, a hook call, feedback. Whatever is no answer is an Error with words.
import { SERVICE } from "./settings.js";

/** The services on offer: [{id, hook, prefetch, ...}]. */
export async function discover() {
  const { services } = await asked("/cds-services");
  if (!Array.isArray(services)) throw new Error("The CDS service answered without a list of services.");
  return services;
}

/** The cards of a hook call. An empty list means: evaluated, and nothing to say. */
export async function call(id, request) {
  const { cards } = await asked(`/cds-services/${id}`, request);
  if (!Array.isArray(cards)) throw new Error("The CDS service answered without cards.");
  return cards;
}

/** Tells the service what became of a card: {outcome, acceptedSuggestions | overrideReason}. */
export async function feedback(id, card, what) {
  const item = { card: card.uuid, outcomeTimestamp: new Date().toISOString(), ...what };
  await asked(`/cds-services/${id}/feedback`, { feedback: [item] });
}

async function asked(path, body) {
  const post = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  let response;
  try {
    response = await fetch(SERVICE + path, body && post);
  } catch {
    throw new Error("The CDS service cannot be reached.");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(`The CDS service answered ${response.status}. ${reasons(answer)}`);
  return answer;
}

/** What the OperationOutcome of a refusal says. */
function reasons(outcome) {
  const issues = outcome.issue ?? [];
  return issues.map(({ details, diagnostics }) => [details?.text, diagnostics].filter(Boolean).join(" ")).join(" ");
}
