# SPDX-License-Identifier: BSD-2-Clause
# What all C++ of the project is compiled with.
add_library(snoop_flags INTERFACE)
target_compile_features(snoop_flags INTERFACE cxx_std_20)
target_compile_options(snoop_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion)
# A tenth of GCC's time goes into collecting its garbage; a file needs less than this, in KiB, without.
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  target_compile_options(snoop_flags INTERFACE --param=ggc-min-heapsize=1048576)
endif()
# LIBBPF_OPTS and the events' headers are C, which clang, as pedantic as it is asked to be, complains of.
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
set(CMAKE_CXX_EXTENSIONS OFF)

# snoop_unity_by_folder(TARGET SOURCE...): compiles the files of a folder as one, where SNOOP_UNITY asks for it.
function(snoop_unity_by_folder target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${SNOOP_UNITY} UNITY_BUILD_MODE GROUP)
  foreach(source IN LISTS ARGN)
    get_filename_component(folder ${source} DIRECTORY)
    get_filename_component(folder ${folder} NAME)
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${folder})
  endforeach()
endfunction()
