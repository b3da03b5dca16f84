# SPDX-License-Identifier: BSD-2-Clause
# What measures the reader, and the start. Nothing here is built unless it is asked for.

add_executable(make_recording EXCLUDE_FROM_ALL bench/make_recording.cpp)
target_link_libraries(make_recording PRIVATE snoop)

# Static: it executes itself, often.
add_executable(first_event EXCLUDE_FROM_ALL bench/first_event.cpp)
target_link_libraries(first_event PRIVATE snoop_flags)
target_link_options(first_event PRIVATE -static)

find_package(benchmark QUIET) # `./dev bench micro` installs it
if(benchmark_FOUND)
  add_executable(micro EXCLUDE_FROM_ALL bench/micro.cpp)
  target_include_directories(micro PRIVATE support)
  target_link_libraries(micro PRIVATE snoop benchmark::benchmark)
endif()
