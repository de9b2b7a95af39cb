"""The alert burden as Markdown: what a hospital asks first, how often it would be spoken to, and about what."""

from collections.abc import Mapping

from cds_service.clinical.topics import Indicator, Topic
from tests.population.burden import KNOWLEDGE, MIXTURE, Counted
from tests.population.people import Group

Burden = Mapping[str, Mapping[str, Counted]]
_INTRO = """# Alert burden

What the service says to a synthetic population: {size} patients with one order each, for each region; seed {seed};
drawn and asked on {date}; knowledge {version}. Made by `python -m tests.population`.

The shares behind it, each with its source or marked as an assumption, stand in `tests/population/draws.py`. No real
patient is in it, and it says nothing about how often a real hospital writes a wrong order: read it group by group, and
weigh the groups by your own orders. Of 100 drawn orders {mixture}.

A fault is one that the generator put there, by the decision tables. "Record incomplete": the order is right by what is
on record, but something that it depends on is not on record (neurological status, eGFR, part of the medication list).
"Something else to mind": the order is right, and the patient has a low platelet count, an anticoagulant and a new
injection, a low potassium, or the like.
"""
_MIXED = {
    "unrelated_patient": "are for other medicines",
    "cobalamin_patient": "for a cobalamin",
    "folic_acid_patient": "for folic acid",
}


def markdown(found: Burden, *, size: int, seed: int, date: str) -> str:
    """The whole page."""
    mixture = ", ".join(f"{share:g} {_MIXED[kind.__name__]}" for kind, share in MIXTURE.items())
    parts = [_INTRO.format(size=size, seed=seed, date=date, version=KNOWLEDGE.version, mixture=mixture)]
    for region, counted in found.items():
        parts += [f"## Region {region}\n", _summary(counted), _by_topic(counted)]
    return "\n".join(parts)


def _summary(groups: Mapping[str, Counted]) -> str:
    lines = [
        "| | asked | no card | info per 100 | warning per 100 | critical per 100 |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, counted in groups.items():
        rates = " | ".join(f"{counted.per_100_of(indicator):.1f}" for indicator in Indicator)
        silent = 100 * counted.silent / counted.asked if counted.asked else 0
        lines.append(f"| {name} | {counted.asked} | {silent:.1f} % | {rates} |")
    return "\n".join(lines) + "\n"


def _by_topic(groups: Mapping[str, Counted]) -> str:
    """Cards per 100 by topic and indicator. A group without any card has no column."""
    columns = {name: counted for name, counted in groups.items() if counted.cards}
    lines = [
        "Cards per 100, by topic:\n",
        f"| topic | indicator | {' | '.join(columns)} |",
        f"|---|---|{'---:|' * len(columns)}",
    ]
    cards = {card for counted in columns.values() for card in counted.cards}
    for topic in Topic:
        for indicator in reversed(Indicator):
            if (topic, indicator) not in cards:
                continue
            rates = [counted.per_100((topic, indicator)) for counted in columns.values()]
            shown = " | ".join(f"{rate:.2f}" if rate else "-" for rate in rates)
            lines.append(f"| {topic.value} | {indicator.name.lower()} | {shown} |")
    return "\n".join(lines) + "\n"


def readme_part(found: Burden, *, date: str) -> str:
    """What the README shows: by group, then by topic over all vitamin B12 and folic acid orders and over all charts."""
    version = KNOWLEDGE.version
    asked = {region: sum(c.asked for name, c in groups.items() if _is_order(name)) for region, groups in found.items()}
    head = f"Counted on {date} with knowledge {version}: {next(iter(asked.values()))} orders for each region, seed 1.\n"
    lines = [
        head,
        f"| | {' | '.join(f'{region}: no card, info / warning / critical per 100' for region in found)} |",
        f"|---|{'---:|' * len(found)}",
    ]
    names = next(iter(found.values()))
    rows = (f"| {name} | {' | '.join(_in_short(groups[name]) for groups in found.values())} |" for name in names)
    return "\n".join([*lines, *rows, "", *_topics_in_short(found)]) + "\n"


def _is_order(name: str) -> bool:
    return not name.startswith("chart")


def _in_short(counted: Counted) -> str:
    silent = 100 * counted.silent / counted.asked if counted.asked else 0
    return f"{silent:.1f} %, " + " / ".join(f"{counted.per_100_of(indicator):.1f}" for indicator in Indicator)


def _topics_in_short(found: Burden) -> list[str]:
    """Cards per 100 orders for a cobalamin or folic acid (right and wrong together), and per 100 charts."""
    sums = {(region, kind): Counted() for region in found for kind in ("orders", "charts")}
    for region, groups in found.items():
        for name, counted in groups.items():
            if name == Group.UNRELATED:
                continue
            whole = sums[(region, "orders" if _is_order(name) else "charts")]
            whole.asked += counted.asked
            whole.cards.update(counted.cards)
    cards = {card for whole in sums.values() for card in whole.cards}
    columns = " | ".join(f"{region}, {kind}" for region, kind in sums)
    lines = [
        "<details><summary>Cards per 100 vitamin B12 or folic acid orders, and per 100 charts, by topic</summary>\n",
        f"| topic | indicator | {columns} |",
        f"|---|---|{'---:|' * len(sums)}",
    ]
    for topic in Topic:
        for indicator in reversed(Indicator):
            if (topic, indicator) in cards:
                rates = [whole.per_100((topic, indicator)) for whole in sums.values()]
                shown = " | ".join(f"{rate:.2f}" if rate else "-" for rate in rates)
                lines.append(f"| {topic.value} | {indicator.name.lower()} | {shown} |")
    return [*lines, "\n</details>"]
