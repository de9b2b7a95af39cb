"""What the log says of a caller, and that a refusal uses nothing up. Who is refused, and why: tests/attacks."""

from tests.signing import Serve, private, token

TWO = "https://two.example"


def test_who_comes_in_is_named_by_the_clients_file(guarded: Serve) -> None:
    service = guarded()
    answer = service.ask(token())
    assert (answer.status_code, answer.get_json()) == (200, {"cards": []})
    assert service.line["client"] == "general"


def test_clients_of_one_issuer_are_named_by_their_tenant(guarded: Serve) -> None:
    service = guarded({"name": "north", "tenants": ["n1", "n2"]}, {"name": "south", "tenants": ["s"]})
    for tenant, name in (("n1", "north"), ("n2", "north"), ("s", "south")):
        assert service.ask(token(tenant=tenant)).status_code == 200
        assert service.line["client"] == name
    assert service.ask(token(tenant="x")).status_code == 401
    assert "claimed" not in service.line


def test_whoever_is_refused_is_named_as_what_it_claims_to_be(guarded: Serve) -> None:
    service = guarded({"name": "one"}, {"name": "two", "issuer": TWO, "tenants": ["t"]})
    once = token()
    for bearer, claimed in (
        (once, None),
        (once, "one"),
        (token(signed_by=private("ES384-other")), "one"),
        (token(iss=TWO), "two"),
        (token(iss="https://three.example"), None),
        ("no-token", None),
    ):
        service.ask(bearer)
        assert service.line.get("claimed") == claimed
    assert "client" not in service.line


def test_a_token_that_was_refused_is_not_used_up(guarded: Serve) -> None:
    service = guarded()
    assert service.ask(token(jti="x", signed_by=private("ES384-other"))).status_code == 401
    assert service.ask(token(jti="x", aud="https://elsewhere.example")).status_code == 401
    assert service.ask(token(jti="x")).status_code == 200


def test_a_refusal_can_be_read_by_a_page_of_another_origin(guarded: Serve) -> None:
    answer = guarded().ask(None, headers={"Origin": "https://app.example"})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
