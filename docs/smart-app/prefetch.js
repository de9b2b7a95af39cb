// The prefetch templates of a service, filled and read through the FHIR client.

const MOST_PAGES = 20;

/**
 * Reads every key. What fails is left out of `prefetch`, and the service then knows that it was not told. An empty
 * Bundle in its place would say that the patient has none.
 * values: what to put for the tokens, by name: {"context.patientId": "p1"}.
 * Gives {prefetch: {key: resource}, failures: {key: reason}}.
 */
export async function gather(client, templates, values) {
  const prefetch = {};
  const failures = {};
  await Promise.all(
    Object.entries(templates).map(async ([key, template]) => {
      try {
        prefetch[key] = await read(client, filled(template, values));
      } catch (error) {
        failures[key] = error.status ? `the FHIR server answered ${error.status}` : error.message;
      }
    }),
  );
  return { prefetch, failures };
}

function filled(template, values) {
  return template.replace(/\{\{\s*(.*?)\s*\}\}/g, (token, name) => {
    if (!values[name]) throw new Error(`there is no value for ${token}`);
    return values[name];
  });
}

async function read(client, query) {
  const answer = await client.request(query, { pageLimit: MOST_PAGES });
  if (!query.includes("?")) return expected(answer, query.split("/")[0]);
  return whole([answer].flat().map((page) => expected(page, "Bundle")));
}

/** One Bundle of all pages. Half a result is no result: a list that goes on after the last page is a failure. */
function whole(pages) {
  if (pages.at(-1).link?.some((link) => link.relation === "next")) throw new Error(`more than ${MOST_PAGES} pages`);
  const { link, entry, ...bundle } = pages[0];
  const entries = pages.flatMap((page) => page.entry ?? []);
  return entries.length ? { ...bundle, entry: entries } : bundle;
}

/** A server may answer 200 with an OperationOutcome: that is no result either. */
function expected(answer, type) {
  if (answer?.resourceType !== type) throw new Error(`the FHIR server answered with no ${type}`);
  return answer;
}
