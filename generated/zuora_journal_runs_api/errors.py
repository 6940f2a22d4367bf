"""What the generated functions raise about an answer."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .types import Exchange


class InvalidResponseError(ValueError):
    """The body of an answer is not what the contract says.

    Args:
        problem: What is wrong, in words that follow the name of the place.
        place: Where in the body, such as `journalEntries[3].status`; empty for the whole of it.
    """

    exchange: "Exchange | None" = None
    """The HTTP exchange that the answer came from."""
    content: bytes = b""
    """The body as it came."""

    def __init__(self, problem: str, place: str = "") -> None:
        self.problem = problem
        self.place = place
        super().__init__(problem, place)

    def inside(self, place: str) -> "InvalidResponseError":
        """The same error, as seen from the object that holds the place."""
        return InvalidResponseError(self.problem, f"{place}.{self.place}" if self.place else place)

    def __str__(self) -> str:
        return f"{self.place or 'the body'} {self.problem}"


class UnexpectedStatus(Exception):
    """The status of an answer is not one of the contract."""

    def __init__(self, status_code: int, content: bytes) -> None:
        self.status_code = status_code
        self.content = content
        super().__init__(status_code, content)

    def __str__(self) -> str:
        return f"status {self.status_code} is not one of the contract"


__all__ = ["UnexpectedStatus", "InvalidResponseError"]
