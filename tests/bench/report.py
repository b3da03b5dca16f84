# SPDX-License-Identifier: BSD-2-Clause
"""Writes tables of the measurements, the file of all values, and a description of the machine."""

import json
import os
import platform
import re
import subprocess
from pathlib import Path
from statistics import median

import columns
import kept
import outputs
from budgets import Values, is_true, number, verdicts
from own_clock import GROSS, KIND, WORKS_NS
from tools import BPFTRACE, LIBBPF_TOOLS, OURS

# The parts of the document that a run replaces, by what is measured in it.
MAIN, CALLS, COLUMNS, OUTPUTS, KEEP = ("tests/bench/run", *(f"tests/bench/run --only {part}"
                                                            for part in ("calls", "columns", "outputs", "keep")))
WHO = (OURS, LIBBPF_TOOLS, BPFTRACE)
NAMES = {"hook": "hook", KIND: "funclat", columns.KIND: columns.KIND,
         outputs.KIND: outputs.KIND, kept.KIND: kept.KIND}    # of kinds in the file of all values; else opensnoop, execsnoop

# Section: kind, and figures with their unit and the factor that leads to it.
SECTIONS = [
    ("opensnoop: time added to a call", "open",
     [("added, one core", "open(), one core", "ns"), ("added, all cores", "open(), all cores", "ns"),
      ("added, failing", "open() that fails", "ns"), ("added, path of 500 bytes", "open() of a path of 500 bytes", "ns"),
      ("added, getppid", "getppid()", "ns"), ("run_time", "in the programs for an open, as the kernel counts", "ns")]),
    ("execsnoop: time added to a call", "exec",
     [("added, one core", "exec, one core", "ns"), ("added, all cores", "exec, all cores", "ns"),
      ("added, 64 KiB of arguments", "exec with 64 KiB of arguments", "ns"), ("added, getppid", "getppid()", "ns"),
      ("run_time", "in the programs for an exec, as the kernel counts", "ns")]),
    ("opensnoop: resources", "open",
     [("reader", "CPU for 1,000,000 opens", "s"), ("resident", "resident memory", "MiB"),
      ("maps", "kernel memory of its maps", "MB"), ("start", "start to first event", "ms"),
      ("idle", "wake-ups a second, idle", "")]),
    ("execsnoop: resources", "exec",
     [("reader", "CPU for 1,000,000 execs", "s"), ("resident", "resident memory", "MiB"),
      ("maps", "kernel memory of its maps", "MB"), ("start", "start to first event", "ms"),
      ("idle", "wake-ups a second, idle", "")]),
    ("opensnoop: fate of events", "open",
     [("full rate, made", "opens at full rate on all cores", ""), ("full rate, shown", "of these printed", ""),
      ("full rate, said lost", "reported as lost", ""), ("full rate, lost", "lost", ""),
      ("latency", "delay from open to row, idle machine", "ms"), ("latency in a flood", "delay from open to row, in a flood", "ms"),
      ("head", "opens until `head -1` prints", ""), ("sigterm", "rows of 100 in the file after SIGTERM", "")]),
    ("execsnoop: fate of events", "exec",
     [("head", "execs until `head -1` prints", ""), ("sigterm", "rows of 100 in the file after SIGTERM", "")]),
]


def cell(values):
    """The median, with minimum and maximum where they differ."""
    values = [value for value in values if value is not None]
    if not values:
        return "–"
    low, middle, high = number(min(values)), number(median(values)), number(max(values))
    return middle if low == high else f"{middle} ({low} … {high})"


def table(head, rows):
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


def sections(values):
    for title, kind, figures in SECTIONS:
        rows = []
        for figure, text, unit in figures:
            cells = [cell(values.all(kind, figure, who)) for who in WHO]
            if any(one != "–" for one in cells):
                ratio = values.ratio(kind, figure)
                rows.append([f"{text}, {unit}" if unit else text, *cells, f"{ratio:.3f}" if ratio is not None else "–"])
        if rows:
            yield f"### {title}\n\n" + table(["", *WHO, "ratio"], rows)


