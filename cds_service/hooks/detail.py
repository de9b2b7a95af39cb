"""The `detail` of a card, in Markdown, in the order that cards.md 2 fixes. Knows wording; escapes the client's text."""

import re

from cds_service.clinical import phrases
from cds_service.clinical.errands import LabTest
from cds_service.clinical.orders import MedicationOrder
from cds_service.clinical.outcomes import Advice, ClientText, Input, Proposal, Saying
from cds_service.clinical.policy import Knowledge
from cds_service.knowledge.sign_off import State
from cds_service.knowledge.tables import Library, file_of
from cds_service.knowledge.wording import Wording, markdown
from fhir_mappings.orders import order_text

_REFERENCE = re.compile(r"[\w./:#-]+")
TEST_NAMES = {
    LabTest.B12: "serum vitamin B12",
    LabTest.HOLOTRANSCOBALAMIN: "holotranscobalamin",
    LabTest.MMA: "methylmalonic acid",
    LabTest.HOMOCYSTEINE: "homocysteine",
    LabTest.CREATININE_EGFR: "creatinine with eGFR",
    LabTest.POTASSIUM: "potassium",
    LabTest.CBC: "full blood count",
    LabTest.RETICULOCYTES: "reticulocytes",
    LabTest.VITAMIN_D: "vitamin D",
    LabTest.CALCIUM: "calcium",
}


def proposed_order(proposal: Proposal, knowledge: Knowledge, order: MedicationOrder | None) -> str:
    """A proposal as a sentence; where the draft's timing is kept, with that timing in words."""
    regimen = knowledge.regimens[proposal.regimen] if proposal.regimen is not None else None
    kept = phrases.schedule(order.timing) if order is not None and regimen is None else ""
    return order_text(proposal, regimen, kept)


def detail(advice: Advice, library: Library, wording: Wording, offered: str = "") -> str:
    """What was found; what is suggested and why; where sources differ; what could not be checked; who signed.

    offered: the options in Markdown, for a client that shows no suggestion as a whole.
    """
    sections = [
        _found(advice),
        _why(advice, library, wording, offered),
        _differ(advice, wording),
        _unchecked(advice),
        _also(advice, wording),
        _signed(advice, library, wording),
    ]
    return "\n\n".join(section for section in sections if section)


def _found(advice: Advice) -> str:
    if not advice.found:
        return ""
    return "**What was found**\n\n" + "\n".join(f"- {_input(found)}" for found in advice.found)


def _input(found: Input) -> str:
    # "eGFR" and the like keep their own spelling.
    name = found.name if found.name[1:2].isupper() else found.name[:1].upper() + found.name[1:]
    value = " ".join(markdown(part) for part in (found.value, found.unit) if part)
    if found.converted:
        value += f", that is {found.converted}"
    facts = [found.day.isoformat()] if found.day is not None else []
    if found.reference:
        # An id of letters, digits, dots and dashes, as FHIR wants it, or else the client's words like any others
        plain = _REFERENCE.fullmatch(found.reference)
        facts.append(f"`{found.reference}`" if plain else markdown(ClientText(found.reference)))
    return f"{name}: {value}" + (f" ({', '.join(facts)})" if facts else "")


def _why(advice: Advice, library: Library, wording: Wording, offered: str) -> str:
    paragraphs = [wording.part(advice.say, "because")]
    for saying in advice.paragraphs:
        part = "text" if wording.has(saying.key, "text") else "because"
        paragraphs.append(wording.part(saying, part))
    if advice.settled_by is not None:
        title = next(rule.title for rule in library.knowledge.rules if rule.topic is advice.settled_by)
        paragraphs.append(wording.part(Saying("card.settled_by", {"title": title}), "text"))
    return "**What is suggested, and why**\n\n" + "\n\n".join(filter(None, dict.fromkeys((*paragraphs, offered))))


def _differ(advice: Advice, wording: Wording) -> str:
    """What an entry says of itself, then the text of each contradiction (C-nn) that the card names."""
    own = [saying for saying in (advice.say, *advice.paragraphs) if wording.has(saying.key, "differ")]
    texts = dict.fromkeys(wording.part(saying, "differ") for saying in (*own, *contradictions(advice, wording)))
    if not texts:
        return ""
    seeds = [wording.part(Saying("card.seeds"), "text")] if "seed" in " ".join(texts).lower() else []
    return "**Sources differ**\n\n" + "\n\n".join((*texts, *seeds))


def contradictions(advice: Advice, wording: Wording) -> list[Saying]:
    """The texts of the contradictions that its rules and its words name, each once."""
    said = [name for saying in (advice.say, *advice.paragraphs) for name in wording.carries(saying.key)]
    named = dict.fromkeys((*advice.recommendations, *said))
    return [Saying(f"sources_differ.{name}") for name in named if name.startswith("C-")]


def _unchecked(advice: Advice) -> str:
    if not advice.missing:
        return ""
    return "**Could not be checked**\n\n" + "\n".join(f"- {name}" for name in advice.missing)


def _also(advice: Advice, wording: Wording) -> str:
    lines = [
        wording.part(Saying("card.also", {"summary": wording.part(say, "summary")}), "text") for say in advice.also
    ]
    return "\n".join(f"- {line}" for line in lines)


def _signed(advice: Advice, library: Library, wording: Wording) -> str:
    """Signed only when all that the card rests on is: its rules with their words, the numbers, the doses, the codes."""
    named = frozenset(advice.trace_rules)
    rules = [file_of(rule) for rule in library.knowledge.rules if rule.id in named]
    state = library.sign_off.state_behind(rules)
    values = {"version": library.knowledge.version}
    if state is State.SIGNED:
        signatures = library.sign_off.signed_by(library.sign_off.tables_behind(rules))
        people = dict.fromkeys(f"{each.name}, {each.role}" for each in signatures)
        values["people"] = ClientText("; ".join(people))  # from the site's file: escaped as any name
    return wording.part(Saying(f"card.{state.name.lower()}", values), "text")
