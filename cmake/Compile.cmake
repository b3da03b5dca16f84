# SPDX-License-Identifier: BSD-2-Clause
# What all C++ of the project is compiled with.
add_library(snoop_flags INTERFACE)
target_compile_features(snoop_flags INTERFACE cxx_std_20)
target_compile_options(snoop_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion)
if(SNOOP_WERROR)
  target_compile_options(snoop_flags INTERFACE -Werror)
endif()
if(SNOOP_SANITIZE)
  target_compile_options(snoop_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all
                         -fno-omit-frame-pointer)
  target_link_options(snoop_flags INTERFACE -fsanitize=address,undefined)
endif()
set(CMAKE_CXX_EXTENSIONS OFF)
