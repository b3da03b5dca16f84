# SPDX-License-Identifier: BSD-2-Clause
# The system-call filters of the tools: gen/seccomp_filters.h, arrays that the tools install as they are. libseccomp
# makes them during the build, so that a tool neither links nor starts it. It does so for any architecture, on the
# machine that builds.
find_program(SNOOP_HOST_CXX NAMES c++ g++ clang++ REQUIRED DOC "compiler of programs that the build runs")
find_path(SNOOP_SECCOMP_INCLUDE_DIR seccomp.h REQUIRED NO_CMAKE_FIND_ROOT_PATH DOC "libseccomp-dev")

# snoop_seccomp_filters(TARGET): adds the header to a target's sources.
function(snoop_seccomp_filters target)
  set(source ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/seccomp_filters.cpp)
  set(program ${CMAKE_BINARY_DIR}/gen/seccomp_filters)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/gen)
  add_custom_command(
    OUTPUT ${program}
    COMMAND ${SNOOP_HOST_CXX} -std=c++20 -Wall -Wextra -I${SNOOP_SECCOMP_INCLUDE_DIR} -o ${program} ${source} -lseccomp
    DEPENDS ${source}
    COMMENT "Building seccomp_filters"
    VERBATIM)
  add_custom_command(
    OUTPUT ${program}.h
    COMMAND ${program} ${SNOOP_BPF_ARCH} > ${program}.h.new
    COMMAND ${CMAKE_COMMAND} -E rename ${program}.h.new ${program}.h
    DEPENDS ${program}
    COMMENT "Generating seccomp_filters.h"
    VERBATIM)
  target_sources(${target} PRIVATE ${program}.h)
  target_include_directories(${target} SYSTEM PRIVATE ${CMAKE_BINARY_DIR}/gen)
endfunction()
