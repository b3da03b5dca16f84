# SPDX-License-Identifier: BSD-2-Clause
# All dependencies are the distribution's packages; `./dev build` installs them.
find_package(PkgConfig REQUIRED)
if(SNOOP_STATIC)
  if(SNOOP_TESTS)
    message(FATAL_ERROR "A static build has no tests: configure with `cmake --preset static` or -DSNOOP_TESTS=OFF")
  endif()
  # Libraries, and those that they need in turn.
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
  set(PKG_CONFIG_ARGN --static)
endif()
pkg_check_modules(libbpf REQUIRED IMPORTED_TARGET libbpf>=1.1)
pkg_check_modules(libelf REQUIRED IMPORTED_TARGET libelf)
find_package(ZLIB REQUIRED)
find_package(CLI11 2.1 CONFIG REQUIRED)
find_package(fmt 9 CONFIG REQUIRED)
find_package(nlohmann_json 3 CONFIG REQUIRED)

find_program(SNOOP_CLANG NAMES clang clang-20 clang-19 clang-18 clang-17 clang-16 clang-15 clang-14 REQUIRED
             DOC "clang with the BPF target")
find_program(SNOOP_LLVM_STRIP NAMES llvm-strip llvm-strip-20 llvm-strip-19 llvm-strip-18 llvm-strip-17
             llvm-strip-16 llvm-strip-15 llvm-strip-14 REQUIRED)
find_program(SNOOP_BPFTOOL NAMES bpftool PATHS /usr/sbin /usr/local/sbin /sbin REQUIRED)

if(SNOOP_TESTS)
  find_package(GTest REQUIRED)
  find_path(SNOOP_VALIJSON_INCLUDE_DIR valijson/validator.hpp REQUIRED DOC "libvalijson-dev, a JSON Schema validator")
  find_path(SNOOP_SDT_INCLUDE_DIR sys/sdt.h REQUIRED DOC "systemtap-sdt-dev, for programs with static probes")
endif()
