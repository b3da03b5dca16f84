# SPDX-License-Identifier: BSD-2-Clause
"""What the tools may cost, and whether they keep to it."""

from dataclasses import dataclass
from statistics import median

from own_clock import KIND, WORKS_NS
from tools import LIBBPF_TOOLS, OURS


@dataclass(frozen=True)
class Verdict:
    text: str
    limit: str
    measured: str
    is_met: bool


class Values:
    """Medians of what was measured, nothing where it was not."""

    def __init__(self, values):
        self.values = values

    def all(self, kind, figure, who=OURS):
        return self.values.get((kind, figure), {}).get(who, [])

    def get(self, kind, figure, who=OURS):
        values = self.all(kind, figure, who)
        return median(values) if values else None

    def ratio(self, kind, figure):
        ours, theirs = self.get(kind, figure), self.get(kind, figure, LIBBPF_TOOLS)
        return ours / theirs if ours is not None and theirs and theirs > 0 else None


# Limits relative to libbpf-tools: text, kind, figure, at most so many times as much.
RATIOS = [
    ("time added to an open(), one core", "open", "added, one core", 0.10),
    ("time added to an open(), all cores", "open", "added, all cores", 0.10),
    ("time added to an open() that fails", "open", "added, failing", 0.10),
    ("time added to an open() of a path of 500 bytes", "open", "added, path of 500 bytes", 0.10),
    ("time added to getppid() by opensnoop", "open", "added, getppid", 1.0),
    ("time in the programs for an exec", "exec", "run_time", 0.10),
    ("reader's CPU for 1,000,000 opens", "open", "reader", 0.10),
    ("reader's CPU for 1,000,000 execs", "exec", "reader", 0.10),
    ("start to first event, opensnoop", "open", "start", 1.0),
    ("start to first event, execsnoop", "exec", "start", 1.0),
    ("kernel memory of maps, execsnoop", "exec", "maps", 0.10),
]

# text, kind, figure, most (least, if negative), unit, what of the rounds
BOUNDS = [
    ("resident memory, opensnoop", "open", "resident", 8, "MiB", max),
    ("resident memory, execsnoop", "exec", "resident", 8, "MiB", max),
    ("lost at full rate on all cores", "open", "full rate, lost", 0, "events", max),
    ("delay from open to row, idle machine", "open", "latency", 2, "ms", max),
    ("delay from open to row, in a flood", "open", "latency in a flood", 20, "ms", max),
    ("`head -1` prints, opensnoop", "open", "head", 1, "events", max),
    ("`head -1` prints, execsnoop", "exec", "head", 1, "events", max),
    ("rows kept at SIGTERM, opensnoop", "open", "sigterm", -100, "of 100", min),
    ("rows kept at SIGTERM, execsnoop", "exec", "sigterm", -100, "of 100", min),
    ("idle wake-ups, opensnoop", "open", "idle", 1, "a second", max),
    ("idle wake-ups, execsnoop", "exec", "idle", 1, "a second", max),
]

FILTER_LIMIT = 1.3


def is_true(values, work_ns):
    """Whether funclat's average is within 10 % or 0.5 µs of what the program's own clock shows."""
    error, truth = values.get(KIND, f"error, {work_ns}"), values.get(KIND, f"own clock, {work_ns}")
    return abs(error) <= max(500, truth / 10)


def number(value):
    """With three digits that mean something."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def verdicts(values):
    """One for each budget that something was measured for."""
    found = []
    for text, kind, figure, limit in RATIOS:
        ratio = values.ratio(kind, figure)
        if ratio is not None:
            found.append(Verdict(text, f"{limit:.2f} × libbpf-tools", f"{ratio:.3f} ×", ratio <= limit))
    for text, kind, figure, limit, unit, of in BOUNDS:
        if measured := values.all(kind, figure):
            worst = of(measured)
            found.append(Verdict(text, f"{'at least' if limit < 0 else 'at most'} {abs(limit)} {unit}",
                                 f"{number(worst)} {unit}", worst >= -limit if limit < 0 else worst <= limit))
    for work in WORKS_NS:
        if (error := values.get(KIND, f"error, {work}")) is not None:
            found.append(Verdict(f"average of a function of {work / 1000:g} µs, funclat", "10 % or 500 ns from the truth",
                                 f"{number(error)} ns", is_true(values, work)))
    if empty := values.get("open", "filtered", "empty program"):
        for option in ("-p", "-u", "-n"):
            ratio = values.get("open", "filtered", option) / empty
            found.append(Verdict(f"time added by a filter that passes nothing, opensnoop {option}",
                                 f"{FILTER_LIMIT:.1f} × an empty program", f"{ratio:.2f} ×", ratio <= FILTER_LIMIT))
    return found