def filters(values, hook):
    names = ("empty program", "-p", "-u", "-n")
    empty = values.get("open", "filtered", "empty program")
    rows = [[name if name == "empty program" else f"opensnoop {name}", cell(values.all("open", "filtered", name)),
             f"{values.get('open', 'filtered', name) / empty:.2f}"] for name in names]
    return (f"### opensnoop: a filter that passes nothing\n\nCompared with an empty program on the same hook (`{hook}`).\n\n"
            + table(["", "time added to an open(), ns", "ratio"], rows))


def hooks(values):
    rows = [[name, cell(measured)] for (kind, _), of in values.values.items() if kind == "hook"
            for name, measured in of.items()]
    return ("### What a hook costs\n\nAn empty program at each call of getppid(): at its entry or exit, or on the C library's "
            "`syscall()`. A dash means that this kernel refuses the hook.\n\n" + table(["hook", "time added, ns"], rows))


def own_clock(values):
    """How far from the truth each tool's average is."""
    present = [who for who in (OURS, GROSS, LIBBPF_TOOLS, BPFTRACE) if values.all(KIND, f"error, {WORKS_NS[0]}", who)]
    rows = [[number(values.get(KIND, f"own clock, {work}", OURS) / 1000),
             *(cell(values.all(KIND, f"error, {work}", who)) for who in present),
             "yes" if is_true(values, work) else "**no**"] for work in WORKS_NS]
    return ("### Times of a function that measures itself\n\nHow many ns the average that a tool shows is above "
            "that of the program's own clock, in the same run. libbpf-tools shows no average: it is that of the middles of "
            "its slots. The last column says whether snoopkit's is within 10 % or 500 ns of the truth.\n\n"
            + table(["own clock, µs", *present, "true"], rows))


def column_costs(values):
    parts = []
    for kind, tools in columns.TOOLS.items():
        names = [" ".join(words) for words in tools]
        first = values.get(columns.KIND, kind, names[0])
        rows = [[f"`{name}`", cell(values.all(columns.KIND, kind, name)),
                 f"{values.get(columns.KIND, kind, name) / first:.2f}"] for name in names]
        parts.append(table([f"for {'an open' if kind == 'open' else 'an exec'}", "in the programs, ns",
                            f"ratio to {names[0]}"], rows))
    return "\n\n".join(parts)


def output_costs(values):
    def cells(name, *figures):
        return [cell(values.all(outputs.KIND, f"{name}: {figure}")) for figure in figures]

    costs = [[name, *cells(name, "tool, µs", "snoop-export, µs", "tool, MiB", "snoop-export, MiB")]
             for name in outputs.FORMATS]
    fates = [[figure, *cells(outputs.OTLP, figure)]
             for figure in ("made", "lost", "printed", "sent", "queued", "dropped", "bytes a row",
                            "tool, % of a core", "snoop-export, % of a core")]
    limits = []
    for figure, most, unit in outputs.LIMITS:
        worst = max(values.all(outputs.KIND, f"{outputs.OTLP}: {figure}"), default=0)
        limits.append([figure, f"{most} {unit}", f"{number(worst)} {unit}", "met" if worst <= most else "**not met**"])
    return "\n\n".join([
        table(["output", "tool, µs a row", "snoop-export, µs a row", "tool, MiB", "snoop-export, MiB"], costs),
        table([f"`opensnoop {outputs.OTLP}`", "of a minute"], fates),
        table(["the same, at worst", "at most", "measured", ""], limits)])


def keep_costs(values):
    rows = [[f"`opensnoop {name}`", *(cell(values.all(kept.KIND, f"{name}: {figure}")) for figure in ("µs", "MiB", "lost"))]
            for name in map(kept.name_of, kept.OPTIONS)]
    return table(["", "CPU, µs a row", "MiB", "lost"], rows)


def budgets(values):
    found = verdicts(values)
    rows = [[one.text, one.limit, one.measured, "met" if one.is_met else "**not met**"] for one in found]
    return f"{sum(one.is_met for one in found)} of {len(found)} met.\n\n" + table(["budget", "at most", "measured", ""], rows)


