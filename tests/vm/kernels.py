# SPDX-License-Identifier: BSD-2-Clause
"""Reads kernels.toml: the kernels, and the hooks that each must have."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

TABLE = tomllib.loads((Path(__file__).parent / "kernels.toml").read_text())
ARCHES = sorted({entry["arch"] for entry in TABLE["kernel"]})


@dataclass(frozen=True)
class Kernel:
    name: str
    arch: str
    suite: str
    package: str
    append: str = ""
    cpu: str = ""
    lacks: str = ""
    passes: tuple = ("",)
    must_run: bool = False

    @property
    def id(self):
        return f"{self.name}-{self.arch}"

    @property
    def hooks(self):
        """The hooks for which no test may be skipped."""
        return [hook for hook in TABLE["hooks"]["all"].split() if hook not in self.lacks.split()]


KERNELS = [Kernel(**{**entry, "passes": tuple(entry.get("passes", ("",)))}) for entry in TABLE["kernel"]]


def choose(names, arches):
    """Returns the kernels with names such as 6.1 or 6.1-arm64 (none: all) for these architectures."""
    for name in names:
        if not any(name in (kernel.name, kernel.id) for kernel in KERNELS):
            raise ValueError(f"no kernel {name}; there are {' '.join(kernel.id for kernel in KERNELS)}")
        if not any(name in (kernel.name, kernel.id) and kernel.arch in arches for kernel in KERNELS):
            raise ValueError(f"{name} needs a build for its architecture: --build or --arm64-build")
    return [kernel for kernel in KERNELS if kernel.arch in arches
            and (not names or kernel.name in names or kernel.id in names)]
