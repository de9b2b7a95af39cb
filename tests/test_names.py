"""Names and lists: a name is looked up by one thread at a time, and what one list names opens nothing for another."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from ipaddress import ip_address
from threading import Event

import pytest

from cds_service.outbound.names import Names, UnknownNameError, look_up
from cds_service.patient_data.fhir_client import FhirError, Why
from cds_service.patient_data.fhir_servers import FhirServers
from cds_service.settings import Settings
from cds_service.waiting import Waits
from tests.attacks.outbound import FOUND, TLS, answers
from tests.attacks.outbound_server import NAME, authority, http, serving
from tests.hook_calls import AUTHORIZATION, call, draft, read


def test_the_systems_resolver_knows_the_machine_itself() -> None:
    assert all(ip_address(each).is_loopback for each in look_up("localhost"))


def test_a_name_is_looked_up_by_one_thread_at_a_time_and_anew_for_the_next_connection() -> None:
    asked: list[str] = []
    release = Event()

    def slow(host: str) -> Sequence[str]:
        asked.append(host)
        release.wait(20)
        return [f"192.0.2.{len(asked)}"]

    names = Names(slow)
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(names.addresses, "a.example", 20) for _ in range(8)]
        while not asked:
            time.sleep(0.01)
        with pytest.raises(TimeoutError):
            names.addresses("a.example", 0.05)
        assert asked == ["a.example"]
        release.set()
        assert {each.result() for each in waiting} == {(ip_address("192.0.2.1"),)}
    assert names.addresses("a.example", 20) == (ip_address("192.0.2.2"),)


@pytest.mark.parametrize("found", [[], ["no address"], None])
def test_a_name_without_addresses_is_unknown_and_may_be_known_later(found: list[str] | None) -> None:
    answers_in_turn = [found, ["192.0.2.1"]]

    def resolver(_: str) -> Sequence[str]:
        answer = answers_in_turn.pop(0)
        if answer is None:
            raise UnicodeError("label too long")
        return answer

    names = Names(resolver)
    with pytest.raises(UnknownNameError):
        names.addresses("a.example", 20)
    assert names.addresses("a.example", 20) == (ip_address("192.0.2.1"),)


def test_what_one_list_names_opens_nothing_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even over a connection that was kept."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority()[0]))
    names = Names(lambda _: ["127.0.0.1"])
    with serving(answers(http(FOUND)), tls=NAME) as server:
        base = TLS.replace("{port}", str(server.port))
        request = read(call(draft(), fhirServer=base, fhirAuthorization=AUTHORIZATION))
        with (
            closing(FhirServers(Settings(fhir_servers=(base, "127.0.0.0/8")), names, Waits())) as one,
            closing(FhirServers(Settings(fhir_servers=(base,)), names, Waits())) as two,
        ):
            told: list[Why] = []
            opened, shut = one.open(request, told.append), two.open(request, told.append)
            assert opened is not None
            assert shut is not None
            assert opened.ask("Condition?patient=", "p") != b""
            with pytest.raises(FhirError):
                shut.ask("Condition?patient=", "p")
            assert told == [Why.UNNAMED]
        assert server.connections == 1
