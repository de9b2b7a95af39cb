"""The way through a page by the Tab key: what it comes to, in which order, and if one sees where one is."""

from typing import Any, Final

# What a mouse can use, and so must a keyboard. Of radio buttons of one name, Tab comes to one.
_STOPS: Final = """
() => {
  const wanted = "a[href], button, input, select, textarea, summary, [tabindex], [contenteditable], [onclick]";
  const groups = new Set();
  window.stops = [...document.querySelectorAll(wanted)].filter(each => {
    if (each.disabled || each.id === "main" || !each.checkVisibility({visibilityProperty: true})) return false;
    if (each.type === "hidden") return false;
    if (each.type !== "radio") return true;
    const group = [...document.querySelectorAll(`input[type=radio][name="${CSS.escape(each.name)}"]`)]
      .filter(other => other.form === each.form);
    const first = group.find(other => other.checked) || group[0];
    return each === first;
  });
  document.activeElement.blur();
  window.getSelection().removeAllRanges();
  window.scrollTo(0, 0);
  return window.stops.map(each => each.outerHTML.slice(0, 100).replace(/\\s+/g, " "));
}
"""
# Where Tab has come to, and what is wrong there. Nothing else may lie over the middle of what has the focus.
_HERE: Final = """
() => {
  const here = document.activeElement;
  const style = getComputedStyle(here);
  const box = here.getBoundingClientRect();
  const faults = [];
  const clear = colour => /rgba\\(.*, 0\\)|transparent/.test(colour);
  const line = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && !clear(style.outlineColor);
  if (!line) faults.push("no visible focus");
  if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth) {
    faults.push("focus outside the window");
  } else if (box.width > 0) {
    const inside = (low, high, end) => (Math.max(low, 0) + Math.min(high, end)) / 2;
    const [x, y] = [inside(box.left, box.right, innerWidth), inside(box.top, box.bottom, innerHeight)];
    const on = document.elementFromPoint(x, y);
    const own = [here, ...(here.labels || [])].some(each => each.contains(on)) || on?.contains(here);
    if (!own) faults.push("focus is covered");
  }
  return [window.stops.indexOf(here), here === document.body, faults, here.outerHTML.slice(0, 100)];
}
"""


def keyboard_faults(page: Any) -> list[str]:
    """Empty where Tab alone comes to everything, from the top to the end, and shows where it is."""
    stops = page.evaluate(_STOPS)
    met: list[int] = []
    found: list[str] = []
    for _ in range(len(stops) + 5):
        page.keyboard.press("Tab")
        number, is_body, faults, markup = page.evaluate(_HERE)
        if is_body or number in met:
            break
        found += [f"{fault}: {markup}" for fault in faults]
        if number < 0:
            found.append(f"Tab comes to what is not there to be used: {markup}")
        else:
            met.append(number)
    found += [f"Tab does not come to: {stops[number]}" for number in range(len(stops)) if number not in met]
    if met != sorted(met):
        found.append("Tab does not follow the order of the page")
    return found
