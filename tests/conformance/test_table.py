"""The table of assertions and the groups: every row is whole, and every group's checks are rows of it."""

from cds_service.conformance.assertion import load_assertions
from cds_service.conformance.run import GROUPS
from tests.conformance.test_defects import CASES

TABLE = load_assertions()


def test_the_table_has_every_assertion_once() -> None:
    assert list(TABLE) == list(range(1, 77))
    assert [a.number for a in TABLE.values() if not a.requirements or len(a.title) > 56] == []


def test_each_check_is_in_the_group_of_its_assertion() -> None:
    for group in GROUPS:
        assert {TABLE[number].group for number in group.checks} == {group.letter}
        assert sorted(group.checks) == [number for number, row in TABLE.items() if row.group == group.letter]


def test_every_assertion_is_checked() -> None:
    assert sorted(number for group in GROUPS for number in group.checks) == list(TABLE)


def test_every_line_of_the_groups_that_judge_answers_is_seen_to_break() -> None:
    reached = {number for case in CASES for number in (*case.fails, *case.warns)}
    assert reached == {*range(1, 11), *range(22, 45)}
