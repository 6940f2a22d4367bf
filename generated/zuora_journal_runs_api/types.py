"""What the generated models and functions share: the base of the models, checks of JSON, and the exchange of a call."""

import datetime
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Clamped, Context, Decimal, Inexact, InvalidOperation, Overflow, Subnormal
from enum import Enum
from typing import Any, ClassVar, Final, Generic, Literal, Self, TypeVar

import httpx

from .errors import InvalidResponseError

T = TypeVar("T")
M = TypeVar("M", bound="Model")


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


UNSET: Final = Unset()
"""Leaves a field out of a model that is being made, where None would make it null."""

_DIGITS: Final = 18
"""Digits that a count in a header may have."""


@dataclass(frozen=True, slots=True)
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
    def of(cls, response: httpx.Response) -> Self:
        """The exchange that a response ends."""
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


@dataclass(frozen=True, slots=True)
class Response(Generic[T]):
    """What a `…_detailed` function returns."""

    status_code: int
    content: bytes
    headers: Mapping[str, str]
    parsed: T
    exchange: Exchange = field(repr=False, compare=False)


class Model:
    """A JSON object that was checked when it was read; its fields are converted when they are used.

    Models are immutable, and two are equal if they hold the same JSON. A field that is absent or null reads as None,
    or as an empty list; `was_sent` tells the two apart, and `to_dict` returns the object as it was sent.
    """

    __slots__ = ("_data",)
    _data: dict[str, Any]
    _names: ClassVar[Mapping[str, str]] = {}
    """The name in JSON of each attribute."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._check(data)
        self._data = data

    @staticmethod
    def _check(data: Any) -> None:
        """Raise InvalidResponseError if decoded JSON is not what the contract says."""
        raise NotImplementedError

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Unknown fields and unknown values of enumerations are kept.

        Raises:
            InvalidResponseError: a required field is missing, or a field has a value of another type.
        """
        check(Mapping, "a JSON object", "", src_dict)
        return read(cls, copied(src_dict))

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object as it was sent, with numbers that have a fraction or an exponent as exact decimals."""
        return copied(self._data)

    def was_sent(self, field: str) -> bool:
        """Whether a field is present, if only as null.

        Args:
            field: The name of the attribute, such as `home_currency_amount`.

        Raises:
            AttributeError: the contract has no such field. Look for others in `additional_properties`.
        """
        if field not in self._names:
            raise AttributeError(f"{type(self).__name__} has no field {field!r}", name=field, obj=self)
        return self._names[field] in self._data

    @property
    def additional_properties(self) -> dict[str, Any]:
        """A copy of the fields that the contract does not name, such as custom fields."""
        named = self._names.values()
        return copied({name: value for name, value in self._data.items() if name not in named})

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Model) and other.__class__ is self.__class__:
            return self._data == other._data
        return NotImplemented

    def __repr__(self) -> str:
        fields = [
            f"{field}={_shown(field, self._data[name])}" for field, name in self._names.items() if name in self._data
        ]
        if others := self._data.keys() - self._names.values():
            fields.append(f"additional_properties=<{len(others)}>")
        return f"{type(self).__name__}({', '.join(fields)})"

    def __getstate__(self) -> tuple[Any, ...]:
        return (self._data,)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        (self._data,) = state


class ResponseModel(Model):
    """The body of a response that says whether the call succeeded."""

    __slots__ = ("exchange",)
    exchange: Exchange | None
    """The HTTP exchange that a success came from; None for a failure, and for what was not read from a response."""

    def __init__(self, data: dict[str, Any]) -> None:
        super().__init__(data)
        self.exchange = None

    def __getstate__(self) -> tuple[Any, ...]:
        return self._data, self.exchange

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._data, self.exchange = state


def body(response: httpx.Response) -> dict[str, Any]:
    """The JSON object in a response; numbers with a fraction or an exponent are exact decimals.

    Raises:
        InvalidResponseError: the body is not JSON, or not an object.
    """
    data: dict[str, Any] | None = response.extensions.get("json")
    if data is None:
        data = decode(response.content)
        response.extensions["json"] = data
    return data


_LARGEST: Final = 4300
"""Digits that a number may have, and its largest exponent: as many as Python reads of an int.

