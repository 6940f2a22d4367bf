"""Tests of the views with Django's test client, against the emulator."""

from django.test import SimpleTestCase
from views import zuora

from zuora_journal_runs.emulator import Emulator


class CancellationTest(SimpleTestCase):
    """Each test has an emulator of its own."""

    def setUp(self) -> None:
        self.emulator = self.enterContext(Emulator(pacing="at-once").activate())
        # The client that the views share belongs to the emulator of one test.
        self.addCleanup(zuora.cache_clear)
        self.addCleanup(lambda: zuora().close())

    def test_a_cancellation_is_accepted_and_its_outcome_reported(self) -> None:
        accepted = self.client.post("/runs/JR-00000073/cancellation")
        self.assertEqual((accepted.status_code, accepted.json()["outcome"]), (202, "unknown"))
        self.assertEqual(self.client.get("/runs/JR-00000073/cancellation").json()["outcome"], "complete")
        self.assertEqual(self.emulator.run("JR-00000073").status, "Cancelled")

    def test_what_stays_is_named(self) -> None:
        self.client.post("/runs/JR-00000075/cancellation")
        reported = self.client.get("/runs/JR-00000075/cancellation").json()
        self.assertEqual(reported["outcome"], "incomplete")
        self.assertEqual([entry["number"] for entry in reported["remaining"]], ["JE-00000038"])

    def test_errors_are_responses(self) -> None:
        self.assertEqual(self.client.post("/runs/JR-00000099/cancellation").status_code, 404)
        self.assertEqual(self.client.post("/runs/75/cancellation").status_code, 422)
