"""A fact that is worked out when it is first asked for, and kept with the object that it is about."""

from typing import TYPE_CHECKING, Any

__all__ = ["worked_out_once"]

if TYPE_CHECKING:
    from functools import cached_property as worked_out_once
else:

    class worked_out_once:  # noqa: N801  # a decorator, and named as one
        """As functools.cached_property, whose Python 3.11 has a lock that all calls of a process take in turn. What is
        asked here belongs to one call, and so to one thread."""

        def __init__(self, work_out: Any) -> None:
            self._work_out = work_out
            self._name = work_out.__name__
            self.__doc__ = work_out.__doc__

        def __get__(self, instance: Any, _owner: Any = None) -> Any:
            if instance is None:
                return self
            found = instance.__dict__[self._name] = self._work_out(instance)
            return found
