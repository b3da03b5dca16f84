# SPDX-License-Identifier: BSD-2-Clause
"""The tests that ctest would run, and its verdict on them, for machines without ctest."""

import json
import os
import re
import shlex
import subprocess
import zlib
from dataclasses import dataclass, field
from pathlib import Path

# The time limit of a test in seconds, SLOWER times that on the host. Short enough that a test that hangs leaves
# time for the others, and longer than a test itself waits: 60 times SNOOP_SLOW of kernels.toml.
LIMIT, SLOWER = 180, 3
UNRUN = "did not run"


@dataclass
class Test:
    name: str
    command: list
    environment: list = field(default_factory=list)
    folder: str = "/tmp"
    limit: float = LIMIT
    properties: dict = field(default_factory=dict)

    def files(self):
        """The absolute paths that a test names: its program, and those in its arguments and properties."""
        words = [*self.command, *self.environment, *self.properties.get("REQUIRED_FILES", [])]
        found = [self.command[0]]
        for word in words:
            found += [part for part in re.split("[=:;]", word) if part.startswith("/")]
        return found

    def line(self, environment, command, limit):
        """Returns the call of group() for a file in /vm/tests that runs `command` as this test."""
        words = [self.folder, str(int(limit)), *environment, *self.environment, *command]
        return "group " + " ".join(map(shlex.quote, words)) + "\n"


@dataclass
class Result:
    kernel: str
    arch: str
    uname: str
    passing: str        # environment of the pass, "" in the plain one
    test: str
    verdict: str        # passed, failed or skipped
    seconds: float
    reason: str = ""
    output: str = ""


def read(build, labels):
    """Returns the tests of a build tree that have one of these labels."""
    done = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1", "-L", f"^({'|'.join(labels)})$"],
                          text=True, capture_output=True)
    if done.returncode:
        raise ValueError(f"ctest --test-dir {build}: {done.stderr.strip()}")
    # On the host a cross-built test runs in an emulator, which the VM does not need.
    emulator = (cache_variable(build, "SNOOP_EMULATOR") or "").split(";")
    tests = []
    for entry in json.loads(done.stdout)["tests"]:
        properties = {p["name"]: p["value"] for p in entry.get("properties", [])}
        if properties.get("DISABLED"):
            continue
        if not entry.get("command"):
            raise ValueError(f"{entry['name']}: its program is not built")
        if properties.get("ENVIRONMENT_MODIFICATION"):
            raise ValueError(f"{entry['name']}: ENVIRONMENT_MODIFICATION is not known here; use ENVIRONMENT")
        command = entry["command"]
        if command[:len(emulator)] == emulator:
            command = command[len(emulator):]
        tests.append(Test(entry["name"], command, properties.get("ENVIRONMENT", []),
                          properties.get("WORKING_DIRECTORY", "/tmp"),
                          min(properties.get("TIMEOUT", LIMIT) * SLOWER, LIMIT), properties))
    return tests


def _matches(test, name, output):
    return any(re.search(pattern, output) for pattern in test.properties.get(name, []))


def ending(code, seconds, limit):
    """Returns how a program ended, in words; "" for exit code 0."""
    if code == 137 and seconds > limit - 1:
        return f"timed out after {limit:g} s"
    return f"signal {code - 128}" if code > 128 else f"exit code {code}" if code else ""


def judge(test, code, seconds, output, lacks, limit):
    """Returns (verdict, reason) as ctest would. A skip counts only if the hook is in `lacks`. The reason of a test that
    passed is the text after its "NOTE:"."""
    if (reason := ending(code, seconds, limit)).startswith("timed out"):
        return "failed", reason
    if code == test.properties.get("SKIP_RETURN_CODE") or "[  SKIPPED ]" in output \
            or _matches(test, "SKIP_REGULAR_EXPRESSION", output):
        lacking = re.findall(r"SKIP: lacks (\S+?):", output)
        if not lacking:
            return "failed", "skipped, and says no hook it lacks (SKIP: lacks HOOK: reason)"
        if wrong := [hook for hook in lacking if hook not in lacks]:
            return "failed", f"skipped over {', '.join(wrong)}, which kernels.toml does not say this kernel lacks"
        return "skipped", f"lacks {', '.join(sorted(set(lacking)))}"
    if "Running 0 tests from 0 test suites" in output:
        return "failed", "no test of that name in the program"
    if _matches(test, "FAIL_REGULAR_EXPRESSION", output):
        good, reason = False, "its output matches FAIL_REGULAR_EXPRESSION"
    elif "PASS_REGULAR_EXPRESSION" in test.properties:
        good, reason = _matches(test, "PASS_REGULAR_EXPRESSION", output), "its output lacks what it must have"
    else:
        good = code == 0
    if test.properties.get("WILL_FAIL"):
        good, reason = not good, "was expected to fail"
    return ("passed", "; ".join(re.findall(r"^NOTE: (.*)$", output, re.M))) if good else ("failed", reason)


def of_pass(tests, passing, apart):
    """Returns the tests that run in this pass; `apart` maps passes to patterns of tests that do not."""
    pattern = apart.get(passing)
    return [test for test in tests if not pattern or not re.search(pattern, test.name)]


def deal(tests, hand, hooks, rules, turn=0):
    """Returns the tests for one of several kernels; hooks: those that each kernel has. Tests that match `everywhere` are
    for all; those that match a pattern of `needs` are for kernels with that hook; of those that match `by_turns` one
    half is for each `turn`. The test's name decides, so that it stays with its kernel when tests are added."""
    def is_for(name):
        number = zlib.crc32(name.encode())
        needed = [hook for hook, pattern in rules["needs"].items() if re.search(pattern, name)]
        able = [one for one, has in enumerate(hooks) if all(hook in has for hook in needed)]
        if re.search(rules["everywhere"], name):
            return True
        if hand not in able:
            return False
        place, hands = able.index(hand), len(able)
        if re.search(rules["by_turns"], name):
            return number % (2 * hands) == place + turn % 2 * hands
        return number % hands == place

    return [test for test in tests if is_for(test.name)]


def fill(tree, tests, lists, build, environment):
    """Adds the tests, their programs and the kit's tools to an initramfs. lists: file name to groups."""
    places = {os.path.realpath(build)}
    if source := cache_variable(build, "CMAKE_HOME_DIRECTORY"):
        places.add(os.path.realpath(source))
    if os.path.isdir(f"{build}/bin"):
        tree.file(os.path.abspath(f"{build}/bin"))
    # init makes a small BTF from these, with which the tools start faster.
    for path in sorted(Path(build, "bpf").glob("*.bpf.o")):
        tree.file(path.resolve())
        tree.link(f"/vm/bpf/{path.name}", str(path.resolve()))
    for test in tests:
        tree.folder(test.folder)
        for path in test.files():
            # No folders, which would add the whole tree: tests list the files that they read as
            # REQUIRED_FILES.
            if os.path.isfile(path) and any(os.path.realpath(path).startswith(f"{p}/") for p in places):
                tree.file(path)
        if not tree.holds(test.command[0]):
            raise ValueError(f"{test.name} starts {test.command[0]}, which [programs] of kernels.toml does not name")
    for name, groups in lists.items():
        tree.text(f"/vm/tests/{name}", "".join(group.line(environment) for group in groups))


def cache_variable(build, name):
    try:
        with open(f"{build}/CMakeCache.txt", encoding="utf-8", errors="replace") as file:
            found = re.search(rf"^{name}:\w+=(.*)$", file.read(), re.M)
    except FileNotFoundError:
        return None
    return found and found[1]
