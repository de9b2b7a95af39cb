"""The example SMART app in a real browser: launched by an EHR that authorises it, then cards, drafts and feedback."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cds_service.hooks.services import SERVICES
from tests.browser.smart_app import SmartApp, calls, settled, smart_app, write
from tests.browser.smart_ehr import USER, SmartEhr, example_chart
from tests.loopback import on_loopback
from tests.signing import NOW

B12 = "Write cyanocobalamin"
FOLIC_ACID = "Write folic acid"
CHART = example_chart(NOW.date())
EMPTY = {"resourceType": "Bundle", "type": "searchset", "total": 0}
KEYS = {key.name for key in SERVICES[0].prefetch}


@pytest.fixture(scope="module")
def app() -> Iterator[SmartApp]:
    with smart_app() as found:
        yield found


@pytest.fixture
def ehr() -> Iterator[SmartEhr]:
    server = SmartEhr(CHART)
    with on_loopback(server):
        yield server


@pytest.fixture
def page(app: SmartApp) -> Iterator[Any]:
    with app.page() as opened:
        yield opened


def launch(page: Any, app: SmartApp, ehr: SmartEhr) -> list[dict[str, Any]]:
    """To the first answer. The hook calls that the app makes, now and later."""
    fired = calls(page)
    page.goto(app.launched_by(ehr))
    settled(page)
    return fired


def answer(page: Any, service_id: str, body: dict[str, Any]) -> None:
    """In place of the service."""
    page.route(f"**/{service_id}", lambda route: route.fulfill(json=body))


def test_an_ehr_launches_it_and_a_card_is_seen_applied_and_gone(page: Any, app: SmartApp, ehr: SmartEhr) -> None:
    fired = launch(page, app, ehr)
    write(page, B12)
    card = page.locator("article.card")
    assert card.get_attribute("data-indicator") == "warning"
    assert card.locator(".badge").inner_text().lower() == "warning"
    assert card.locator(".detail li").first.inner_text().startswith("Order: Cyanocobalamin")
    assert card.get_by_role("link").get_attribute("href").endswith("/rules/T-CYANO-RENAL")
    with page.expect_response("**/feedback") as told:
        card.get_by_role("button", name="Apply Recommended. Hydroxocobalamin 1000 micrograms").click()
    settled(page)
    assert page.inner_text("#status") == "At order-select: evaluated, and nothing to say."
    assert page.locator("article.card").count() == 0
    assert page.inner_text("#drafts li").lower().startswith("hydroxocobalamin")
    assert told.value.json() == {"received": 1}
    assert json.loads(told.value.request.post_data)["feedback"][0]["outcome"] == "accepted"
    assert [each["hook"] for each in fired] == ["patient-view", "order-select", "order-select"]
    assert {each["context"]["userId"] for each in fired} == {USER}


def test_an_order_is_checked_for_signing_and_discarded(page: Any, app: SmartApp, ehr: SmartEhr) -> None:
    launch(page, app, ehr)
    assert not page.locator("#finish").is_visible()  # nothing to sign
    write(page, FOLIC_ACID)
    page.get_by_role("button", name="Check for signing").click()
    settled(page)
    assert page.inner_text("#status") == "At order-sign: 1 card."
    page.get_by_role("button", name="Discard").click()
    settled(page)
    assert page.inner_text("#status").startswith("At patient-view: ")
    assert not page.locator("#drafts li, #finish").first.is_visible()


def test_a_suggestion_adds_and_takes_away_what_it_says_and_nothing_else(
    page: Any, app: SmartApp, ehr: SmartEhr
) -> None:
    fired = launch(page, app, ehr)
    write(page, FOLIC_ACID)
    page.get_by_role("button", name="Apply").click()
    settled(page)
    (folic_acid, test) = fired[-1]["context"]["draftOrders"]["entry"]
    assert fired[-2]["context"]["draftOrders"]["entry"] == [folic_acid]
    assert test["resource"] | {"id": "draft-2"} == test["resource"]
    assert fired[-1]["context"]["selections"] == ["MedicationRequest/draft-1", "ServiceRequest/draft-2"]
    for draft, left in (("MedicationRequest/draft-7", 2), ("MedicationRequest/draft-1", 1)):
        delete = {"type": "delete", "description": "Delete", "resourceId": draft}
        suggestion = {"label": "Delete", "uuid": "s", "actions": [delete]}
        card = {"uuid": "c", "summary": "Delete", "indicator": "info", "source": {}, "suggestions": [suggestion]}
        answer(page, "b12-order-sign", {"cards": [card]})
        page.get_by_role("button", name="Check for signing").click()
        settled(page)
        page.get_by_role("button", name="Apply Delete").click()
        settled(page)
        assert page.locator("#drafts li").count() == left
        assert page.inner_text("#error").startswith("The suggestion cannot be applied here") is (left == 2)


def test_an_override_is_sent_with_its_reason(page: Any, app: SmartApp, ehr: SmartEhr) -> None:
    launch(page, app, ehr)
    write(page, B12)
    page.locator("summary").click()
    page.get_by_label("Patient refuses").check()
    with page.expect_response("**/feedback") as told:
        page.get_by_role("button", name="Override").click()
    page.locator(".notice", has_text="Overridden: Patient refuses").wait_for()
    assert told.value.json() == {"received": 1}
    (item,) = json.loads(told.value.request.post_data)["feedback"]
    assert item["overrideReason"]["reason"]["code"] == "patient-refuses"
    assert page.locator("summary").count() == 0  # it is sent once


def test_it_asks_to_read_what_the_templates_name_and_sends_all_of_it(page: Any, app: SmartApp, ehr: SmartEhr) -> None:
    (call,) = launch(page, app, ehr)
    assert set(call["prefetch"]) == KEYS
    assert call["prefetch"]["patient"] == CHART[0]
    assert call["prefetch"]["conditions"] == EMPTY
    reads = {f"patient/{key.resource_type}.{'r' if key.is_read else 'rs'}" for key in SERVICES[0].prefetch}
    assert set(ehr.scope.split()) == {"launch", "openid", "fhirUser"} | reads


@pytest.mark.parametrize(("status", "reason"), [(500, "answered 500"), (200, "answered with no Bundle")])
def test_what_fails_is_shown_and_is_sent_as_absent(
    page: Any, app: SmartApp, ehr: SmartEhr, status: int, reason: str
) -> None:
    ehr.broken, ehr.status = frozenset({"Observation"}), status
    fired = launch(page, app, ehr)
    write(page, B12)
    assert sorted(page.locator("#unread li").all_inner_texts()) == [
        f"Not read, and so not sent: {key} (the FHIR server {reason})." for key in ("findings", "results")
    ]
    assert set(fired[-1]["prefetch"]) == KEYS - {"findings", "results"}
    assert page.locator("article.card").count() > 0  # a kidney function that was not told is not a good one


def test_a_search_is_sent_whole_or_not_at_all(page: Any, app: SmartApp, ehr: SmartEhr) -> None:
    (result,) = CHART[1:]
    many = [result | {"id": f"egfr-{number}"} for number in range(21)]
    ehr.chart, ehr.page = [CHART[0], *many[:20]], 1
    (call,) = launch(page, app, ehr)
    assert [entry["resource"]["id"] for entry in call["prefetch"]["results"]["entry"]] == [
        each["id"] for each in many[:20]
    ]
    assert "link" not in call["prefetch"]["results"]
    ehr.chart = [CHART[0], *many]
    call = launch(page, app, ehr)[-1]
    assert "results" not in call["prefetch"]
    assert page.inner_text("#unread") == "Not read, and so not sent: results (more than 20 pages)."


def test_an_error_is_shown_as_one_and_never_as_no_cards(page: Any, app: SmartApp, ehr: SmartEhr) -> None:
    ehr.broken = frozenset({"Patient"})
    launch(page, app, ehr)
    error, status = page.locator("#error"), page.locator("#status")
    assert error.inner_text().startswith("The CDS service answered 412. Required FHIR data could not be obtained.")
    assert status.inner_text() == ""
    page.route("**/b12-order-select", lambda route: route.abort())
    write(page, FOLIC_ACID)
    assert error.inner_text() == "The CDS service cannot be reached."
    answer(page, "b12-order-sign", {})
    page.get_by_role("button", name="Check for signing").click()
    settled(page)
    assert (error.inner_text(), status.inner_text()) == ("The CDS service answered without cards.", "")


def test_an_ehr_that_is_not_listed_cannot_launch_it(page: Any, app: SmartApp) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for server in ("https://evil.example/fhir", "https://127.0.0.1.evil.example/", "http://127.0.0.1:80@evil.example/"):
        page.goto(f"{app.origin}/launch.html?iss={server}&launch=1")
        page.locator("#status", has_text="The app was not launched: No configuration found").wait_for()
    assert {url.split("/")[2] for url in asked} == {app.origin.split("/")[2]}


def test_what_a_card_brings_along_does_not_run(page: Any, app: SmartApp, ehr: SmartEhr) -> None:
    planted = "<img src=x onerror='window.ran = true'>"
    card = {
        "uuid": "1",
        "summary": planted,
        "indicator": "critical",
        "detail": f"{planted}\n\n<script>window.ran = true</script> [click](javascript:alert(1)) ![p](http://127.0.0.1/p)",
        "source": {"label": planted, "url": "javascript:window.ran=true"},
    }
    launch(page, app, ehr)
    answer(page, "b12-order-select", {"cards": [card]})
    write(page, FOLIC_ACID)
    found = page.locator("article.card")
    assert found.locator("h3").inner_text() == planted
    assert found.locator(".detail").inner_text().startswith(planted)
    assert found.locator("img, script, [href^=javascript]").count() == 0
    assert page.evaluate("window.ran") is None
