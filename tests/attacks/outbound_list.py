"""Attacks on whom the service calls: servers that are not on the list, links and references that lead elsewhere."""

from cds_service.patient_data.fhir_client import Why
from tests.attacks.outbound import PLAIN, TLS, Outbound, answers, pages
from tests.attacks.outbound_server import http
from tests.gathering import searchset
from tests.hook_calls import AUTHORIZATION, PATIENT

_NOTE = "fhirAuthorization "


def _asks(name: str, does: str, asks: str, **more: object) -> Outbound:
    return Outbound(name, does, Why.NOT_LISTED, asks=asks, **more)  # type: ignore[arg-type]


def _next(name: str, does: str, link: str) -> Outbound:
    return Outbound(name, f"sends a next page that {does}", Why.AWAY, pages(lambda _: link))


def _medication(name: str, does: str, reason: Why, reference: str) -> Outbound:
    order = {"resourceType": "MedicationRequest", "id": "m1", "status": "active", "intent": "order"}
    order |= {"subject": {"reference": f"Patient/{PATIENT}"}, "medicationReference": {"reference": reference}}
    sends = f"sends an order whose Medication {does}"
    return Outbound(name, sends, reason, answers(http(searchset(order))), keys=("medications",))


NOT_LISTED = (
    _asks("other host", "names a server of his own", "https://evil.example/fhir"),
    _asks("metadata service", "names the cloud's metadata service", "http://169.254.169.254/latest/meta-data"),
    _asks("other scheme", "wants the token sent without TLS", "http://ehr.example:{port}/fhir", listed=(TLS,)),
    _asks("TLS instead", "names another scheme of the same place", "https://127.0.0.1:{port}/fhir"),
    _asks("other port", "names another port of the listed host", "http://127.0.0.1:1/fhir"),
    _asks("no port", "leaves the port out", "http://127.0.0.1/fhir"),
    _asks("sibling path", "names a path that only begins like the listed one", PLAIN + "x"),
    _asks("parent path", "names the path above", "http://127.0.0.1:{port}/"),
    _asks("dot segments", "climbs out of the path", PLAIN + "/../admin"),
    _asks("packed dot segments", "climbs out of the path in disguise", PLAIN + "/%2e%2E/admin"),
    _asks("Tomcat's dot segments", "climbs out as Tomcat reads it", PLAIN + "/..;x=1/admin"),
    _asks("packed slash", "hides a slash", PLAIN + "/a%2fb"),
    _asks("backslash", "hides the host behind a backslash", "http://127.0.0.1:{port}\\@evil.example/fhir"),
    _asks("user", "puts a user before the host", "http://user@127.0.0.1:{port}/fhir"),
    _asks("listed host as user", "makes the listed host a user", "http://127.0.0.1:{port}@evil.example/fhir"),
    _asks("query", "swallows what is appended in a query", PLAIN + "?x="),
    _asks("fragment", "swallows what is appended in a fragment", PLAIN + "#x"),
    _asks("tab", "hides a tab, which parsers leave out", PLAIN + "/a\tb"),
    _asks("number", "writes loopback as a number", "http://2130706433:{port}/fhir"),
    _asks("short form", "writes loopback in short", "http://127.1:{port}/fhir"),
    _asks("dress of IPv6", "writes loopback as an IPv6 address", "http://[::ffff:127.0.0.1]:{port}/fhir"),
    _asks("localhost", "names loopback by name", "http://localhost:{port}/fhir"),
    _asks("dot behind", "writes the host with a dot", "https://ehr.example.:{port}/fhir", listed=(TLS,)),
    _asks("name below", "names a host below the listed one", "https://x.ehr.example:{port}/fhir", listed=(TLS,)),
    _asks("file", "names a file", "file:///etc/passwd"),
    _asks("no number", "sends a port that is none", "http://127.0.0.1:{port}x/fhir"),
    _asks(
        "network", "names what a network on the list covers", "http://10.20.0.1/fhir", listed=(PLAIN, "10.20.0.0/16")
    ),
)
TOKENS = (
    Outbound("no token", "comes without a token to a server that is not open", Why.NO_ACCESS, authorization=None),
    *(
        Outbound(name, does, _NOTE + says, authorization=AUTHORIZATION | changed)
        for name, does, says, changed in (
            ("token for another", "brings a token for another patient", "is for another patient", {"patient": "other"}),
            ("old token", "brings a token that is over", "has expired or states no lifetime", {"expires_in": 0}),
            ("other kind", "brings no bearer token", "is not a Bearer token", {"token_type": "MAC"}),
            (
                "header in token",
                "ends the header inside of the token",
                "has no usable access_token",
                {"access_token": "t\r\nX: y"},
            ),
            ("letters in token", "puts no ASCII into a header", "has no usable access_token", {"access_token": "tök"}),
        )
    ),
)
LINKS = (
    _next("page elsewhere", "is on a server of his own", "https://evil.example/fhir/Condition?page=2"),
    _next("page on another port", "is on another port", "http://127.0.0.1:1/fhir/Condition?page=2"),
    _next("page without TLS", "changes the scheme", "https://127.0.0.1:{port}/fhir/Condition?page=2"),
    _next("page by name", "names the same machine otherwise", "http://localhost:{port}/fhir/Condition?page=2"),
    _next("page outside", "climbs out of the base", "../admin?page=2"),
    _next("page outside in disguise", "climbs out in disguise", "%2e%2e/admin?page=2"),
    _next("page without scheme", "leaves the scheme out", "//evil.example/fhir/Condition?page=2"),
    _next("page with user", "has a user in it", "http://user@127.0.0.1:{port}/fhir/Condition?page=2"),
    _next("page in a file", "is a file", "file:///etc/passwd"),
    _next("page nowhere", "is no URL", "http://[bad"),
    _medication("medication outside", "climbs out of the base", Why.AWAY, "Medication/.."),
    _medication("medication nowhere", "is no address", Why.NO_ADDRESS, "urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7"),
)
