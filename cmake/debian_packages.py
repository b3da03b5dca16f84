# SPDX-License-Identifier: BSD-2-Clause
"""Packages by an apt configuration of its own: the system's sources, lists and cache stay as they are.

    apt = Apt(folder, "arm64", [Source("http://deb.debian.org/debian", "bookworm")])
    apt.update()
    apt.packages(r"linux-image-6\\.1\\..*-cloud-arm64")    # [{"Package": …, "Version": …, …}, …]
    apt.download(["busybox-static"], folder)               # paths of the .deb files, checked by apt
    apt.unpack(["busybox-static"], folder)                 # their files, and those of what they need
    apt.unpack_source("simdjson", folder)                  # a source package; needs a Source of kind "deb-src"
"""

import os
import platform
import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

DEBIAN_KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
DAY = 24 * 3600


class AptError(Exception):
    pass


@dataclass
class Source:
    uri: str
    suite: str
    components: str = "main"
    keys: str = DEBIAN_KEYS
    old: bool = False           # an archive of suites past their support: its files say they expired
    kind: str = "deb"

    def line(self, arch):
        options = f"arch={arch} signed-by={self.keys}"
        if self.old:
            options += " check-valid-until=no"
        return f"{self.kind} [{options}] {self.uri} {self.suite} {self.components}"


def system_mirror(archive):
    """The URI the system's own apt sources name for this Debian archive ("debian", "debian-security")."""
    etc = Path("/etc/apt")
    files = [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]
    pattern = re.compile(
        rf"^(?:deb\s+(?:\[[^]]*\]\s+)?|URIs:\s*)(https?://\S+/{re.escape(archive)})/?(?:\s|$)", re.M)
    for file in files:
        if file.is_file() and (found := pattern.search(file.read_text(errors="replace"))):
            return found[1]
    return f"http://deb.debian.org/{archive}"


def system_sources(ubuntu, kind="deb"):
    """The suites of this system, with their updates; those of Ubuntu are at the URI `ubuntu`."""
    release = platform.freedesktop_os_release()
    name = release["VERSION_CODENAME"]
    if release["ID"] == "ubuntu":
        keys = "/usr/share/keyrings/ubuntu-archive-keyring.gpg"
        return [Source(ubuntu, suite, "main universe", keys, kind=kind)
                for suite in (name, f"{name}-updates", f"{name}-security")]
    return [Source(system_mirror("debian"), name, kind=kind),
            Source(system_mirror("debian"), f"{name}-updates", kind=kind),
            Source(system_mirror("debian-security"), f"{name}-security", kind=kind)]


