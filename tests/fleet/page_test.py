#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Each file in docs/fleet is linked by its page and used by a test. tests/fleet/run runs this."""
import re
import unittest
from pathlib import Path

from server import DOCS


class PageTest(unittest.TestCase):
    def test_each_file_is_linked_and_used(self):
        page = (DOCS / "README.md").read_text()
        tests = "".join(file.read_text() for file in Path(__file__).parent.glob("*.py") if file.name != "page_test.py")
        files = {file.name for file in DOCS.iterdir()} - {"README.md"}
        for name in files:
            with self.subTest(name):
                self.assertIn(f"]({name})", page)
                self.assertTrue(re.search(rf"\b{re.escape(name)}\b", tests))
        for link in re.findall(r"\]\(([^):#]+)", page):
            with self.subTest(link):
                self.assertTrue((DOCS / link).exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
