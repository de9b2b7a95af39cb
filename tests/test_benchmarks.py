"""The benchmark of authentication still fits the service: its steps run on real tokens, and its tables can be read."""

from tests.benchmarks.authentication import ALGORITHMS, CALLS, parts, report


def test_each_step_of_a_token_is_measured_and_both_tables_are_whole() -> None:
    steps = parts(count=3)
    assert {algorithm for _, algorithm in steps} == set(ALGORITHMS)
    ways = {"empty": 0.001, "none": 0.002, "ES384": 0.003, "RS384": 0.0025}
    lines = report({(name, way): cost for name in CALLS for way, cost in ways.items()}, steps).splitlines()
    assert "| out of scope | 1000 | 2000 | 3000 (1.50) | 2500 (1.25) |" in lines
    assert "| what the token adds | | | 1000 to 1000 | 500 to 500 |" in lines
    cells = [line.count("|") for line in lines if line != ""]
    assert cells == [6] * 5 + [4] * (2 + len(steps) // 2)
