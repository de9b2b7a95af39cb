"""When a dated fact is still in date. Knows calendar days and months only (derivations, conventions)."""

from datetime import date, timedelta

from cds_service.clinical.quantities import months_before


def within_months(day: date | None, today: date, months: int) -> bool:
    """Is `day` at most `months` calendar months before `today`? The limit day itself is in date; no date is not."""
    return day is not None and months_before(today, months) <= day <= today


def within_days(day: date | None, today: date, days: int) -> bool:
    """Is `day` at most `days` days before `today`? The limit day itself is in date; no date is not."""
    return day is not None and today - timedelta(days=days) <= day <= today
