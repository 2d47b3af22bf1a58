"""What can go wrong, as exceptions with the library's stable codes."""

from __future__ import annotations


class WeightscopeError(Exception):
    """A sentence that says what was expected, what was found and what to do; `code` is stable: `OUT_OF_RANGE`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]"

    def __reduce__(self) -> tuple[type[WeightscopeError], tuple[str, str]]:
        return (type(self), (self.code, self.message))
