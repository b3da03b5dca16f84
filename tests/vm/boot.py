# SPDX-License-Identifier: BSD-2-Clause
"""Boots a kernel under qemu and reads the results that /init sends."""

import os
import platform
import re
import selectors
import shutil
import subprocess
import time
from dataclasses import dataclass, field, replace

# A kernel with an oops stops at once, and qemu with it; the console has the details. The other parameters
# halve the time under emulation, and cost no safety here. norandmaps alone makes a tool start in a third of
# the time: emulation translates code again that is at another address than in the process before.
COMMON = ("panic=-1 oops=panic mitigations=off nokaslr norandmaps audit=0 rcupdate.rcu_expedited=1 "
          "softlockup_all_cpu_backtrace=1")
HOST_ARCH = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine())

# Results are sent over a serial line of their own, so that no kernel message gets between them. The arm64
# board has only one line; Debian's kernels have the driver of a PCI serial port built in.
#
# Without no_timer_check an x86 kernel refuses a timer that a busy host does not serve within ten ticks.
# Without tsc=reliable it stops using the time stamp counter when the CPUs seem to disagree, and reads a timer
# of the board instead, which takes a third more time. Emulation handles erms and fsrm byte by byte, and AVX by
# calls: without these features the kernel and the C library take four fifths of the time. Signed return
# addresses of arm64 cost a third; one kernel of kernels.toml has them.
BOARDS = {
    "amd64": {"program": "qemu-system-x86_64", "cpu": "max,-erms,-fsrm,-avx,-avx2,-la57", "smp": "2",
              "console": "ttyS0", "append": "no_timer_check tsc=reliable",
              "results": "ttyS1", "arguments": ["-serial", "chardev:results"], "machine": "pc"},
    "arm64": {"program": "qemu-system-aarch64", "cpu": "max,pauth=off,sve=off", "smp": "1", "console": "ttyAMA0",
              "append": "", "results": "ttyS0", "arguments": ["-device", "pci-serial,chardev=results"], "machine": "virt"},
}


@dataclass(frozen=True)
class Machine:
    """A kernel and the machine to boot it in. cpu: empty for the board's default; memory: in MiB; counts: one CPU whose
    clock advances by a nanosecond with each instruction."""
    arch: str
    accel: str
    vmlinuz: str
    cpu: str = ""
    initrd: str | None = None
    append: str = ""
    memory: int = 512
    counts: bool = False


@dataclass
class Run:
    """A run of a group of tests, numbered from 1. seconds and code are None if the machine ended during it."""
    group: int
    begun: float
    limit: float
    seconds: float | None = None
    code: int | None = None
    lines: list = field(default_factory=list)

    @property
    def output(self):
        return "\n".join(self.lines)


@dataclass
class Outcome:
    facts: dict = field(default_factory=dict)
    runs: list = field(default_factory=list)        # of Run, in their order
    complete: bool = False
    reason: str = ""                                # why it is not complete
    seconds: float = 0


def command(machine, serial, append=""):
    board = BOARDS[machine.arch]
    cpu = "host" if machine.accel == "kvm" else machine.cpu or board["cpu"]
    return [board["program"], "-machine", board["machine"], "-accel", machine.accel, "-cpu", cpu,
            *(["-icount", "shift=0,sleep=off", "-smp", "1"] if machine.counts else ["-smp", board["smp"]]),
            "-m", str(machine.memory), "-kernel", machine.vmlinuz,
            *(["-initrd", machine.initrd] if machine.initrd else []),
            "-append", f"console={board['console']} {COMMON} {board['append']} {append} {machine.append}",
            "-nodefaults", "-display", "none", "-no-reboot", *serial]


def missing(arch):
    program = BOARDS[arch]["program"]
    return None if shutil.which(program) else f"{program} is not installed"


def accelerator(arch, vmlinuz, seconds=15):
    """Returns "kvm" if a kernel boots with it, since /dev/kvm may exist and not work; else "tcg"."""
    if arch != HOST_ARCH or not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    probe = command(Machine(arch, "kvm", vmlinuz), ["-serial", "stdio"])
    try:
        done = subprocess.run(probe, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds)
    except (subprocess.TimeoutExpired, OSError):
        return "tcg"
    # A kernel without a root file system gets this far.
    return "kvm" if b"Kernel panic - not syncing: VFS" in done.stdout else "tcg"


# On a busy host a machine may not run for some seconds. A CPU that has been stuck for this long stays stuck.
STUCK_SECONDS = 120


