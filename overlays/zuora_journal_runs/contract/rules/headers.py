"""Headers: track ids, compression, limits, the one entity to work in."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from zuora_journal_runs.contract.checks import COMPRESSED_ABOVE, Skipped, expect
from zuora_journal_runs.contract.rule import RuleGroup

if TYPE_CHECKING:
    from zuora_journal_runs.contract.harness import Harness

rules: RuleGroup = RuleGroup("headers")

PAGE = "Zuora, Cancel a journal run, 2026-02-20"
UNKNOWN = "JR-99999999999999"
FORBIDDEN = ":;\"'"
FOREIGN = "11e00000-0000-4000-8000-000000000000"


@rules.rule(PAGE)
def track_id_comes_back(harness: Harness) -> None:
    """A track id comes back as it was sent, and none comes back if none was sent."""
    allowed = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in FORBIDDEN)
    for track_id in (None, "a", "Aa 0", "a" * 64, allowed[:64], allowed[-64:], None):
        response = harness.call("getJournalRun", UNKNOWN, headers={"Zuora-Track-Id": track_id})
        echoed = response.headers.get("zuora-track-id")
        expect(echoed == track_id, f"the track id {track_id!r} came back as {echoed!r}")
    track_id = "for a token"
    response = harness.call("createToken", data=harness.credentials(), headers={"Zuora-Track-Id": track_id})
    expect(response.headers.get("zuora-track-id") == track_id, f"the track id {track_id!r} did not come back")


@rules.rule(PAGE)
def track_id_has_a_form(harness: Harness) -> None:
    """A track id of more than 64 characters, or with one that is forbidden, is refused."""
    for track_id in ("a" * 65, "a" * 300, *(f"a{each}b" for each in FORBIDDEN), "a\xe9"):
        response = harness.call("getJournalRun", UNKNOWN, headers={"Zuora-Track-Id": track_id})
        expect(
            response.status == 400, f"the track id {track_id!r} got the status {response.status}, not refused with 400"
        )


@rules.rule(PAGE)
def compressed_if_long_and_asked_for(harness: Harness) -> None:
    """A response of more than 1,000 bytes is compressed for those who accept gzip, and no other is."""
    number = harness.readable()
    sizes = set()
    for accepted in ("gzip", "identity", "deflate, gzip", "gzip;q=0", "*;q=0", "br", "", None):
        for operation, query in (("getJournalRun", {}), ("listJournalEntriesOfJournalRun", {"pageSize": 300})):
            response = harness.call(operation, number, query=query, headers={"Accept-Encoding": accepted})
            accepts_gzip = "gzip" in (accepted or "") and "q=0" not in (accepted or "")
            expected = "gzip" if accepts_gzip and response.size > COMPRESSED_ABOVE else None
            coding = response.headers.get("content-encoding")
            said = f"{response.size} bytes for Accept-Encoding {accepted!r} came with Content-Encoding {coding!r}"
            expect(coding == expected, said)
            sizes.add(response.size > COMPRESSED_ABOVE)
    if True not in sizes:
        raise Skipped("no response has more than 1,000 bytes")


@rules.rule("Zuora, Rate limits")
def limits_count_down(harness: Harness) -> None:
    """`RateLimit-Remaining` decreases with each call, and at most one new window starts meanwhile."""
    seen = []
    for _ in range(6):
        headers = harness.call("getJournalRun", UNKNOWN).headers
        if "ratelimit-remaining" not in headers or "ratelimit-reset" not in headers:
            raise Skipped("responses have no RateLimit headers")
        seen.append((int(headers["ratelimit-remaining"]), int(headers["ratelimit-reset"])))
    windows = sum(after[1] > before[1] for before, after in pairwise(seen))
    expect(windows <= 1, f"RateLimit-Reset went up {windows} times in 6 calls")
    falls = any(after[0] < before[0] for before, after in pairwise(seen))
    expect(falls or not seen[0][0], f"RateLimit-Remaining never went down in 6 calls: {[left for left, _ in seen]}")


@rules.rule("Zuora, Rate limits")
def concurrency_is_within_its_limit(harness: Harness) -> None:
    """`Concurrency-Limit-Remaining` is less than `Concurrency-Limit-Limit`, and journal runs are in a named pool."""
    headers = harness.call("getJournalRun", harness.readable()).headers
    if "concurrency-limit-limit" not in headers or "concurrency-limit-remaining" not in headers:
        raise Skipped("responses have no Concurrency-Limit headers")
    limit, left = (int(headers[f"concurrency-limit-{each}"]) for each in ("limit", "remaining"))
    expect(left < limit, f"{left} of {limit} concurrent requests are left during a request")


@rules.rule(PAGE)
def only_entities_that_one_may_reach(harness: Harness) -> None:
    """A call for an entity that the user may not reach is refused, where Multi-entity is on."""
    if harness.target.entity_id is None:
        raise Skipped("it needs a tenant with Multi-entity, and ZUORA_ENTITY_ID")
    for operation in ("getJournalRun", "listJournalEntriesOfJournalRun"):
        response = harness.call(operation, harness.readable(), headers={"Zuora-Entity-Ids": FOREIGN})
        expect(response.status in (400, 401, 403), f"{operation} in a foreign entity got the status {response.status}")


@rules.rule("Zuora, Multi-Org: header Zuora-Org-Ids")
def only_organisations_that_one_may_reach(harness: Harness) -> None:
    """A call for an organisation that the user may not reach is refused, where Multi-Org is on."""
    known = harness.target.org_ids
    if known is None:
        raise Skipped("it needs a tenant with Multi-Org, and ZUORA_ORG_IDS")
    number = harness.readable()
    for organisations in (FOREIGN, f"{known},{FOREIGN}"):
        response = harness.call("getJournalRun", number, headers={"Zuora-Org-Ids": organisations})
        expect(response.status in (400, 401, 403), f"organisations {organisations} got the status {response.status}")
