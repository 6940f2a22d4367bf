"""Tests of closing.py without pytest."""

import unittest

from closing import cancel_all

from zuora_journal_runs.emulator import Emulator


class ClosingTest(unittest.TestCase):
    """Each test has an emulator of its own."""

    def setUp(self) -> None:
        self.zuora = self.enterContext(Emulator().activate())

    def test_a_run_that_is_cancelled_is_not_reported(self) -> None:
        self.assertEqual(cancel_all(["JR-00000073"]), [])
        self.assertEqual(self.zuora.run("JR-00000073").status, "Cancelled")

    def test_an_entry_that_stays_is_reported(self) -> None:
        (line,) = cancel_all(["JR-00000073", "JR-00000075"])
        self.assertIn("JR-00000075 is NOT completely cancelled", line)


if __name__ == "__main__":
    unittest.main()