def machine_table(about):
    return table(["machine", ""], [[key, str(value)] for key, value in about.items()])


def documents(values, facts, about):
    """The text of each part for which something was measured, by its name."""
    kinds = {kind for kind, _ in values}
    texts = {}
    if kinds - {KIND, columns.KIND, outputs.KIND, kept.KIND} or facts:
        texts[MAIN] = markdown(values, facts, about)
    if KIND in kinds:
        texts[CALLS] = machine_table(about) + "\n\n" + own_clock(Values(values))
    if columns.KIND in kinds:
        texts[COLUMNS] = machine_table(about) + "\n\n" + column_costs(Values(values))
    if outputs.KIND in kinds:
        texts[OUTPUTS] = machine_table(about) + "\n\n" + output_costs(Values(values))
    if kept.KIND in kinds:
        texts[KEEP] = machine_table(about) + "\n\n" + keep_costs(Values(values))
    return texts


def markdown(values, facts, about):
    values = Values(values)
    parts = [machine_table(about),
             "## Budgets\n\n" + budgets(values),
             "## Figures\n\nMedians of the rounds (minimum … maximum). The ratio compares medians, "
             f"{OURS} to {LIBBPF_TOOLS}.", *sections(values)]
    if "hook" in facts:
        parts.append(filters(values, facts["hook"]))
    if ("hook", "added") in values.values:
        parts.append(hooks(values))
    if all_tools := facts.get("maps of all tools"):
        rows = [[name, number(size)] for name, size in all_tools.items()]
        parts.append("### Kernel memory of the maps of each tool\n\n" + table(["tool", "MB"], rows))
    return "\n\n".join(parts)


def version_of(package):
    found = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True)
    return found.stdout if found.returncode == 0 and found.stdout else "not installed"


def machine(build, rounds):
    cpu = re.search(r"^(?:model name|CPU part)\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    memory = int(re.search(r"^MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text(), re.M)[1])
    ours = subprocess.run([f"{build}/bin/opensnoop", "--version"], capture_output=True, text=True).stdout.strip()
    return {"processor": f"{cpu[1] if cpu else platform.machine()}, {os.cpu_count()} cores",
            "memory": f"{memory / 1024 ** 2:.1f} GiB",
            "kernel": f"{platform.release()}, {platform.version()}",
            OURS: ours.split()[-1] if ours else "?",
            LIBBPF_TOOLS: version_of(LIBBPF_TOOLS),
            BPFTRACE: version_of(BPFTRACE),
            "rounds": rounds,
            "load average at the start": os.getloadavg()[0]}


def write_json(path, values, facts, about, is_part=False):
    """With is_part, what was not measured stays as it is in the file."""
    measured = {}
    for (kind, figure), of in values.items():
        measured.setdefault(NAMES.get(kind, f"{kind}snoop"), {})[figure] = of
    found = [{"budget": one.text, "limit": one.limit, "measured": one.measured, "met": one.is_met}
             for one in verdicts(Values(values))]
    whole = {"machine": about, "budgets": found, "facts": facts, "figures": measured}
    if is_part and Path(path).exists():
        old, texts = json.loads(Path(path).read_text()), {one["budget"] for one in found}
        whole = {"machine": old["machine"], "machine of a part": {**old.get("machine of a part", {}),
                                                                  **{kind: about for kind in measured}},
                 "budgets": [one for one in old["budgets"] if one["budget"] not in texts] + found,
                 "facts": {**old["facts"], **facts}, "figures": {**old["figures"], **measured}}
    Path(path).write_text(json.dumps(whole, indent=1) + "\n")


def put_into(path, part, text):
    """Replaces the text between the two marker lines of a part of a document."""
    first, last = f"<!-- made by {part}: begin -->", f"<!-- made by {part}: end -->"
    before, begin, rest = Path(path).read_text().partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise ValueError(f"{path} has no marker lines '{first}' and '{last}'")
    Path(path).write_text(f"{before}{first}\n\n{text}\n\n{last}{after}")
