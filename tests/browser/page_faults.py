"""What is wrong with a page as a browser shows it: width, shifts, weight, errors, blocked parts. Knows no page."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

WIDTHS: Final = {360: 740, 768: 1024, 1366: 768}  # a phone, a tablet, a ward's screen
SCHEMES: Final = ("light", "dark")
MOST_BYTES: Final = 100_000

# Runs before anything of the page; what the driver runs is not held by the page's policy
_WATCH: Final = """
window.blocked = [];
window.shifts = [];
document.addEventListener("securitypolicyviolation", event => window.blocked.push(event.effectiveDirective));
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) window.shifts.push(entry.value);
}).observe({type: "layout-shift", buffered: true});
"""
# The box that reaches furthest to the right, where the page is wider than the window
_WIDEST: Final = """
() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return null;
  const boxes = [...document.querySelectorAll("body *")].filter(each => !each.parentElement.closest(".scroll"));
  const widest = boxes.sort((a, b) => b.getBoundingClientRect().right - a.getBoundingClientRect().right)[0];
  return `${document.documentElement.scrollWidth} in ${room}: ${widest.outerHTML.slice(0, 120)}`;
}
"""
_BYTES: Final = """
() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .reduce((sum, entry) => sum + entry.transferSize, 0)
"""
# Two frames: what shifts after the first paint has shifted then
_SETTLED: Final = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))"


@dataclass(frozen=True, slots=True)
class Opened:
    """A page in a window of its own, with nothing in the cache; errors: what the console said of errors."""

    page: Any
    errors: list[str] = field(default_factory=list)

    def faults(self) -> list[str]:
        if self.page.evaluate("document.scripts.length") > 0:  # it may change the page late, or ask for more
            self.page.wait_for_load_state("networkidle")
        self.page.evaluate(_SETTLED)
        found = [f"console: {each}" for each in self.errors]
        found += [f"blocked: {each}" for each in self.page.evaluate("window.blocked")]
        found += [f"layout shift of {each}" for each in self.page.evaluate("window.shifts")]
        widest = self.page.evaluate(_WIDEST)
        if widest is not None:
            found.append(f"wider than the window: {widest}")
        size = self.page.evaluate(_BYTES)
        if size > MOST_BYTES:
            found.append(f"{size} bytes transferred")
        return found


@contextmanager
def opened(browser: Any, url: str, width: int, scheme: str = "light") -> Iterator[Opened]:
    context = browser.new_context(
        viewport={"width": width, "height": WIDTHS[width]}, color_scheme=scheme, reduced_motion="reduce"
    )
    try:
        context.add_init_script(_WATCH)
        found = Opened(context.new_page())
        found.page.on("console", lambda said: found.errors.append(said.text) if said.type == "error" else None)
        found.page.on("pageerror", lambda error: found.errors.append(str(error)))
        found.page.goto(url)
        yield found
    finally:
        context.close()
