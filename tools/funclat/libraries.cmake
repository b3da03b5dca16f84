# SPDX-License-Identifier: BSD-2-Clause
# A disassembler, for the places where a function of a program returns.
pkg_check_modules(capstone REQUIRED IMPORTED_TARGET capstone)
set(libraries PkgConfig::capstone)
# Its static library has all architectures, by a table of their functions that needs no entry: 4.5 MB are never used.
if(SNOOP_STATIC)
  get_target_property(archive PkgConfig::capstone INTERFACE_LINK_LIBRARIES)
  execute_process(COMMAND ${CMAKE_NM} --defined-only ${archive} OUTPUT_VARIABLE symbols ERROR_QUIET
                  COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[A-Z][A-Za-z0-9]+_(global_init|option)" symbols "${symbols}")
  list(REMOVE_DUPLICATES symbols)
  list(FILTER symbols EXCLUDE REGEX "^(X86|AArch64)_")
  list(TRANSFORM symbols PREPEND -Wl,--defsym=)
  list(TRANSFORM symbols APPEND =0)
  list(APPEND libraries ${symbols})
endif()
# Capstone 5 has a type bpf_insn, and so has libbpf: what includes the one is not compiled with what includes the other.
foreach(part program_code arm64_instructions function_body direct_calls disassembler x86_instructions)
  set_source_files_properties(${CMAKE_SOURCE_DIR}/tools/funclat/${part}.cpp PROPERTIES UNITY_GROUP capstone)
endforeach()

# Names of C++ and Rust.
find_library(LIBIBERTY iberty REQUIRED)
list(APPEND libraries ${LIBIBERTY})

# The table for unwinding (.eh_frame), which tells where the functions of stripped files are.
pkg_check_modules(libdw REQUIRED IMPORTED_TARGET libdw)
list(APPEND libraries PkgConfig::libdw)
# The kernel counts and measures; nothing here runs once an event.
target_compile_options(funclat_parts PRIVATE $<$<NOT:$<CONFIG:Debug>>:-Os>)
