# SPDX-License-Identifier: BSD-2-Clause
# The compiler options of all C++ in the project.
add_library(snoop_flags INTERFACE)
target_compile_features(snoop_flags INTERFACE cxx_std_20)
target_compile_options(snoop_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion)
# GCC spends a tenth of its time on garbage collection, which files of this size (in KiB) do not need.
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  target_compile_options(snoop_flags INTERFACE --param=ggc-min-heapsize=1048576)
endif()
# LIBBPF_OPTS and the headers of records are C, which clang's -Wpedantic warns about.
if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
  target_compile_options(snoop_flags INTERFACE -Wno-gnu-statement-expression -Wno-c99-extensions -Wno-nested-anon-types)
endif()
if(SNOOP_WERROR)
  target_compile_options(snoop_flags INTERFACE -Werror)
endif()
if(SNOOP_SANITIZE)
  target_compile_options(snoop_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all
                         -fno-omit-frame-pointer)
  target_link_options(snoop_flags INTERFACE -fsanitize=address,undefined)
endif()
if(SNOOP_FUZZ)
  target_compile_options(snoop_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined
                         -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(snoop_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined)
endif()
if(SNOOP_COVERAGE)
  target_compile_options(snoop_flags INTERFACE -fprofile-instr-generate -fcoverage-mapping)
  target_link_options(snoop_flags INTERFACE -fprofile-instr-generate)
endif()
set(CMAKE_CXX_EXTENSIONS OFF)

# snoop_unity_by_folder(TARGET SOURCE...): compiles the files of a folder together if SNOOP_UNITY is on.
function(snoop_unity_by_folder target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${SNOOP_UNITY} UNITY_BUILD_MODE GROUP)
  foreach(source IN LISTS ARGN)
    get_filename_component(folder ${source} DIRECTORY)
    get_filename_component(folder ${folder} NAME)
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${folder})
  endforeach()
endfunction()