Written out, 1e999999999 takes a gigabyte.
"""
_NUMBERS: Final = Context(
    prec=_LARGEST, Emax=_LARGEST, Emin=-_LARGEST, traps=[Clamped, Inexact, InvalidOperation, Overflow, Subnormal]
)


def _not_json(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON number")


_DECODER: Final = json.JSONDecoder(parse_float=_NUMBERS.create_decimal, parse_constant=_not_json)


def decode(content: bytes) -> dict[str, Any]:
    """The JSON object in a body; numbers with a fraction or an exponent are exact decimals.

    Raises:
        InvalidResponseError: the body is not JSON, or not an object, or holds a number of more than 4,300 digits.
    """
    try:
        data = _DECODER.decode(content.decode(json.detect_encoding(content), "surrogatepass"))
    except ArithmeticError as error:
        raise InvalidResponseError(f"holds a number of more than {_LARGEST:,} digits") from error
    except (ValueError, RecursionError) as error:
        said = str(error) if isinstance(error, ValueError) else type(error).__name__
        raise InvalidResponseError(f"is not JSON ({said})") from error
    if not isinstance(data, dict):
        raise InvalidResponseError(f"is {_said(data)} where a JSON object is expected")
    return data


def read(model: type[M], data: Any) -> M:
    """A model of decoded JSON, which nothing else may change from now on.

    Raises:
        InvalidResponseError: it is not what the contract says.
    """
    model._check(data)
    return view(model, data)


def view(model: type[M], data: dict[str, Any]) -> M:
    """A model of JSON that was checked."""
    made = model.__new__(model)
    made._data = data
    if isinstance(made, ResponseModel):
        made.exchange = None
    return made


def views(model: type[M], values: list[dict[str, Any]] | None) -> list[M]:
    """A model of each of several objects that were checked."""
    return [] if values is None else [view(model, value) for value in values]


def written(fields: Mapping[str, Any], additional_properties: Mapping[str, Any] | None) -> dict[str, Any]:
    """The JSON object with these fields; those that are `UNSET` are left out."""
    data = {name: _written(value) for name, value in fields.items() if value is not UNSET}
    return data if additional_properties is None else copied({**data, **additional_properties})


def _written(value: Any) -> Any:
    if isinstance(value, Model):
        return value.to_dict()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping)):
        return [_written(each) for each in value]
    return value


def copied(value: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a JSON object, however deep it is."""
    whole = dict(value)
    left: list[Any] = [whole]
    while left:
        holder = left.pop()
        for key, each in holder.items() if isinstance(holder, dict) else enumerate(holder):
            if isinstance(each, (dict, list)):
                holder[key] = each.copy()
                left.append(holder[key])
    return whole


def number(value: Any) -> Decimal:
    """A number in JSON, or in text, as an exact decimal."""
    return value if isinstance(value, Decimal) else Decimal(repr(value) if isinstance(value, float) else value)


def check(kind: type, expected: str, name: str, value: object) -> None:
    """Raise InvalidResponseError if a value is not of the type that is expected, which `expected` names."""
    if not isinstance(value, kind):
        raise unlike(expected, name, value)


def unlike(expected: str, name: str, value: object) -> InvalidResponseError:
    """The error for a value other than the one that is expected; `UNSET` stands for a field that is missing."""
    if value is UNSET:
        return InvalidResponseError(f"is missing, where {expected} is expected", name)
    return InvalidResponseError(f"is {_said(value)} where {expected} is expected", name)


def check_date(name: str, value: Any) -> None:
    """Raise InvalidResponseError if a value is not a date written as YYYY-MM-DD."""
    if isinstance(value, str) and len(value) == 10 and value[4] == "-" == value[7]:
        try:
            datetime.date.fromisoformat(value)
        except ValueError:
            pass
        else:
            return
    raise unlike("a date", name, value)


_NUMBER_IN_TEXT: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?", re.ASCII)


def check_number(name: str, value: Any) -> None:
    """Raise InvalidResponseError if a value is neither a number nor text that holds one."""
    if value.__class__ is Decimal and -_LARGEST <= value.adjusted() <= _LARGEST and value.is_finite():
        return  # most amounts, and the quickest test
    if not (_NUMBER_IN_TEXT.fullmatch(value) if isinstance(value, str) else _is_number(value)):
        raise unlike("a number", name, value)


def check_whole(name: str, value: Any) -> None:
    """Raise InvalidResponseError if a value is not a whole number, which JSON may write with a fraction of zero."""
    if not _is_number(value) or value != int(value) or abs(value) >= 2**63:
        raise unlike("a whole number", name, value)


def _is_number(value: Any) -> bool:
    """Whether a value is a JSON number that can be written out."""
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        return value.is_finite() and -_LARGEST <= value.adjusted() <= _LARGEST
    return isinstance(value, int) and not isinstance(value, bool)


def check_list(name: str, values: Any, check_each: Callable[[Any], None]) -> None:
    """Raise InvalidResponseError if a value is not a list, or something is wrong with an element."""
    if not isinstance(values, list):
        raise unlike("a list", name, values)
    for index, value in enumerate(values):
        try:
            check_each(value)
        except InvalidResponseError as error:
            raise error.inside(f"{name}[{index}]") from None


def check_object(name: str, value: Any, check_fields: Callable[[Any], None]) -> None:
    """Raise InvalidResponseError if a value is not an object, or something is wrong with one of its fields."""
    if not isinstance(value, dict):
        raise unlike("an object", name, value)
    try:
        check_fields(value)
    except InvalidResponseError as error:
        raise error.inside(name) from None


def _said(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return _short(json.dumps(value, default=str))


def _shown(field: str, value: object) -> str:
    """A field's value in a repr: short, and nothing that must stay secret."""
    if field.endswith(("token", "secret", "password")):
        return "'...'"
    if isinstance(value, (dict, list)):
        return f"<{len(value)}>"
    return _short(repr(value))


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


__all__ = ["UNSET", "Exchange", "Model", "Response", "ResponseModel", "Unset", "body", "decode"]
