"""What was found is listed in one order, however the client's bundles are ordered."""

import json
from copy import deepcopy
from pathlib import Path

from tests.answers import ask
from tests.scenarios import client_of

FOLDER = Path(__file__).parent / "scenarios" / "hydroxocobalamin-bare-neurological"  # two signs of one day


def test_a_reversed_bundle_gives_the_same_detail() -> None:
    request = json.loads((FOLDER / "request.json").read_text("utf-8"))
    turned = deepcopy(request)
    turned["prefetch"]["conditions"]["entry"].reverse()
    assert turned != request
    details = [[card["detail"] for card in ask(client_of(FOLDER), sent)["cards"]] for sent in (request, turned)]
    assert details[0] == details[1]
    assert details[0]
