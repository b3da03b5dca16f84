# SPDX-License-Identifier: BSD-2-Clause
# The compiler options of all C++ in the project.
include(CheckCXXCompilerFlag)
add_library(snoop_flags INTERFACE)
target_compile_features(snoop_flags INTERFACE cxx_std_20)
target_compile_options(snoop_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion)
# GCC spends a tenth of its time on garbage collection, which files of this size (in KiB) do not need. In C++ it warns
# of fields that a designated initializer leaves at 0, too.
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  target_compile_options(snoop_flags INTERFACE --param=ggc-min-heapsize=1048576 -Wno-missing-field-initializers)
endif()
# LIBBPF_OPTS and the headers of records are C, which clang's -Wpedantic warns about. From clang 18 on it also
# warns about the fields that LIBBPF_OPTS leaves at 0.
if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
  target_compile_options(snoop_flags INTERFACE -Wno-gnu-statement-expression -Wno-c99-extensions -Wno-nested-anon-types)
  # A lambda captures a structured binding as [&x = x], since clang 14 has no other way; clang 19 calls that a shadow.
  target_compile_options(snoop_flags INTERFACE -Wno-shadow) # GCC's finds the others
  check_cxx_compiler_flag(-Wmissing-designated-field-initializers SNOOP_WARNS_OF_DESIGNATED)
  if(SNOOP_WARNS_OF_DESIGNATED)
    target_compile_options(snoop_flags INTERFACE -Wno-missing-designated-field-initializers)
  endif()
endif()
if(SNOOP_WERROR)
  target_compile_options(snoop_flags INTERFACE -Werror)
endif()
if(SNOOP_SANITIZE)
  target_compile_definitions(snoop_flags INTERFACE SNOOP_INSTRUMENTED)
  target_compile_options(snoop_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all
                         -fno-omit-frame-pointer)
  target_link_options(snoop_flags INTERFACE -fsanitize=address,undefined)
endif()
if(SNOOP_FUZZ)
  target_compile_definitions(snoop_flags INTERFACE SNOOP_INSTRUMENTED)
  target_compile_options(snoop_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined
                         -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(snoop_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined)
endif()
if(SNOOP_COVERAGE)
  target_compile_definitions(snoop_flags INTERFACE SNOOP_INSTRUMENTED)
  target_compile_options(snoop_flags INTERFACE -fprofile-instr-generate -fcoverage-mapping)
  target_link_options(snoop_flags INTERFACE -fprofile-instr-generate)
endif()
set(CMAKE_CXX_EXTENSIONS OFF)

# The programs that are installed are hardened, and do not depend on the folder that they were built in:
# tests/build/hardening.sh reads them.
add_library(snoop_hardening INTERFACE)
check_cxx_compiler_flag(-fcf-protection SNOOP_HAS_CF_PROTECTION)                  # x86-64: CET
check_cxx_compiler_flag(-mbranch-protection=standard SNOOP_HAS_BRANCH_PROTECTION) # arm64: BTI and PAC
target_compile_options(snoop_hardening INTERFACE -fPIE -fstack-protector-strong)
target_link_options(snoop_hardening INTERFACE $<IF:$<BOOL:${SNOOP_STATIC}>,-static-pie,-pie> -Wl,-z,relro,-z,now)
if(SNOOP_HAS_CF_PROTECTION)
  # The linker marks a program only if all its objects are marked, and a C library's startup files may not be.
  target_compile_options(snoop_hardening INTERFACE -fcf-protection)
  target_link_options(snoop_hardening INTERFACE -Wl,-z,shstk)
elseif(SNOOP_HAS_BRANCH_PROTECTION)
  target_compile_options(snoop_hardening INTERFACE -mbranch-protection=standard)
endif()
set(SNOOP_SHIPS $<CONFIG:Release,RelWithDebInfo,MinSizeRel>)
target_compile_options(snoop_hardening INTERFACE
  $<${SNOOP_SHIPS}:-ffile-prefix-map=${CMAKE_BINARY_DIR}/=;-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=>)
# glibc's checks need optimization.
target_compile_options(snoop_hardening INTERFACE $<${SNOOP_SHIPS}:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>)

# snoop_unity_by_folder(TARGET SOURCE...): compiles the files of a folder together if SNOOP_UNITY is on.
function(snoop_unity_by_folder target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${SNOOP_UNITY} UNITY_BUILD_MODE GROUP)
  foreach(source IN LISTS ARGN)
    get_filename_component(folder ${source} DIRECTORY)
    get_filename_component(folder ${folder} NAME)
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${folder})
  endforeach()
endfunction()
