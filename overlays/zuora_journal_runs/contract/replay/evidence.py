"""Evidence files, which the clients of this package write (see docs/evidence.md)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from zuora_journal_runs.contract.exchange import UNKNOWN, Exchange, parsed

from .har import query_of
from .unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zuora_journal_runs.evidence import Evidence

_FORM = re.compile(rb'\{"kind":"header"|[^\n]*,"sha256":"[0-9a-f]{64}"\}\r?\n')
"""How evidence files begin: with a header or, if that was changed or removed, with a line that ends with a hash."""


def exchanges(content: bytes, name: str) -> Iterator[Exchange | Unreadable] | None:
    """Return the exchanges of an evidence file; None if it has another form.

    Args:
        content: The file's content.
        name: The file's name.
    """
    if not _FORM.match(content):
        return None
    # What counts as evidence is of no use to a suite that reads none.
    from zuora_journal_runs.evidence import EvidenceError, parse_evidence

    try:
        return _exchanges(parse_evidence(content, name), name)
    except EvidenceError as error:
        return iter([Unreadable(name, str(error).removeprefix(f"{name}: "))])


def _exchanges(evidence: Evidence, name: str) -> Iterator[Exchange]:
    header = evidence.header
    of_all = {"zuora-entity-ids": header.entity, "zuora-org-ids": header.organizations}
    ended = datetime.fromisoformat(evidence.started).timestamp()
    for step in evidence.steps:
        # A request is sent after the response before it has arrived; the clock may have been put back since.
        began, ended = ended, max(ended, step.at)
        sent = {**of_all, "zuora-track-id": step.track_id, "idempotency-key": step.idempotency_key}
        parts = urlsplit(step.path)
        yield Exchange(
            method=step.method,
            path=parts.path,
            status=step.status or 0,
            body=UNKNOWN if step.body is None else parsed(step.body),
            headers={} if step.request_id is None else {"zuora-request-id": [step.request_id]},
            all_headers=False,
            request_headers={header: value for header, value in sent.items() if value is not None},
            query=query_of(parts.query),
            began=began,
            ended=ended,
            host=header.host,
            source=f"{name}, line {step.line}",
        )
