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

# It parses the rows that helpers read. Debian has no static library of it, so a static build compiles its source,
# without the parts for CPUs that not every machine has.
if(SNOOP_STATIC)
  include(CacheFolder)
  set(SNOOP_SIMDJSON ${SNOOP_CACHE_FOLDER}/simdjson CACHE PATH "source of simdjson, which cmake/simdjson-source fetches")
  if(NOT EXISTS ${SNOOP_SIMDJSON}/src/simdjson.cpp)
    message(FATAL_ERROR "${SNOOP_SIMDJSON} is not the source of simdjson; cmake/simdjson-source fetches it")
  endif()
  add_library(simdjson STATIC EXCLUDE_FROM_ALL ${SNOOP_SIMDJSON}/src/simdjson.cpp)
  target_include_directories(simdjson SYSTEM PUBLIC ${SNOOP_SIMDJSON}/include PRIVATE ${SNOOP_SIMDJSON}/src)
  foreach(cpu ARM64 HASWELL ICELAKE WESTMERE)
    target_compile_definitions(simdjson PUBLIC SIMDJSON_IMPLEMENTATION_${cpu}=0)
  endforeach()
  target_compile_features(simdjson PRIVATE cxx_std_20)
  target_compile_options(simdjson PRIVATE -Os -ffunction-sections -fdata-sections
                         -ffile-prefix-map=${SNOOP_SIMDJSON}/=simdjson/)
  target_link_libraries(simdjson PRIVATE snoop_hardening)
else()
  pkg_check_modules(simdjson IMPORTED_TARGET simdjson>=3.0)
  if(simdjson_FOUND)
    add_library(simdjson INTERFACE)
    target_link_libraries(simdjson INTERFACE PkgConfig::simdjson)
  endif()
endif()

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
