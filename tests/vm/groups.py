# SPDX-License-Identifier: BSD-2-Clause
"""Runs tests of one GoogleTest program in one process, and splits its output into theirs.

CMake makes one test of each case. Under emulation, starting a process for each takes longer than many of the
cases; so the VM starts a program once, and its output tells the cases apart.
"""

import math
import re
from dataclasses import dataclass, replace

import ctests

FILTER = "--gtest_filter="
ALSO_DISABLED = "--gtest_also_run_disabled_tests"
# The kernel allows an argument at most 128 KiB, and the shell reads these lines as well.
LONGEST_FILTER = 64 * 1024
# The number of tests that a family is assumed to have, for its time limit.
FAMILY = 10


@dataclass
class Group:
    """The tests that init runs in one process: cases of one program, or a single test of another kind."""
    tests: list
    cases: list         # GoogleTest's names of them; empty for another kind

    @property
    def limit(self):
        """The time limit in seconds. init reduces it to the time that the kernel has left."""
        return sum(test.limit for test in self.tests) * (FAMILY if is_family(self.tests[0]) else 1)

    def line(self, environment):
        """Returns the call of group() for a file in /vm/tests."""
        first = self.tests[0]
        command = first.command
        if self.cases:
            # Even if the group has all cases of the program: disabled ones must not run.
            command = [command[0], FILTER + ":".join(self.cases), ALSO_DISABLED]
        return first.line(environment, command, self.limit)


@dataclass
class Part:
    """The part of a group's run that belongs to one of its tests."""
    test: ctests.Test
    code: int | None = None     # None: it did not come to its end, and reason tells why
    seconds: float = 0
    output: str = ""
    reason: str = ""
    limit: float = math.inf     # after which it would have been killed


def case_of(test):
    """Returns GoogleTest's name of a test that gtest_discover_tests() created, else None."""
    match test.command:
        case [_, choice, also] if choice.startswith(FILTER) and also == ALSO_DISABLED:
            name = choice.removeprefix(FILTER)
            return None if re.search(r"[*?:]|^-", name) else name
    return None


def is_family(test):
    """True if a test of CMake stands for many cases, by a pattern; its output names them."""
    return any(word.startswith(FILTER) and "*" in word for word in test.command)


def arrange(tests):
    """Groups adjacent tests that differ only in the case, and keeps their order."""
    groups = []
    for test in tests:
        case = case_of(test)
        last = groups[-1] if groups else None
        if case and last and last.cases and _same(last.tests[0], test) \
                and len(":".join([*last.cases, case])) <= LONGEST_FILTER:
            last.tests.append(test)
            last.cases.append(case)
        else:
            groups.append(Group([test], [case] if case else []))
    return groups


def _same(a, b):
    return (a.command[0], a.environment, a.folder) == (b.command[0], b.environment, b.folder)


def split(group, run):
    """Splits a boot.Run of a group into parts, one for each test or case of a family. run is None if it did not run."""
    if not run:
        return [Part(test, reason=ctests.UNRUN) for test in group.tests]
    ended = "the machine ended in it"
    if run.code is not None:
        ended = ctests.ending(run.code, run.seconds, run.limit)
    family = is_family(group.tests[0])
    if not group.cases and not family:
        return [Part(group.tests[0], run.code, run.seconds or 0, run.output, ended, run.limit)]
    wanted = dict(zip(group.cases, group.tests))
    if family:
        prefix = group.tests[0].name.split(".")[0]
        wanted = {found: replace(group.tests[0], name=f"{prefix}.{found}")
                  for found in re.findall(r"\[ RUN      \] (\S+)$", run.output, re.M)}
    parts, current, lines = {}, None, []
    for line in run.lines:
        if current:
            lines.append(line)
            if found := _end(current, line):
                code = 1 if found["word"] == "  FAILED  " else 0
                parts[current] = Part(wanted[current], code, int(found["ms"]) / 1000, "\n".join(lines))
                current = None
        # Not only at the start of a line: the line before may lack its newline.
        elif (found := re.search(r"\[ RUN      \] (\S+)$", line)) and found[1] in wanted and found[1] not in parts:
            current, lines = found[1], [line]
    if current:
        spent = (run.seconds or 0) - sum(part.seconds for part in parts.values())
        parts[current] = Part(wanted[current], None, max(spent, 0), "\n".join(lines), ended or "the program ended in it")
    elif run.code and parts and not any(part.code for part in parts.values()):
        # A fault after the last case, such as a leak, is a failure for ctest as well.
        last = list(parts.values())[-1]
        last.code, last.reason, last.output = None, f"{ended}, behind the last test", run.output
    left = ctests.UNRUN if run.code != 0 or current else "no test of that name in the program"
    if family and (not parts or current or run.code is None):
        wanted[""] = group.tests[0]     # for the cases that nobody here can name
    return [parts.get(case) or Part(test, reason=left) for case, test in wanted.items()]


def _end(case, line):
    """Returns a pattern of the line that closes a case. If a case with a parameter fails, the line has the parameter."""
    return re.search(rf"\[(?P<word>       OK |  FAILED  |  SKIPPED )\] {re.escape(case)}(, where .*)?"
                     r" \((?P<ms>\d+) ms\)$", line)
