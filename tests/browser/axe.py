"""axe-core on a page: what it is sure of. From npm by its lock file, never part of the service."""

from pathlib import Path
from typing import Any, Final

from tests.browser.npm_packages import NoPackagesError, node_modules

TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice")


class NoAxeError(Exception):
    """axe-core cannot be had here. The message is for a person."""


def axe_source() -> str:
    """The script. NoAxeError."""
    try:
        return (node_modules(Path(__file__).parent) / "axe-core" / "axe.min.js").read_text("utf-8")
    except NoPackagesError as error:
        raise NoAxeError(f"NO PAGE CHECKED WITH AXE: {error}") from None


def violations(page: Any) -> list[str]:
    """One line for each thing that axe-core is sure of, with everything open: what is closed is hidden from it too."""
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    page.evaluate(axe_source())
    options = {"runOnly": {"type": "tag", "values": list(TAGS)}, "resultTypes": ["violations"]}
    found = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"axe {each['id']}: {node['html'][:160]}: {node['failureSummary'].splitlines()[-1].strip()}"
        for each in found["violations"]
        for node in each["nodes"]
    ]
