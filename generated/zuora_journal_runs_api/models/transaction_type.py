from enum import StrEnum
from typing import Self


class TransactionType(StrEnum):
    """Values that the contract names. One that it does not name is read all the same, and `is_known` is then false."""

    CREDIT_BALANCE_ADJUSTMENT_APPLIED_FROM_CREDIT_BALANCE = "Credit Balance Adjustment (Applied from Credit Balance)"
    CREDIT_BALANCE_ADJUSTMENT_TRANSFERRED_TO_CREDIT_BALANCE = (
        "Credit Balance Adjustment (Transferred to Credit Balance)"
    )
    CREDIT_MEMO_APPLICATION_ITEM = "Credit Memo Application Item"
    CREDIT_MEMO_ITEM_CHARGE = "Credit Memo Item (Charge)"
    CREDIT_MEMO_ITEM_TAX = "Credit Memo Item (Tax)"
    DEBIT_MEMO_ITEM_CHARGE = "Debit Memo Item (Charge)"
    DEBIT_MEMO_ITEM_TAX = "Debit Memo Item (Tax)"
    ELECTRONIC_CREDIT_BALANCE_PAYMENT = "Electronic Credit Balance Payment"
    ELECTRONIC_CREDIT_BALANCE_REFUND = "Electronic Credit Balance Refund"
    ELECTRONIC_PAYMENT = "Electronic Payment"
    ELECTRONIC_PAYMENT_APPLICATION = "Electronic Payment Application"
    ELECTRONIC_PAYMENT_APPLICATION_ITEM = "Electronic Payment Application Item"
    ELECTRONIC_REFUND = "Electronic Refund"
    ELECTRONIC_REFUND_APPLICATION = "Electronic Refund Application"
    ELECTRONIC_REFUND_APPLICATION_ITEM = "Electronic Refund Application Item"
    EXTERNAL_CREDIT_BALANCE_PAYMENT = "External Credit Balance Payment"
    EXTERNAL_CREDIT_BALANCE_REFUND = "External Credit Balance Refund"
    EXTERNAL_PAYMENT = "External Payment"
    EXTERNAL_PAYMENT_APPLICATION = "External Payment Application"
    EXTERNAL_PAYMENT_APPLICATION_ITEM = "External Payment Application Item"
    EXTERNAL_REFUND = "External Refund"
    EXTERNAL_REFUND_APPLICATION = "External Refund Application"
    EXTERNAL_REFUND_APPLICATION_ITEM = "External Refund Application Item"
    INVOICE_ADJUSTMENT = "Invoice Adjustment"
    INVOICE_ITEM = "Invoice Item"
    INVOICE_ITEM_ADJUSTMENT_INVOICE = "Invoice Item Adjustment (Invoice)"
    INVOICE_ITEM_ADJUSTMENT_TAX = "Invoice Item Adjustment (Tax)"
    REVENUE_EVENT_ITEM = "Revenue Event Item"
    TAXATION_ITEM = "Taxation Item"

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


_MEMBERS = {member.value: member for member in TransactionType}
