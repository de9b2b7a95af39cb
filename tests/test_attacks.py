"""Every attack of the table is refused for its own reason, with one answer for all; no check is there for nothing."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from cds_service.trust.clients_file import ClientEntry, read_clients
from cds_service.trust.tokens import RefusedError, verify
from tests.attacks.attack import PATH, Attack, Call, Good
from tests.attacks.good import GOOD
from tests.attacks.jwt_checks import FRESH, jwt_checks
from tests.attacks.mutants import Mutant, seen, source_of
from tests.attacks.stage import Stage, stage
from tests.attacks.table import ATTACKS, EXPECTED, SCENES, play
from tests.attacks.victims import victims
from tests.signing import SECONDS, SERVICE

CHECKS = jwt_checks()
# What cannot be known before the key is looked for, or the memory asked
AFTER_THE_KEY = {
    "kid is not in the key set",
    "the key is not for this alg",
    "kid names two keys",
    "signature is not by the key",
    "jti was used before",
}


@pytest.fixture(scope="module")
def service() -> Iterator[Stage]:
    with stage() as made:
        yield made


def _names(scenes: Any) -> Any:
    return [scene.name for scene in scenes]


def test_each_scene_has_its_own_name() -> None:
    assert len(SCENES) == len(ATTACKS) + len(GOOD)


@pytest.mark.parametrize("attack", ATTACKS, ids=_names(ATTACKS))
def test_an_attack_is_refused_for_its_reason_and_learns_nothing(service: Stage, attack: Attack) -> None:
    answer = service.play(attack)
    assert answer.ending == attack.reason
    without = service.ask(Call(()))
    assert (answer.status, answer.headers, answer.body) == (401, without.headers, without.body)
    assert json.loads(answer.body) == {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "security"}],
    }
    assert ("WWW-Authenticate", "Bearer") in answer.headers
    line = json.loads(answer.line)
    assert (line["problem"], line.get("client")) == ("not-authenticated", None)
    for show in attack.call.shown:
        for part in show(SECONDS).removeprefix("Bearer ").split("."):
            assert len(part) < 8 or part not in answer.line


@pytest.mark.parametrize("good", GOOD, ids=_names(GOOD))
def test_what_is_good_comes_in(service: Stage, good: Good) -> None:
    answer = service.play(good)
    assert answer.ending == "let in"
    assert "note" not in json.loads(answer.line)


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[ClientEntry]]:
    by_issuer: dict[str, list[ClientEntry]] = {}
    for entry in read_clients(victims(tmp_path_factory.mktemp("victims"))):
        by_issuer.setdefault(entry.issuer, []).append(entry)
    return by_issuer


EARLY = [attack for attack in ATTACKS if attack.reason not in AFTER_THE_KEY and attack.call.path == PATH]


@pytest.mark.parametrize("attack", EARLY, ids=_names(EARLY))
def test_what_no_key_could_let_in_costs_no_search_for_one(attack: Attack, clients: Any) -> None:
    """Neither cryptography nor network for what would be refused anyway (decision 25)."""

    def find(*_: Any) -> Any:
        raise AssertionError

    with pytest.raises(RefusedError) as refused:
        verify(",".join(show(SECONDS) for show in attack.call.shown), clients, find, [SERVICE], SECONDS)
    assert refused.value.reason == attack.reason


@pytest.mark.parametrize("mutant", CHECKS, ids=[f"{each.module}: {each.says}" for each in CHECKS])
def test_without_this_check_something_comes_in_or_is_refused_for_another_reason(mutant: Mutant) -> None:
    concerned = mutant.concerns(EXPECTED)
    found = seen(mutant, FRESH, lambda: play(concerned), EXPECTED)
    assert found.endings != {}
    assert set(mutant.notice) <= found.endings.keys()


def test_a_mutant_that_changes_nothing_is_not_noticed() -> None:
    same = replace(CHECKS[0], source=source_of(CHECKS[0].module))
    assert seen(same, FRESH, lambda: play(EXPECTED), EXPECTED).endings == {}
