"""What the server answers, the same for every client."""

from __future__ import annotations

import json
from typing import Any

NUMBER = "JR-00000075"
RUN: dict[str, Any] = {
    "success": True,
    "number": NUMBER,
    "status": "Completed",
    "executedOn": "2014-11-15 22:05:12",
    "journalEntryDate": "2014-11-04",
    "targetStartDate": "2014-11-01",
    "targetEndDate": "2014-11-30",
    "segmentationRuleName": "Region",
    "totalJournalEntryCount": 2,
    "aggregateCurrency": True,
    "transactionTypes": [{"type": "Invoice Item"}, {"type": "Revenue Event Item"}],
}


def page(entries: int, first: int = 0) -> bytes:
    """A page of a run's entries, each with a debit, a credit, a segment and a custom field."""

    def item(number: int, kind: str) -> dict[str, Any]:
        return {
            "type": kind,
            "amount": number + 0.25,
            "homeCurrencyAmount": number + 0.25,
            "accountingCodeName": "Accounts Receivable",
            "accountingCodeType": "AccountsReceivable",
            "glAccountName": "Receivables",
            "glAccountNumber": "112000",
        }

    return json.dumps(
        {
            "journalEntries": [
                {
                    "number": f"JE-{number:08}",
                    "status": "Created",
                    "transferredToAccounting": "No",
                    "transferredBy": None,
                    "transferDateTime": None,
                    "transactionType": "Invoice Item",
                    "accountingPeriodName": "Nov-2014",
                    "journalEntryDate": "2014-11-04",
                    "timePeriodStart": "2014-11-01",
                    "timePeriodEnd": "2014-11-30",
                    "currency": "USD",
                    "homeCurrency": "USD",
                    "aggregateCurrency": True,
                    "notes": "Closed by the month-end job",
                    "segments": [{"segmentName": "Region", "segmentValue": "EMEA"}],
                    "journalEntryItems": [item(number, "Debit"), item(number, "Credit")],
                    "costCenter__c": "4711",
                }
                for number in range(first, first + entries)
            ],
            "success": True,
        }
    ).encode()
