"""The example SMART app as it is looked at: axe-core, a phone and a ward's screen, light and dark, the keyboard."""

from collections.abc import Iterator

import pytest

from tests.browser.axe import NoAxeError, violations
from tests.browser.keyboard import keyboard_faults
from tests.browser.page_faults import Opened, opened
from tests.browser.smart_app import SmartApp, settled, smart_app, write
from tests.browser.smart_ehr import SmartEhr
from tests.browser.test_smart_app import B12, CHART
from tests.loopback import on_loopback


@pytest.fixture(scope="module")
def app() -> Iterator[SmartApp]:
    with smart_app() as found:
        yield found


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1366, "light")])
def test_nothing_is_wrong_with_it(app: SmartApp, width: int, scheme: str) -> None:
    ehr = SmartEhr(CHART)
    with on_loopback(ehr), opened(app.browser, app.launched_by(ehr), width, scheme) as found:
        settled(found.page)
        assert faults(found) == []
        assert keyboard_faults(found.page) == []
        write(found.page, B12)
        assert found.page.locator("article.card").count() == 1
        assert faults(found, "layout shift") == []  # a draft that was just written moves what is below
        try:
            assert violations(found.page) == []
        except NoAxeError as error:
            pytest.skip(str(error))


def faults(found: Opened, expected: str = "bytes transferred") -> list[str]:
    """But for its weight: its libraries come as they are, without a build step and unpacked."""
    return [fault for fault in found.faults() if "bytes transferred" not in fault and expected not in fault]
