"""The key set behind a URL as one worker has it, for tests of when it is fetched. Knows no server."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cds_service.trust.key_sets import FetchedKeys
from cds_service.trust.key_shelf import KeyShelf
from cds_service.waiting import Waits
from tests.signing import jwks

URL = "https://ehr.example/jwks.json"
Fetch = Callable[[], bytes]
Make = Callable[..., FetchedKeys]


def text(*names: str) -> bytes:
    return json.dumps(jwks(*names)).encode()


@pytest.fixture
def fetched() -> Iterator[Make]:
    """fetched(fetch, file, waits): the key set as a worker has it, with the shelf in the file or of its own."""
    made: list[FetchedKeys] = []

    def make(fetch: Fetch, file: Path | None = None, waits: Waits | None = None) -> FetchedKeys:
        made.append(FetchedKeys("general", URL, KeyShelf(file, time.monotonic()), waits or Waits(), fetch))
        return made[-1]

    yield make
    for each in made:
        each.close()
