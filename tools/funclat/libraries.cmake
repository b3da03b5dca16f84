# SPDX-License-Identifier: BSD-2-Clause
# A disassembler, for the places where a function of a program returns.
pkg_check_modules(capstone REQUIRED IMPORTED_TARGET capstone)
set(libraries PkgConfig::capstone)

# Names of C++ and Rust.
find_library(LIBIBERTY iberty REQUIRED)
list(APPEND libraries ${LIBIBERTY})

# The table for unwinding (.eh_frame), which tells where the functions of stripped files are.
pkg_check_modules(libdw REQUIRED IMPORTED_TARGET libdw)
list(APPEND libraries PkgConfig::libdw)
# The kernel counts and measures; nothing here runs once an event.
target_compile_options(funclat_parts PRIVATE $<$<NOT:$<CONFIG:Debug>>:-Os>)
