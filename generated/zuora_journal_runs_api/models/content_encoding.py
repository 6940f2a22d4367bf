from enum import StrEnum
from typing import Self


class ContentEncoding(StrEnum):
    """Values that the contract names. One that it does not name is read all the same, and `is_known` is then false."""

    GZIP = "gzip"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    def __reduce_ex__(self, _: object) -> tuple[type[Self], tuple[str]]:
        """Pickle the value. Python 3.11.2 pickles the name, which may be that of an attribute."""
        return type(self), (self._value_,)

    @classmethod
    def of(cls, text: str) -> Self:
        """The member with this value."""
        return _MEMBERS.get(text) or cls(text)

    @property
    def is_known(self) -> bool:
        """Whether the contract names this value."""
        return self._value_ in _MEMBERS


_MEMBERS = {member.value: member for member in ContentEncoding}
