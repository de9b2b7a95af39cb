"""Odd values for any place: of wrong types, dates that are none, units as laboratories write them, huge numbers."""

from typing import Any

LONE = "\ud83d"
JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 10**30, 1e300, 0.1 + 0.2, "", "x", "NaN", "9999-12-31T23:59:59-12:00", "0001-01-01", [], {},
    [None], [{}], {"coding": [None]}, [["x"]], LONE, "\u0000", "\u202e", "0" * 400,
)  # fmt: skip
BAD_DATES = (
    "2026-02-30", "2026-13-01", "20261110", "10/11/2026", "yesterday", "2026-11-10T25:00:00Z", "2026-11-10T12:00:00",
    "0000-00-00", "99999-01-01", "2026-11-10T12:00:00+99:99", " 2026-11-10 ", "2027-01-01", "2026-W46",
)  # fmt: skip
ODD_UNITS = (
    "pg/ml", "PG/ML", "ng/dl", "mcg/L", "\u00b5g/L", "\u03bcmol/L", "umol/l", "K/uL", "x10^9/L", "thou/cumm", "mEq/L",
    "%", "1", "", " ", "mL/min/1.73m2", "ml/min", "[iU]/L", "10*99999", "m" * 900, "{}", "\U0001f4a9",
)  # fmt: skip
HUGE = ("1e400", "-1e400", "1e99999", "0." + "0" * 90 + "1", "9" * 99, "9" * 101, "1E-399", "-0.0", "1" + "0" * 300)
