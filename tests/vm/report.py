# SPDX-License-Identifier: BSD-2-Clause
"""The report of a run: lines for the user, and a file for programs."""

import os
import re
from collections import Counter
from dataclasses import dataclass, field

from ctests import UNRUN

FIELDS = ("kernel", "arch", "uname", "pass", "test", "result", "seconds", "reason")
FILE = "vm-results.tsv"


@dataclass
class KernelRun:
    id: str
    package: str = ""
    arch: str = ""
    results: list = field(default_factory=list)     # of ctests.Result
    failure: str = ""                               # why the machine did not get to its end, or not well
    by_emulation: bool = False                      # is emulation to blame for that?
    console: list = field(default_factory=list)     # what it printed, if so
    out_of_reach: str = ""
    must_run: bool = False
    seconds: float = 0

    def counts(self):
        count = Counter(result.verdict for result in self.results)
        if (self.failure or self.out_of_reach and self.must_run) and not count["failed"]:
            count["failed"] = 1     # no test is to blame, and still the run did not succeed
        return count["passed"], count["failed"], count["skipped"]


def summary(passed, failed, skipped):
    return f"{passed} passed, {failed} failed, {skipped} skipped"


def details(run):
    """Returns the lines about a kernel whose run is over."""
    if run.out_of_reach:
        return [f"{'FAILED' if run.must_run else 'SKIPPED'} {run.id}: out of reach: {run.out_of_reach}"]
    lines = []
    unrun = [result for result in run.results if result.reason == UNRUN]
    for result in run.results:
        if result.verdict != "passed" and result.reason != UNRUN:
            passing = f" [{result.passing}]" if result.passing else ""
            lines.append(f"{run.id}: {result.verdict.upper()} {result.test}{passing}: {result.reason}")
            if result.verdict == "failed":
                lines += [f"    {line}" for line in result.output.splitlines()]
    if unrun:
        lines.append(f"{run.id}: FAILED {len(unrun)} tests that were not run, from {unrun[0].test} on")
    if run.failure:
        lines.append(f"{run.id}: {run.failure}. Lines of its console:")
        lines += [f"    {line}" for line in run.console]
    lines.append(f"{run.id}: {summary(*run.counts())} in {run.seconds:.0f} s")
    return lines


# With more failures than this, none is tried again.
ACCIDENTS = 5


def to_try_again(run):
    """Returns the results of tests to run again in a second machine. On a busy host emulation occasionally loses a
    timer or a wake-up, so that a test fails or the machine stops. A real fault shows again."""
    failed = [result for result in run.results if result.verdict == "failed"]
    if run.failure:
        return failed if run.by_emulation else []
    return failed if len(failed) <= ACCIDENTS else []


def take_over(run, second):
    """Adds the results of the second machine to `run`, marked as such. Returns lines to show."""
    run.seconds += second.seconds
    if second.failure:
        run.failure, run.console = second.failure, second.console
        return []
    if run.by_emulation:
        line = f"{run.id}: emulation failed ({run.failure}); {len(second.results)} results are those of a second machine"
        again = {result.test for result in second.results}
        run.results = [result for result in run.results if result.verdict != "failed" and result.test not in again]
        run.results += second.results
        run.failure, run.console = "", []
        return [line]
    lines = []
    failed = {result.test: result for result in run.results if result.verdict == "failed"}
    for result in second.results:
        if result.verdict == "passed" and result.test in failed:
            first = failed[result.test]
            lines.append(f"{run.id}: {result.test} passed at the second attempt; the first: {first.reason}")
            first.verdict, first.reason = "passed", f"at the second attempt; the first: {first.reason}"
    return lines


def attempts(runs):
    """Returns a line that lists the tests which passed only at the second attempt, if any."""
    names = [f"{run.id} {result.test}" for run in runs for result in run.results
             if result.verdict == "passed" and result.reason.startswith("at the second attempt")]
    return [f"{len(names)} passed at the second attempt: {', '.join(names)}"] if names else []


def table(runs):
    rows = [("kernel", "package", "passed", "failed", "skipped", "seconds")]
    total = [0, 0, 0]
    for run in runs:
        counts = run.counts()
        total = [a + b for a, b in zip(total, counts)]
        cells = ["-"] * 4 if run.out_of_reach else [*map(str, counts), f"{run.seconds:.0f}"]
        rows.append((run.id, run.package or "OUT OF REACH", *cells))
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ["  ".join(cell.ljust(w) if i < 2 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths)))
             for row in rows]
    return lines, total


def is_of(name, test):
    """True if a result of that name is one of the test's. A family has many: routes.open_kprobe/Routes.Shows/creat."""
    return name == test or name.startswith(f"{test}/")


def failed_before(tests, path, kernel, passing):
    """Returns the tests that failed or did not run when the file was written."""
    failed = [row["test"] for row in read(path) if row["result"] == "failed"
              and (row["kernel"], row["arch"], row["pass"]) == (kernel.name, kernel.arch, passing)]
    return [test for test in tests if any(is_of(name, one_line(test.name)) for name in failed)]


def one_line(text):
    return re.sub(r"\s+", " ", text)


def row_of(r):
    values = (r.kernel, r.arch, r.uname, r.passing, r.test, r.verdict, f"{r.seconds:.2f}", r.reason)
    return dict(zip(FIELDS, map(one_line, values)))


def write(path, runs, keep=False):
    """Writes a line for each test, so that tables can be made without running them. Fields are not quoted, for cut and
    awk. With `keep`, lines of tests that did not run now stay where they are."""
    rows = [row_of(result) for run in runs for result in run.results]
    if keep and os.path.exists(path):
        place = {}
        for row in rows:
            place.setdefault((row["kernel"], row["arch"], row["pass"]), []).append(row)
        old = [row for row in read(path) if not any(
            is_of(new["test"], row["test"]) for new in place.get((row["kernel"], row["arch"], row["pass"]), []))]
        order = list(dict.fromkeys((row["kernel"], row["arch"], row["pass"]) for row in [*old, *rows]))
        rows = sorted([*old, *rows], key=lambda row: order.index((row["kernel"], row["arch"], row["pass"])))
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        for row in [dict(zip(FIELDS, FIELDS)), *rows]:
            file.write("\t".join(row[field] for field in FIELDS) + "\n")
    os.replace(f"{path}.new", path)


def read(path):
    with open(path, encoding="utf-8") as file:
        return [dict(zip(FIELDS, line.rstrip("\n").split("\t"))) for line in file.readlines()[1:]]
