#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The manifests of docs/fleet/daemonset.yaml are valid. tests/fleet/run runs this."""
import os
import shutil
import subprocess
import unittest
from pathlib import Path

from server import DOCS


class KubernetesTest(unittest.TestCase):
    def test_the_manifests_are_valid(self):
        modules = os.environ["SNOOP_KUBERNETES"]
        if not modules:
            self.skipTest("there is no npm, or its registry is out of reach")
        program = shutil.copy(Path(__file__).with_suffix(".mjs"), modules)
        ran = subprocess.run(["node", program, DOCS / "daemonset.yaml"], cwd=modules, capture_output=True, text=True,
                             check=False)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        print(ran.stdout, end="")


if __name__ == "__main__":
    unittest.main(verbosity=2)
