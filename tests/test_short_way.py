"""Hook calls go round Flask's routing: what is refused there is refused as elsewhere, and is let go of at once."""

import gc
import io
import json
import weakref
from collections.abc import Iterator

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests.answers import service
from tests.hook_calls import call, draft
from tests.signing import Guarded, Serve, token

PATH = "/cds-services/b12-order-select"
GOOD = json.dumps(call(draft(text="cyanocobalamin 1 mg tablet"))).encode()
UPGRADE = {"Connection": "Upgrade", "Upgrade": "websocket"}


class Body(io.BytesIO):
    """One that can be looked for."""


@pytest.fixture
def collected_by_nobody() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("collected_by_nobody")
@pytest.mark.parametrize(
    ("body", "more", "status"),
    [
        (b"{}", {}, 400),
        (b"{", {}, 400),
        (b"no gzip", {"Content-Encoding": "gzip"}, 400),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (GOOD, {}, 412),
    ],
)
def test_what_was_refused_is_not_kept(body: bytes, more: dict[str, str], status: int) -> None:
    """Not even until Python looks for what holds itself in a circle: bodies are large, and hold a patient's record."""
    app = service().application
    sent = Body(body)
    gone = weakref.ref(sent)
    headers = {"Content-Type": "application/json"} | more
    environ = EnvironBuilder(PATH, method="POST", input_stream=sent, headers=headers).get_environ()
    environ["CONTENT_LENGTH"] = str(len(body))
    answer, told, _ = run_wsgi_app(app, environ)
    assert int(told.split()[0]) == status
    del sent, environ, answer
    assert gone() is None


@pytest.mark.parametrize("more", [UPGRADE, {"Host": "a" * 70}, {"Host": "<>"}])
def test_a_token_is_judged_whatever_else_is_odd(guarded: Serve, more: dict[str, str]) -> None:
    """Where the odd were refused first, tokens could be tried by them with nobody told of the bad ones."""
    at: Guarded = guarded()
    refused = at.http.post(PATH, data=GOOD, headers={"Authorization": f"Bearer {token()[:-4]}AAAA"} | more)
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