def version_key(version):
    """Sorts versions with their numbers as numbers: enough among kernels of one series in one suite."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", version)]


def register(deb, database):
    """Adds a package to a database in which `dpkg-query --admindir` then finds its version and its files."""
    fields = subprocess.run(["dpkg-deb", "--field", deb], text=True, capture_output=True, check=True).stdout
    listing = subprocess.run(["dpkg-deb", "-c", deb], text=True, capture_output=True, check=True).stdout
    of = dict(re.findall(r"^(\S+): (.*)$", fields, re.M))
    name = of["Package"] + (f":{of['Architecture']}" if of.get("Multi-Arch") == "same" else "")
    files = [line.split(None, 5)[5].partition(" -> ")[0] for line in listing.splitlines()]
    (database / "info").mkdir(parents=True, exist_ok=True)
    (database / "info/format").write_text("1\n")       # names of lists have an architecture
    (database / "info" / f"{name}.list").write_text("".join(file[1:].rstrip("/") + "\n" for file in files if file != "./"))
    with open(database / "status", "a") as status:
        status.write(fields.replace("\n", "\nStatus: install ok installed\n", 1) + "\n")


class Apt:
    unreachable = ""        # what the first try said, once no mirror at all answered this process

    def __init__(self, folder, arch, sources):
        self.folder = Path(folder)
        sources = list(sources)
        for keys in {source.keys for source in sources}:
            if not os.path.exists(keys):
                raise AptError(f"{keys} is missing; the package is {Path(keys).stem}")
        for name in ("lists/partial", "cache/archives/partial"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "status").touch()
        self._write("sources.list", "".join(s.line(arch) + "\n" for s in sources))
        # -c is read last of all, so that the clears also remove what the system's files add:
        # their hooks write to the system's cache.
        self._write("apt.conf", "\n".join([
            "#clear APT::Update::Post-Invoke;",
            "#clear APT::Update::Post-Invoke-Success;",
            "#clear APT::Architectures;",
            f'APT::Architecture "{arch}";',
            f'APT::Architectures {{ "{arch}"; }};',
            'APT::Sandbox::User "root";',               # _apt may not enter a home folder
            'APT::Get::List-Cleanup "false";',          # a suite that is out of reach keeps its lists
            'Acquire::Languages "none";',
            'Acquire::Retries "1";',
            'Acquire::http::Timeout "15";',
            f'Dir::Etc::sourcelist "{self.folder}/sources.list";',
            'Dir::Etc::sourceparts "/dev/null";',
            f'Dir::State::lists "{self.folder}/lists";',
            f'Dir::State::status "{self.folder}/status";',
            f'Dir::Cache "{self.folder}/cache";',
            f'Dir::Cache::archives "{self.folder}/cache/archives";', ""]))

    def _write(self, name, text):
        file = self.folder / name
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
            (self.folder / "updated").unlink(missing_ok=True)

    def _call(self, *command, cwd=None):
        return subprocess.run([command[0], "-c", str(self.folder / "apt.conf"), *command[1:]],
                              cwd=cwd, text=True, capture_output=True)

    def update(self, max_age=DAY):
        """Fetches the lists unless they are younger than max_age. Returns apt's first complaint, if any."""
        stamp = self.folder / "updated"
        if stamp.exists() and time.time() - stamp.stat().st_mtime < max_age:
            return ""
        if Apt.unreachable:
            return Apt.unreachable
        done = self._call("apt-get", "-q", "update")
        complaint = next(iter(re.findall(r"^[EW]: (.*)", done.stderr, re.M)), "").strip()
        # One source of several may be gone for good, so an error here is not yet a failure; only
        # a run that reached nothing at all (no network) asks again the next time.
        if re.search(r"^(Get|Hit):", done.stdout, re.M):
            stamp.touch()
        elif "404" not in complaint:
            Apt.unreachable = complaint
        return complaint

    def packages(self, pattern):
        """The packages whose whole name matches, lowest version first, each a dict of its fields."""
        wanted = re.compile(pattern + r"\Z")
        found = {}
        targets = self._call("apt-get", "indextargets", "--format", "$(FILENAME)", "Created-By: Packages")
        for file in targets.stdout.split():
            text = subprocess.run(["/usr/lib/apt/apt-helper", "cat-file", file],
                                  text=True, capture_output=True).stdout
            for match in re.finditer(r"^Package: (.*)\n", text, re.M):
                if not wanted.match(match[1]):
                    continue
                stanza = text[match.start():text.find("\n\n", match.start())]
                fields = dict(re.findall(r"^(\S+): (.*)$", stanza, re.M))
                found[fields["Package"], fields["Version"]] = fields
        return sorted(found.values(), key=lambda fields: version_key(fields["Version"]))

    def download(self, names, folder, depends=False):
        """Downloads NAMEs into folder, with all they depend on if so asked; apt checks every file."""
        folder = Path(folder)
        (folder / "partial").mkdir(parents=True, exist_ok=True)
        if depends:
            done = self._call("apt-get", "-q", "-y", "-o", f"Dir::Cache::archives={folder}",
                              "--no-install-recommends", "--download-only", "install", *names)
        else:
            done = self._call("apt-get", "-q", "download", *names, cwd=folder)
        if done.returncode:
            raise AptError(done.stderr.strip())
        return sorted(folder.glob("*.deb"))

    def unpack(self, names, folder, max_age=30 * DAY):
        """Makes folder hold the files of these packages and of all they need.

        What is there stays while it is of the same packages and younger than max_age, or while
        nothing newer is in reach.
        """
        def fill(root, scratch):
            for deb in self.download(names, scratch / "debs", depends=True):
                subprocess.run(["dpkg-deb", "-x", deb, root], check=True)
                register(deb, root / "var/lib/dpkg")

        self._keep(Path(folder), " ".join(names) + " with dpkg's database\n", max_age, fill)

    def unpack_source(self, name, folder, max_age=30 * DAY):
        """Makes folder hold the source package of this name, with the distribution's patches. It stays as in unpack()."""
        def fill(root, scratch):
            done = self._call("apt-get", "-q", "--only-source", "source", name, cwd=scratch)
            if done.returncode:
                raise AptError(done.stderr.strip())
            os.rename(next(scratch.glob("*/debian")).parent, root)

        self._keep(Path(folder), f"source of {name}\n", max_age, fill)

    def _keep(self, folder, wanted, max_age, fill):
        """Calls fill(root, scratch) to make root, which becomes folder, if what is there is not `wanted` or is old."""
        record = folder / ".packages"
        same = record.exists() and record.read_text() == wanted
        if same and time.time() - record.stat().st_mtime < max_age:
            return
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            root = Path(scratch, "root")
            try:
                complaint = self.update()
                fill(root, Path(scratch))
            except AptError as error:
                if same:
                    return
                raise AptError(f"{error} {complaint}".strip()) from None
            Path(root, ".packages").write_text(wanted)
            shutil.rmtree(folder, ignore_errors=True)
            os.replace(root, folder)
