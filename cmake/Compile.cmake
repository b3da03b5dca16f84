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
