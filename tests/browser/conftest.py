"""What most checks in a browser open: Chromium, and the service as it is shipped, each once for a file of tests.

A file that needs another one has its own under the same name.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from cds_service.app import create_app
from cds_service.settings import Settings
from tests.browser.running import serving, tab
from tests.signing import NOW


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with tab() as found:
        yield found.page.context.browser


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """Its origin."""
    with serving(create_app(Settings(log_level="error"), clock=lambda: NOW)) as origin:
        yield origin
