"""What the fragment allows in a header or a path, the documents allow, and the client lets nothing else pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zuora_journal_runs import errors
from zuora_journal_runs._http import RunNumber
from zuora_journal_runs._http import headers as header_rules

from .walk import schema_named, validator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jsonschema_rs import Draft202012Validator

FORBIDDEN = ":;\"'"
PRINTABLE = [chr(code) for code in range(0x20, 0x7F)]

CHECKS: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "Zuora-Track-Id": ("ZuoraTrackId", header_rules.parse_track_id),
    "Zuora-Entity-Ids": ("ZuoraEntityIds", header_rules.parse_entity_id),
    "Zuora-Org-Ids": ("ZuoraOrgIds", header_rules.parse_org_ids),
    "Zuora-Version": ("ZuoraVersion", header_rules.parse_zuora_version),
    "Idempotency-Key": ("IdempotencyKey", header_rules.parse_idempotency_key),
    "jr-number": ("JournalRunNumber", lambda text: str(RunNumber(text))),
    "je-number": ("JournalEntryNumber", header_rules.parse_entry_number),
}
"""For each parameter of the fragment's, its component and the client's check."""

OWN = {"Accept-Encoding", "Content-Encoding"}
"""The headers that the client sets by itself."""

GOOD = {
    "Zuora-Track-Id": "close 2026-04",
    "Zuora-Entity-Ids": "11e64eef-ac1f-4e52-8ab2-8d1b1c5b5b9a",
    "Zuora-Org-Ids": "8ad097b4,8ad08c84",
    "Zuora-Version": "2025-08-12",
    "Idempotency-Key": "d0a8ab8f-6f6d-4d9f-8a4a-1f0a3d3e2b11",
    "jr-number": "JR-00000075",
    "je-number": "JE-00000038",
}


@pytest.fixture(scope="session")
def schemas(fragment: Mapping[str, Any]) -> Mapping[str, Draft202012Validator]:
    """The schema of each of these parameters."""
    parameters = fragment["components"]["parameters"]
    return {name: validator(fragment, parameters[component]["schema"]) for name, (component, _) in CHECKS.items()}


def test_every_documented_header_is_checked_by_the_client(
    fragment: Mapping[str, Any], stated: Mapping[str, Any]
) -> None:
    named = {parameter["name"]: name for name, parameter in fragment["components"]["parameters"].items()}
    # What Zuora has added since, the client does not send.
    added = {parameter["name"] for parameter in stated["components"]["parameters"].values()} - CHECKS.keys()
    assert named.keys() - OWN - added == CHECKS.keys()
    assert {name: component for name, (component, _) in CHECKS.items()}.items() <= named.items()


@pytest.mark.parametrize("code", range(0x180))
def test_the_alphabet_of_track_ids(fragment: Mapping[str, Any], code: int) -> None:
    allowed = 0x20 <= code < 0x7F and chr(code) not in FORBIDDEN
    assert schema_named(fragment, "TrackId").is_valid(f"a{chr(code)}b") == allowed


@given(text=st.text(max_size=70))
@example(text="a" * 64)
@example(text="a" * 65)
@example(text="")
@example(text="a\n")
@example(text="\na")
def test_track_ids(schemas: Mapping[str, Draft202012Validator], text: str) -> None:
    allowed = (
        1 <= len(text) <= 64 and all(" " <= character <= "~" for character in text) and not set(text) & set(FORBIDDEN)
    )
    assert schemas["Zuora-Track-Id"].is_valid(text) == allowed


def assert_agreed(schemas: Mapping[str, Draft202012Validator], name: str, text: str) -> None:
    """What the client lets pass, the fragment allows, and the other way about."""
    _, check = CHECKS[name]
    try:
        sent = check(text)
    except errors.InvalidArgumentError:
        # What is empty, or has a blank at either end, is lost on the way, and more than ASCII does not get through.
        gets_through = text and text == text.strip() and text.isascii() and text.isprintable()
        assert not (gets_through and schemas[name].is_valid(text)), text
    else:
        assert schemas[name].is_valid(sent), sent
        assert sent.isascii()
        assert sent.isprintable()
        assert "".join(sent.split()) == "".join(text.split())


@pytest.mark.parametrize("name", CHECKS)
def test_valid_values(schemas: Mapping[str, Draft202012Validator], name: str) -> None:
    _, check = CHECKS[name]
    assert check(GOOD[name]) == GOOD[name]
    assert schemas[name].is_valid(GOOD[name])


@pytest.mark.parametrize("name", CHECKS)
def test_the_client_agrees_on_every_character(schemas: Mapping[str, Draft202012Validator], name: str) -> None:
    good = GOOD[name]
    for character in map(chr, range(0x180)):
        for text in (good + character, character + good, good[:4] + character + good[4:], character):
            assert_agreed(schemas, name, text)


@pytest.mark.parametrize("name", CHECKS)
def test_the_client_agrees_on_every_length(schemas: Mapping[str, Draft202012Validator], name: str) -> None:
    for length in range(300):
        assert_agreed(schemas, name, "7" * length)
        assert_agreed(schemas, name, "JR-" + "7" * length)
        assert_agreed(schemas, name, "JE-" + "7" * length)


@pytest.mark.parametrize("name", CHECKS)
@settings(deadline=None)
@given(
    text=st.text()
    | st.text(st.sampled_from(PRINTABLE), max_size=70)
    | st.lists(st.text(st.sampled_from("ab1-_,; "), max_size=4), max_size=4).map(",".join)
)
def test_the_client_agrees_on_any_text(schemas: Mapping[str, Draft202012Validator], name: str, text: str) -> None:
    assert_agreed(schemas, name, text)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("JR-00000001", True), ("JR-123456789", True), ("JR-0000001", False), ("jr-00000001", False),
        ("JR-0000000a", False), ("JR-00000001\n", False), (" JR-00000001", False), ("JR-\N{ARABIC-INDIC DIGIT ONE}0000001", False), ("", False),
    ],
)  # fmt: skip
def test_run_numbers(fragment: Mapping[str, Any], text: str, allowed: bool) -> None:
    assert schema_named(fragment, "JournalRunNumber").is_valid(text) == allowed