def read_results(process, outcome, deadline, console=os.devnull, poll=10):
    """Follows the results until the closing line, the end of qemu, the deadline, or the first CPU that is stuck.

    poll is how often to look at the console, in seconds.
    """
    pending, run = b"", None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0:
            if not selector.select(min(left, poll)):
                if line := stuck_cpu(console_lines(console)):
                    outcome.reason = f"hangs: {line}"
                    return
                continue
            data = os.read(process.stdout.fileno(), 65536)
            if not data:
                outcome.reason = "the machine stopped without its closing line"
                return
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                text = line.decode(errors="replace").rstrip("\r")
                if text.startswith("|") and run:
                    run.lines.append(text[1:])
                    continue
                word, _, rest = text.partition(" ")
                if not outcome.facts and wrong_clock(console_lines(console)):
                    outcome.reason = "its clock has the wrong speed"
                    return
                if word == "fact":
                    key, _, value = rest.partition(" ")
                    outcome.facts[key] = value
                elif word == "begin":
                    group, begun, limit = rest.split()
                    run = Run(int(group), float(begun), float(limit))
                    outcome.runs.append(run)
                elif word == "end":
                    ended, code = rest.split()
                    run.seconds, run.code = float(ended) - run.begun, int(code)
                elif word == "done":
                    outcome.complete = True
                    return
        outcome.reason = "hangs: no closing line in time"


def run(machine, console, limit):
    """Boots, a second time if emulation failed before init. The kernel's messages go to the file `console`."""
    outcome = boot_once(machine, console, limit)
    if machine.accel == "tcg" and not outcome.facts and emulation_failed(lines := console_lines(console)):
        if khz := wrong_clock(lines):
            machine = replace(machine, append=f"{machine.append} tsc_early_khz={khz}")
        left = limit - outcome.seconds
        outcome = boot_once(machine, console, left)
        outcome.seconds += limit - left
        outcome.facts["boots"] = "2"
    return outcome


def emulation_failed(lines):
    """Returns True if the console shows one of four failures that emulation causes, not the kernel.

    The kernel patches its own code by means of int3; with several CPUs, qemu occasionally raises it when the
    kernel no longer expects it. On a busy host the timer ticks too late for the kernel's test of it. And an
    emulated CPU occasionally never answers an interrupt from another CPU, which then waits forever. The fourth is
    wrong_clock().
    """
    if wrong_clock(lines):
        return True
    if stuck_cpu(lines) and any("RIP: 0010:smp_call_function_" in line for line in lines):
        return True
    return any("Oops: int3" in line or re.search(r"\] int3: 0000 \[#1\]|IO-APIC \+ timer doesn't work", line)
               for line in lines)


def wrong_clock(lines):
    """Returns the true kHz of the time stamp counter if the kernel measured others, else 0.

    It measures by two timers at boot, one of which a busy host serves late, and believes that one: its seconds
    were a twelfth of true ones, and each limit of a test came too early.
    """
    for line in lines:
        if found := re.search(r"\] tsc: PIT calibration deviates from \w+: \d+ (\d+)", line):
            return int(found[1])
    return 0


def stuck_cpu(lines):
    """Returns the watchdog's message about a CPU that is stuck for STUCK_SECONDS, or an empty string."""
    for line in lines:
        found = re.search(r"soft lockup - CPU#\d+ stuck for (\d+)s!.*", line)
        if found and int(found[1]) >= STUCK_SECONDS:
            return found[0]
    return ""


def boot_once(machine, console, limit):
    board = BOARDS[machine.arch]
    serial = ["-serial", f"file:{console}", "-chardev", "stdio,id=results,signal=off", *board["arguments"]]
    outcome, begun = Outcome(), time.monotonic()
    # If the runner is killed, so is the machine.
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL",
         *command(machine, serial, f"VM_RESULTS={board['results']} VM_SECONDS={limit:.0f}")],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        read_results(process, outcome, begun + limit, console)
    finally:
        process.kill()
        error = process.stderr.read().decode(errors="replace").strip()
        process.wait()
    outcome.seconds = time.monotonic() - begun
    if not outcome.complete and error:
        outcome.reason += f" ({error})"
    return outcome


def shell(machine):
    """Boots the machine with a root shell on this terminal. ^A x ends qemu."""
    serial = ["-chardev", "stdio,id=console,mux=on,signal=off", "-serial", "chardev:console", "-mon", "console"]
    return subprocess.call(command(machine, serial))


def console_lines(console):
    try:
        with open(console, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


def last_lines(console, count=50):
    return console_lines(console)[-count:]


def complaints(lines):
    """Returns the kernel's warnings and errors about itself. No tool may cause one."""
    return [line for line in lines if re.search(r"\] (WARNING: |BUG: |Oops|INFO: task .* blocked)", line)]


def why(outcome, console):
    """Returns the reason why a run is not complete, with the kernel's panic message if there is one."""
    for line in console_lines(console):
        if found := re.search(r"Kernel panic - not syncing: .*", line):
            return f"{outcome.reason} ({found[0]})"
    return outcome.reason
