"""What the generated models and functions share: absent values, readers of JSON, and the exchange behind an answer."""

import datetime
import functools
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any, Final, Generic, Literal, TypeVar

import httpx
from attrs import define, field

from .errors import UnreadableAnswer

T = TypeVar("T")


class Unset:
    """The type of `UNSET`."""

    __slots__ = ()

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __copy__(self) -> "Unset":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "Unset":
        return self

    def __reduce__(self) -> str:
        return "UNSET"


NUMBERS: Final = frozenset({int, float, Decimal})
"""The types of a JSON number; bool, which Python counts among the integers, is none."""

UNSET: Final = Unset()
"""Stands for a field that is absent, which is not the same as one that is null."""


_DIGITS: Final = 18
"""Digits that a count in a header may have."""


@define
class Exchange:
    """The HTTP exchange that an answer came from."""

    status_code: int
    """The status of the answer. A call that failed may have 200 too."""
    headers: Mapping[str, str]
    """The headers of the answer; names are found in upper and lower case alike."""
    attempts: int = 1
    """How many times the request was sent until this answer came."""
    track_id: str | None = None
    """The `Zuora-Track-Id` that the request carried; None from an httpx client that does not tell."""

    @classmethod
    def of(cls, response: httpx.Response) -> "Exchange":
        return cls(
            response.status_code,
            response.headers,
            response.extensions.get("attempts", 1),
            response.extensions.get("track_id"),
        )

    @property
    def request_id(self) -> str | None:
        """Zuora's identifier of the call, which its support asks for."""
        return self.headers.get("Zuora-Request-Id")

    @property
    def rate_limit(self) -> str | None:
        """The quotas of the tenant, as `RateLimit-Limit` gives them."""
        return self.headers.get("RateLimit-Limit")

    @property
    def rate_limit_remaining(self) -> int | None:
        """Requests left in the window that is closest to its end."""
        return self._integer("RateLimit-Remaining")

    @property
    def rate_limit_reset(self) -> int | None:
        """Seconds until that window starts anew."""
        return self._integer("RateLimit-Reset")

    @property
    def concurrency_limit_type(self) -> str | None:
        """The pool of concurrent requests that the call counted against."""
        return self.headers.get("Concurrency-Limit-Type")

    @property
    def concurrency_limit(self) -> int | None:
        """How many requests that pool allows at once."""
        return self._integer("Concurrency-Limit-Limit")

    @property
    def concurrency_limit_remaining(self) -> int | None:
        """How many more it would have allowed, as of the last second."""
        return self._integer("Concurrency-Limit-Remaining")

    def _integer(self, name: str) -> int | None:
        text = self.headers.get(name, "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else None


@define
class Response(Generic[T]):
    """What a `…_detailed` function returns."""

    status_code: int
    content: bytes
    headers: Mapping[str, str]
    parsed: T
    exchange: Exchange = field(repr=False, eq=False)


def body(response: httpx.Response) -> dict[str, Any]:
    """The JSON object in a response; numbers with a fraction are exact decimals.

    Raises:
        UnreadableAnswer: the body is not JSON, or not an object.
    """
    data = response.extensions.get("json")
    if data is None:
        data = decode(response.content)
        response.extensions["json"] = data
    return data


def decode(content: bytes) -> dict[str, Any]:
    """The JSON object in a body; numbers with a fraction are exact decimals.

    Raises:
        UnreadableAnswer: the body is not JSON, or not an object.
    """
    try:
        data = json.loads(content, parse_float=Decimal, parse_constant=_not_json)
    except (ValueError, ArithmeticError, RecursionError) as error:
        # An ArithmeticError is a number beyond all bounds, such as 1e9999999999999999999.
        said = str(error) if isinstance(error, ValueError) else type(error).__name__
        raise UnreadableAnswer(f"is not JSON ({said})") from error
    if not isinstance(data, dict):
        raise UnreadableAnswer(f"is {_said(data)} where a JSON object is expected")
    return data


def other_than(expected: str, name: str, value: object) -> None | Unset:
    """Let null and an absent value pass, and refuse anything else.

    Raises:
        UnreadableAnswer: always, if `value` is neither.
    """
    if value is None or isinstance(value, Unset):
        return value
    raise UnreadableAnswer(f"is {_said(value)} where {expected} is expected", name)


def required(expected: str, name: str, value: object) -> UnreadableAnswer:
    """The error for a field that must be there, and is not, or is something else."""
    if isinstance(value, Unset):
        return UnreadableAnswer(f"is missing, where {expected} is expected", name)
    return UnreadableAnswer(f"is {_said(value)} where {expected} is expected", name)


@functools.lru_cache(maxsize=1024)  # the entries of a run have few dates between them
def read_date(name: str, text: str) -> datetime.date:
    """A date written as YYYY-MM-DD, the one form that is written back as it was read."""
    if len(text) == 10 and text[4] == "-" == text[7]:
        try:
            return datetime.date.fromisoformat(text)
        except ValueError:
            pass
    raise UnreadableAnswer(f"is {_said(text)} where a date is expected", name)


def read_number(name: str, value: Any) -> Decimal:
    """A number as an exact decimal, whichever way it was decoded."""
    number = value if isinstance(value, Decimal) else Decimal(repr(value))
    if number.is_finite():
        return number
    raise UnreadableAnswer(f"is {_said(value)} where a number is expected", name)


def read_whole(name: str, value: Any) -> int:
    """A whole number, which JSON may write with a fraction of zero."""
    number = read_number(name, value)
    if number == number.to_integral_value() and abs(number) < 2**63:
        return int(number)
    raise UnreadableAnswer(f"is {_said(value)} where a whole number is expected", name)


def read_list(name: str, values: list[Any], read: Callable[[Any], T]) -> list[T]:
    """Each of `values`, read."""
    try:
        return [read(value) for value in values]
    except UnreadableAnswer:
        for index, value in enumerate(values):
            try:
                read(value)
            except UnreadableAnswer as error:
                raise error.inside(f"{name}[{index}]") from None
        raise


def read_object(name: str, value: dict[str, Any], read: Callable[[Any], T]) -> T:
    """An object within an object, read."""
    try:
        return read(value)
    except UnreadableAnswer as error:
        raise error.inside(name) from None


def mapping(value: object) -> dict[str, Any]:
    """A copy of a JSON object, from which fields can be taken."""
    if isinstance(value, dict):  # by far the usual case, and the quicker test
        return value.copy()
    if isinstance(value, Mapping):
        return dict(value)
    raise UnreadableAnswer(f"is {_said(value)} where a JSON object is expected")


def concise(model: Any) -> str:
    """A model's repr, with the fields that it has."""
    fields = {name: getattr(model, name) for name in model.__slots__ if name not in _HIDDEN}
    said = [f"{name}={value!r}" for name, value in fields.items() if value is not UNSET and value != {}]
    return f"{type(model).__name__}({', '.join(said)})"


_HIDDEN: Final = frozenset({"exchange", "__weakref__"})


def written(value: Any) -> Any:
    """A field's value as JSON has it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list):
        return [written(item) for item in value]
    if isinstance(value, datetime.date):
        return value.isoformat()
    to_dict = getattr(value, "to_dict", None)
    return value if to_dict is None else to_dict()


def _not_json(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON number")


def _said(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


__all__ = ["UNSET", "Exchange", "Response", "Unset", "body", "decode"]
