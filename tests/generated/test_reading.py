"""Whatever the fragment allows is read and can be written back as it was; so is what may come tomorrow."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contract.answers import Answers, Kind, changed, decoded, encoded, quick, same

from zuora_journal_runs_api import errors, models
from zuora_journal_runs_api.types import decode

from .reading import MODULES, STATUSES, Tolerance, attribute, is_model, model_of, read

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = [
    Kind(operation, status)
    for operation in MODULES
    for status in STATUSES
    # Of the token request alone the documents have a 429 of its own.
    if status != "429" or operation == "createToken"
]
ENTRY = {"number": "JE-00000001", "status": "Created"}
NEEDED: dict[str, Any] = {
    "success": True, "number": "JR-00000001", "status": "Pending", "journalRunNumber": "JR-00000001",
    "journalEntries": [], "access_token": "a", "reasons": [], "type": "Invoice Item", "transactionTypes": [],
    "journalEntryDate": "2026-10-31", "code": 50000040, "message": "none", "client_id": "1", "client_secret": "2",
    "grant_type": "client_credentials", "accountingCodeName": "Cash",
}  # fmt: skip
"""A value for every field that some object requires."""
RUN = b'{"success": true, "number": "JR-00000001", "status": "Completed", "totalJournalEntryCount": %s}'


@pytest.fixture(scope="module")
def answers(fragment: Mapping[str, Any]) -> Answers:
    return Answers(fragment, seed=8)


@pytest.fixture(scope="module")
def tolerance(fragment: Mapping[str, Any]) -> Tolerance:
    return Tolerance(fragment)


def test_all_kinds_are_tried(answers: Answers) -> None:
    assert set(answers.kinds) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_every_allowed_response_is_written_back_as_it_was(answers: Answers, kind: Kind) -> None:
    @settings(quick, max_examples=60 if kind.status == "200" else 10)
    @given(answers.allowed(kind))
    def written_back(body: Any) -> None:
        content = encoded(body)
        parsed = read(kind, content)
        assert is_model(parsed, model_of(kind, body)), content
        assert same(parsed.to_dict(), decoded(content)), content
        assert type(parsed).from_dict(parsed.to_dict()) == parsed, content

    written_back()


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_a_change_of_an_example_is_read_or_the_error_names_its_place(
    answers: Answers, tolerance: Tolerance, kind: Kind
) -> None:
    refused = 0
    for example in answers.examples(kind):
        for body in changed(example):
            assert_read_or_refused(tolerance, kind, body)
            refused += bool(tolerance.problems(model_of(kind, body), body))
    assert refused


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.status == "200"], ids="-".join)
def test_a_change_of_any_response_is_read_or_the_error_names_its_place(
    answers: Answers, tolerance: Tolerance, kind: Kind
) -> None:
    @settings(quick, max_examples=25)
    @given(answers.allowed(kind), st.randoms(use_true_random=False))
    def read_or_refused(body: Any, random: Any) -> None:
        for change in random.sample(changes := list(changed(body)), min(10, len(changes))):
            assert_read_or_refused(tolerance, kind, change)

    read_or_refused()


def assert_read_or_refused(tolerance: Tolerance, kind: Kind, body: Any) -> None:
    content, model = encoded(body), model_of(kind, body)
    problems = tolerance.problems(model, body)
    if problems:
        with pytest.raises(errors.InvalidResponseError) as caught:
            read(kind, content)
        assert caught.value.place in problems, f"{caught.value} in {content!r}"
        assert str(caught.value).startswith(caught.value.place or "the body"), content
    else:
        assert same(read(kind, content).to_dict(), decoded(content)), content


def entry(**fields: Any) -> models.JournalEntry:
    return models.JournalEntry.from_dict({**ENTRY, **fields})


@pytest.mark.parametrize("text", ["Paused", "", "cancelled", "Ausgesetzt", "a b", "name", "_value_", "\N{ABACUS}"])
def test_unknown_values_of_enumerations(text: str) -> None:
    run = models.JournalRun.from_dict({"success": True, "number": "JR-00000001", "status": text})
    assert run.status == text
    assert not run.status.is_known
    assert run.to_dict()["status"] == text
    read_entry = entry(status=text, transferredToAccounting=text, journalEntryItems=[{"type": text}])
    assert read_entry.to_dict() == {
        **ENTRY, "status": text, "transferredToAccounting": text, "journalEntryItems": [{"type": text}],
    }  # fmt: skip


@pytest.mark.parametrize("value", [None, 0, "", [], {"a": [1, {"b": None}]}, True])
def test_unknown_fields(value: Any) -> None:
    data = {"success": True, "number": "JR-00000001", "status": "Pending", "fieldOfTomorrow": value, "custom__c": value}
    run = models.JournalRun.from_dict(data)
    assert run.additional_properties == {"fieldOfTomorrow": value, "custom__c": value}
    assert run.to_dict() == data


def test_null_in_every_field_that_need_not_be_there(fragment: Mapping[str, Any]) -> None:
    answers = {"CreateJournalRunResponse", "JournalRun", "JournalEntriesPage", "JournalEntry", "JournalEntryItem",
               "Segment", "CommonResponse", "ErrorResponse", "TokenResponse", "OrganizationLabel"}  # fmt: skip
    for name in answers:
        schema = fragment["components"]["schemas"][name]
        data = {field: NEEDED[field] for field in schema.get("required", ())}
        if name == "ErrorResponse":
            data["success"] = False
        data |= {field: None for field in schema["properties"] if field not in data}
        assert getattr(models, name).from_dict(data).to_dict() == data, name


def test_an_absent_field_reads_as_a_null_one_and_can_be_distinguished() -> None:
    absent, null = entry(), entry(notes=None, segments=None)
    assert (absent.notes, absent.segments) == (null.notes, null.segments) == (None, [])
    assert (absent.was_sent("notes"), null.was_sent("notes")) == (False, True)
    assert (absent.was_sent("segments"), null.was_sent("segments")) == (False, True)
    assert absent != null
    assert (absent.to_dict(), null.to_dict()) == (ENTRY, {**ENTRY, "notes": None, "segments": None})


def test_every_field_was_sent_if_it_is_in_the_body(fragment: Mapping[str, Any]) -> None:
    for name, schema in fragment["components"]["schemas"].items():
        if schema.get("type") != "object":
            continue
        required = {field: NEEDED[field] for field in schema.get("required", ())} | (
            {"success": False} if name == "ErrorResponse" else {}
        )
        for field in schema["properties"]:
            model = getattr(models, name).from_dict({**required, field: required.get(field)})
            sent = {each for each in schema["properties"] if model.was_sent(attribute(each))}
            assert sent == {*required, field}, (name, field)


@pytest.mark.parametrize("field", ["amonut", "homeCurrencyAmount", "rate__c", "to_dict", "additional_properties"])
def test_a_field_that_the_contract_has_not_was_neither_sent_nor_left_out(field: str) -> None:
    item = models.JournalEntryItem.from_dict({"rate__c": "1.0", "homeCurrencyAmount": 1})
    with pytest.raises(AttributeError, match=f"^JournalEntryItem has no field '{field}'$"):
        item.was_sent(field)


@pytest.mark.parametrize(
    "text",
    [
        "2014-11-15 22:05:12",
        "2014-11-15T22:05:12",
        "2014-11-15T22:05:12Z",
        "2014-11-15T22:05:12z",
        "2014-11-15T22:05:60.123456789+05:30",
        "15.11.2014",
        "",
    ],
)
def test_times_are_kept_as_they_are_written(text: str) -> None:
    data = {"success": True, "number": "JR-00000001", "status": "Completed", "executedOn": text}
    assert models.JournalRun.from_dict(data).to_dict() == data
    assert entry(transferDateTime=text).to_dict() == {**ENTRY, "transferDateTime": text}


@pytest.mark.parametrize(
    "text", ["20141115", "2014-W46-6", "2014-11-15T00:00:00", "2014-11-31", "15-11-2014", " 2014-11-15", ""]
)
def test_a_date_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(errors.InvalidResponseError) as caught:
        entry(journalEntryDate=text)
    assert caught.value.place == "journalEntryDate"


@pytest.mark.parametrize(
    "number",
    [
        "0", "-0", "0.0", "-0.0", "0.1", "30000", "30000.00", "12345678901234567.89", "1e400", "-1E-400", "1E+2",
        "0.1000000000000000055511151231257827", "9" * 40, "123456789012345678901234567890.123456789",
    ],
)  # fmt: skip
def test_amounts_are_exact(number: str) -> None:
    content = f'{{"success": true, "journalEntries": [{{"number": "JE-1", "status": "Created", "journalEntryItems": [{{"amount": {number}, "homeCurrencyAmount": "{number}"}}]}}]}}'
    data = decode(content.encode())
    page = models.JournalEntriesPage.from_dict(data)
    (item,) = page.journal_entries[0].journal_entry_items
    for amount in (item.amount, item.home_currency_amount):
        assert isinstance(amount, Decimal)
        assert amount == Decimal(number)
        assert amount.as_tuple().exponent == Decimal(number).as_tuple().exponent
    assert page.to_dict() == data
    assert type(page.to_dict()["journalEntries"][0]["journalEntryItems"][0]["homeCurrencyAmount"]) is str


@pytest.mark.parametrize("number", [0.1, 1e300, 30000.5, -0.0, 30000, Decimal("0.10"), "-0.50", "1E+3"])
def test_amounts_that_other_decoders_made(number: Any) -> None:
    (item,) = entry(journalEntryItems=[{"amount": number}]).journal_entry_items
    assert isinstance(item.amount, Decimal)
    assert str(item.amount) == str(Decimal(str(number)))
    assert item.to_dict()["amount"] is number


NO_AMOUNTS: list[Any] = [
    float("nan"), float("inf"), True, "", "abc", "NaN", "Infinity", "1,000.00", "1_000", " 1", "1\n", "1.", ".5",
    "\N{ARABIC-INDIC DIGIT ONE}", "1e1000", "1e999999999", [], {},
    *map(Decimal, ("NaN", "sNaN", "-Infinity", "1e999999999", "1e-999999999", "0e999999999", "0e-999999999")),
]  # fmt: skip


@pytest.mark.parametrize("amount", NO_AMOUNTS, ids=repr)
def test_amounts_that_are_no_numbers_are_refused_when_they_are_read(amount: Any) -> None:
    with pytest.raises(errors.InvalidResponseError, match=r"where a number is expected$") as caught:
        entry(journalEntryItems=[{}, {"amount": amount}])
    assert caught.value.place == "journalEntryItems[1].amount"


@given(st.text(st.sampled_from("0123456789.eE+-_ \n")) | st.decimals().map(str) | st.floats().map(repr))
def test_text_is_an_amount_or_refused(text: str) -> None:
    """Whatever is read is exact, and can be written out in little memory."""
    try:
        (item,) = entry(journalEntryItems=[{"amount": text}]).journal_entry_items
    except errors.InvalidResponseError:
        return
    assert item.amount == Decimal(text)
    assert len(f"{item.amount:f}") <= len(text) + 1002


@pytest.mark.parametrize(("number", "value"), [("0", 0), ("1E+3", 1000), ("2.0", 2), (f"{2**63 - 1}", 2**63 - 1)])
def test_whole_numbers(number: str, value: int) -> None:
    run = models.JournalRun.from_dict(decode(RUN % number.encode()))
    assert run.total_journal_entry_count == value
    assert type(run.total_journal_entry_count) is int


@pytest.mark.parametrize("number", ["0.5", "1E-1", f"{2**63}", "1E+19", '"1"', "true"])
def test_what_is_no_whole_number_is_refused(number: str) -> None:
    with pytest.raises(errors.InvalidResponseError, match=r"^totalJournalEntryCount is .* a whole number is expected$"):
        models.JournalRun.from_dict(decode(RUN % number.encode()))


@pytest.mark.parametrize("code", [50000040, "50000040", "90000011", 70, "SystemError", 0, -1, 10**30, ""])
def test_codes(code: Any) -> None:
    data = {"success": False, "reasons": [{"code": code, "message": "none"}]}
    error = models.ErrorResponse.from_dict(data)
    assert type(error.reasons[0].code) is type(code)
    assert error.to_dict() == data


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", "1", '"text"', "NaN", '{"a": NaN}', '{"a": Infinity}', "\x00"]
)
def test_what_is_no_json_object_is_refused(content: str) -> None:
    with pytest.raises(errors.InvalidResponseError) as caught:
        decode(content.encode())
    assert caught.value.place == ""
    assert str(caught.value).startswith("the body is ")


@pytest.mark.parametrize(
    "content", [b"\xff", b'{"a": "\xff"}', b"[" * 100_000, b'{"a":' * 100_000, b'{"a": ' + b"1" * 5000 + b"}"]
)
def test_what_no_decoder_takes_is_refused(content: bytes) -> None:
    with pytest.raises(errors.InvalidResponseError):
        decode(content)


@pytest.mark.parametrize(
    "number",
    [
        "1e9999999999999999999", "-1e9999999999999999999", "1e-9999999999999999999", "1e999999999", "-1e-999999999",
        "0e999999999", "0.0e-999999999", "1e4301", "1e-4301", pytest.param("0." + "1" * 4301, id="0.1..."),
    ],
)  # fmt: skip
def test_numbers_that_cannot_be_written_out_are_refused(number: str) -> None:
    with pytest.raises(errors.InvalidResponseError, match=r"^the body holds a number of more than 4,300 digits$"):
        decode(f'{{"amount": {number}}}'.encode())


@given(
    st.binary(max_size=60)
    | st.text(max_size=60).map(str.encode)
    | st.from_regex(r"\A[\[\]{}:,\"0-9eE.a-z+-]{0,40}\Z").map(str.encode)
)
@settings(deadline=None)
def test_any_bytes_are_an_object_or_refused(content: bytes) -> None:
    try:
        data = decode(content)
    except errors.InvalidResponseError:
        return
    assert isinstance(data, dict)
    assert same(data, json.loads(content, parse_float=Decimal))


@pytest.mark.parametrize("status", [100, 201, 204, 302, 501, 502, 503, 504, 520, 599])
@pytest.mark.parametrize("operation", MODULES)
def test_a_status_that_is_not_of_the_contract(operation: str, status: int) -> None:
    with pytest.raises(errors.UnexpectedStatus, match=f"^status {status} is not one of the contract$") as caught:
        read(Kind(operation, "200"), b"<html>", status)
    assert (caught.value.status_code, caught.value.content) == (status, b"<html>")
