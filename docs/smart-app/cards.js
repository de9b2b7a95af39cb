// CDS Hooks cards as elements. What a card says is set as text; only its detail, which is Markdown, becomes HTML.

// HTML in the Markdown stays text, and no picture is fetched. markdown-it makes no link of javascript: or data:.
const markdown = markdownit({ html: false }).disable("image");

/** The card as an <article>. onApply(suggestion) and onOverride(reason) are called when a person says so. */
export function cardElement(card, { onApply, onOverride }) {
  const heading = element("h3", { id: `card-${card.uuid}` }, card.summary);
  const detail = element("div", { className: "detail", innerHTML: markdown.render(card.detail ?? "") });
  const article = element(
    "article",
    { className: "card" },
    element("header", {}, element("span", { className: "badge" }, card.indicator), heading),
    ...suggestions(card, onApply),
    detail,
    element("p", {}, "Source: ", link(card.source)),
    ...(card.links ?? []).map((each) => element("p", {}, link(each))),
    ...overrides(card, onOverride),
  );
  article.dataset.indicator = card.indicator;
  article.setAttribute("aria-labelledby", heading.id);
  return article;
}

function suggestions(card, onApply) {
  if (!card.suggestions?.length) return [];
  const atMostOne = card.suggestions.length > 1 && card.selectionBehavior !== "any";
  return [
    element("h4", {}, atMostOne ? "Suggestions: choose one at most" : "Suggested"),
    element("ul", { className: "suggestions" }, ...card.suggestions.map((each) => suggested(each, onApply))),
  ];
}

function suggested(suggestion, onApply) {
  const label = element("p", { id: `label-${suggestion.uuid}` }, suggestion.label);
  if (suggestion.isRecommended) label.prepend(element("strong", {}, "Recommended. "));
  const button = element("button", { id: `apply-${suggestion.uuid}`, onclick: () => onApply(suggestion) }, "Apply");
  button.setAttribute("aria-labelledby", `${button.id} ${label.id}`); // which of several it is
  const also = suggestion.actions.slice(1).map((action) => element("li", {}, `Together with: ${action.description}`));
  return element("li", {}, label, ...(also.length ? [element("ul", {}, ...also)] : []), button);
}

function overrides(card, onOverride) {
  if (!card.overrideReasons?.length) return [];
  const choices = card.overrideReasons.map(({ display }, value) => {
    return element("label", {}, element("input", { type: "radio", name: "reason", value, required: true }), display);
  });
  const form = element(
    "form",
    {},
    element("fieldset", {}, element("legend", {}, "Why does it not apply?"), ...choices),
    element("button", { className: "quiet" }, "Override, and send the reason as feedback"),
  );
  const details = element("details", {}, element("summary", {}, "Override"), form);
  const note = element("p", { className: "notice", role: "status", tabIndex: -1 });
  form.onsubmit = async (event) => {
    event.preventDefault();
    const reason = card.overrideReasons[new FormData(form).get("reason")];
    try {
      await onOverride(reason);
      note.textContent = `Overridden: ${reason.display}. Sent as feedback.`;
      details.remove();
      note.focus();
    } catch (error) {
      note.textContent = `Not sent as feedback: ${error.message}`;
    }
  };
  return [details, note];
}

/** A link where the address is one of the web, else its words alone. */
function link({ label, url }) {
  if (!/^https?:\/\//.test(url ?? "")) return label;
  return element("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label);
}

export function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}
