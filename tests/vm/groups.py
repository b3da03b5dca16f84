# SPDX-License-Identifier: BSD-2-Clause
"""Tests of one GoogleTest program in one process, and its output taken apart again.

CMake makes one test of each case. Under emulation the start of a process for each costs more than
many of the cases themselves; so the VM starts a program once, and what it prints tells them apart.
"""

import math
import re
from dataclasses import dataclass, replace

import ctests

FILTER = "--gtest_filter="
ALSO_DISABLED = "--gtest_also_run_disabled_tests"
# The kernel takes no argument of more than 128 KiB; and the shell reads these lines, too.
LONGEST_FILTER = 64 * 1024
# As many tests a family is taken to be where time is given.
FAMILY = 10


@dataclass
class Group:
    """What init runs as one process: cases of one program, or a single test of another kind."""
    tests: list
    cases: list         # GoogleTest's names of them; empty for another kind

    @property
    def limit(self):
        """Seconds. Of many cases this is more than a kernel gets: init cuts it down to what is left."""
        return sum(test.limit for test in self.tests) * (FAMILY if is_family(self.tests[0]) else 1)

    def line(self, environment):
        """The call of group() in a file of /vm/tests."""
        first = self.tests[0]
        command = first.command
        if self.cases:
            # Also with all cases of the program: those that are disabled must not run.
            command = [command[0], FILTER + ":".join(self.cases), ALSO_DISABLED]
        return first.line(environment, command, self.limit)


@dataclass
class Part:
    """What a run of a group says about one of its tests."""
    test: ctests.Test
    code: int | None = None     # None: it did not come to its end, and reason tells why
    seconds: float = 0
    output: str = ""
    reason: str = ""
    limit: float = math.inf     # after which it would have been killed


def case_of(test):
    """GoogleTest's name of a test that gtest_discover_tests() made, else None."""
    match test.command:
        case [_, choice, also] if choice.startswith(FILTER) and also == ALSO_DISABLED:
            name = choice.removeprefix(FILTER)
            return None if re.search(r"[*?:]|^-", name) else name
    return None


def is_family(test):
    """One test of CMake's that is many cases, by a pattern: its output tells which."""
    return any(word.startswith(FILTER) and "*" in word for word in test.command)


def arrange(tests):
    """Neighbours that differ in nothing but the case become a group; the order stays."""
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
    """The parts of a boot.Run of a group, one for each test or each case of a family; run None: there was none."""
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
        # Not only at the start of a line: what came before may have left its last one open.
        elif (found := re.search(r"\[ RUN      \] (\S+)$", line)) and found[1] in wanted and found[1] not in parts:
            current, lines = found[1], [line]
    if current:
        spent = (run.seconds or 0) - sum(part.seconds for part in parts.values())
        parts[current] = Part(wanted[current], None, max(spent, 0), "\n".join(lines), ended or "the program ended in it")
    elif run.code and parts and not any(part.code for part in parts.values()):
        # A fault behind the last case, such as a leak, is a failure for ctest, too.
        last = list(parts.values())[-1]
        last.code, last.reason, last.output = None, f"{ended}, behind the last test", run.output
    left = ctests.UNRUN if run.code != 0 or current else "no test of that name in the program"
    if family and (not parts or current or run.code is None):
        wanted[""] = group.tests[0]     # for the cases that nobody here can name
    return [parts.get(case) or Part(test, reason=left) for case, test in wanted.items()]


def _end(case, line):
    """The line that closes a case; a failed one with a parameter says that as well."""
    return re.search(rf"\[(?P<word>       OK |  FAILED  |  SKIPPED )\] {re.escape(case)}(, where .*)?"
                     r" \((?P<ms>\d+) ms\)$", line)
