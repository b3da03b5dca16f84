# SPDX-License-Identifier: BSD-2-Clause
"""Writes the chapters of docs/reports/coverage.md: a row for each route, a column for each kernel and peer."""

import os
import re

import report

TOOLS = {"exec": "execsnoop", "open": "opensnoop"}
CASE = re.compile(r"routes\.(exec|open)_(\w+)/Routes\.Shows/(\w+)$")


class Registry:
    def __init__(self, lines):
        self.routes, self.needs, self.blind, self.watchers = {}, {}, {}, {}
        for what, *fields in lines:
            if what == "watcher":
                self.watchers.setdefault(fields[0], {})[fields[1]] = fields[2]
            elif what == "route":
                kind, name, how = fields
                self.routes.setdefault(kind, {})[name] = how
            elif what == "need":
                hook, why, watchers, name = fields
                self.needs.setdefault((kind, name), []).append((hook, why, watchers.split(",") if watchers else []))
            elif what == "blind":
                watcher, why, name = fields
                self.blind[kind, name, watcher] = why

    def why(self, kind, name, watcher, hook):
        for need, why, watchers in self.needs.get((kind, name), []):
            if need == hook and (not watchers or watcher in watchers):
                return why
        return None


class Results:
    """The result of each route with each watcher, by column (a kernel)."""

    def __init__(self, files):
        self.cells, self.unames = {}, {}
        for row in (row for path in files if os.path.exists(path) for row in report.read(path)):
            if found := CASE.match(row["test"]):
                kind, watcher, route = found.groups()
                arch = {"x86_64": "amd64", "aarch64": "arm64"}.get(row["arch"], row["arch"])
                column = row["kernel"], arch
                self.unames[column] = row["uname"]
                self.cells.setdefault((column, kind, route), []).append((watcher, row["result"], row["reason"]))

    def there(self, column, kind):
        """Returns the watchers whose hooks the kernel has."""
        return list(dict.fromkeys(watcher for (at, its_kind, _), cells in self.cells.items()
                                  if (at, its_kind) == (column, kind)
                                  for watcher, result, _ in cells if result != "skipped"))


class Notes:
    def __init__(self):
        self.numbers = {}

    def mark(self, text):
        return self.numbers.setdefault(text, len(self.numbers) + 1)

    def lines(self):
        return [f"{number}. {text}" for text, number in self.numbers.items()]


def cell(registry, results, notes, column, kind, route):
    """Says "yes" if every available watcher reports the route; else the reasons are notes."""
    cells = results.cells.get((column, kind, route), [])
    there = results.there(column, kind)
    marks, shown, failed = [], False, False
    without = {}
    for watcher, result, reason in cells:
        failed |= result == "failed"
        if blind := registry.blind.get((kind, route, watcher)):
            without.setdefault(blind, []).append(watcher)
        elif result == "passed":
            shown = True
            marks += [notes.mark(note) for note in filter(None, reason.split("; "))]
        elif result == "skipped" and watcher in there:
            hook = reason.removeprefix("lacks ").split(", ")[0]
            why = registry.why(kind, route, watcher, hook) or f"the kernel lacks {hook}"
            without.setdefault(why, []).append(watcher)
        elif result == "skipped" and (why := registry.why(kind, route, watcher, reason.removeprefix("lacks "))):
            without.setdefault(why, [])
    if failed:
        return "**failed**"
    if not cells:
        return "?"
    for why, watchers in without.items():
        text = why if not shown else f"not by `{'`, `'.join(dict.fromkeys(watchers))}`: {why}" if watchers else ""
        marks += [notes.mark(text)] if text else []
    numbers = ", ".join(str(mark) for mark in dict.fromkeys(marks))
    return ("yes" if shown else "–") + (f" ({numbers})" if numbers else "")


def markdown(rows):
    head, *body = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *body])


def title(results, column):
    name, arch = column
    uname = re.sub(r"^(\d+\.\d+).*", r"\1", results.unames[column])
    return f"{uname}, host" if name == "host" else f"{uname} {'arm64' if arch == 'arm64' else ''}".strip()


def chapter(registry, results, peers, kind):
    notes, columns = Notes(), list(results.unames)
    names = list(dict.fromkeys((name, version) for name, version, its_kind, *_ in peers if its_kind == kind))
    verdicts = {(name, route): verdict for name, _, its_kind, route, verdict in peers if its_kind == kind}
    head = ["", *(title(results, column) for column in columns), *(f"{name} {version}" for name, version in names)]
    body, totals = [], {}
    for route, how in registry.routes[kind].items():
        ours = [cell(registry, results, notes, column, kind, route) for column in columns]
        theirs = [verdicts.get((name, route), "?").replace("-", "–") for name, _ in names]
        body.append([how, *ours, *theirs])
        for at, text in zip(head[1:], [*ours, *theirs]):
            count = totals.setdefault(at, {})
            word = text.split()[0]
            count[word] = count.get(word, 0) + 1
    total = ["**total**"]
    for at in head[1:]:
        count = totals[at]
        possible = sum(count.values()) - count.get("–", 0)
        partly = f", {count['partly']} partly" if "partly" in count else ""
        total.append(f"**{count.get('yes', 0)} of {possible}**{partly}")
    hooks = [f"- {title(results, column)}: {', '.join(f'`{name}`' for name in results.there(column, kind))}"
             for column in columns]
    options = ", ".join(f"`{name}` ({text})" if kind == "exec" else f"`{name}`"
                        for name, text in ((n, f"`{o}`") for n, o in registry.watchers[kind].items()))
    return "\n".join([
        f"## {TOOLS[kind]}: ways to {'execute' if kind == 'exec' else 'open'}", "",
        markdown([head, total, *body]), "",
        f"Attach methods: {options}. Available:", "", *hooks, "",
        *notes.lines()])
