# SPDX-License-Identifier: BSD-2-Clause
# A tool is four files, found by their common name; no list names them.

# Built and tested, but not installed: what the tutorial begins with.
set(SNOOP_NOT_INSTALLED hello)

# Every name for which at least one of the four files exists.
function(snoop_tool_names out)
  set(names)
  foreach(file IN LISTS ARGN)
    get_filename_component(name ${file} NAME)
    string(REGEX REPLACE "(_test\\.cpp|\\.bpf\\.c|\\.cpp|\\.h)$" "" name ${name})
    list(APPEND names ${name})
  endforeach()
  list(REMOVE_DUPLICATES names)
  list(REMOVE_ITEM names event) # events/event.h is what all have in common
  list(SORT names)
  set(${out} ${names} PARENT_SCOPE)
endfunction()

# snoop_tool(NAME): executable bin/NAME, its skeleton, its live tests, its installation.
function(snoop_tool name)
  set(program bpf/${name}.bpf.c)
  set(events include/snoop/events/${name}.h)
  set(main tools/${name}.cpp)
  set(test tests/live/${name}_test.cpp)
  foreach(file ${program} ${events} ${main} ${test})
    if(NOT EXISTS ${CMAKE_SOURCE_DIR}/${file})
      message(FATAL_ERROR "The tool ${name} lacks ${file}: a tool is ${program}, ${events}, ${main} and ${test}; "
              "see docs/adding-a-tool.md")
    endif()
  endforeach()

  snoop_bpf_skeleton(${name} ${CMAKE_SOURCE_DIR}/${program})
  add_executable(${name} ${main})
  add_dependencies(${name} skeletons)
  target_include_directories(${name} SYSTEM PRIVATE ${CMAKE_BINARY_DIR}/gen)
  target_link_libraries(${name} PRIVATE snoop)
  target_link_options(${name} PRIVATE -Wl,--gc-sections)
  if(NOT name IN_LIST SNOOP_NOT_INSTALLED)
    install(TARGETS ${name} DESTINATION ${CMAKE_INSTALL_SBINDIR})
    install(FILES docs/man/${name}.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8 OPTIONAL)
  endif()

  if(SNOOP_TESTS)
    snoop_live_test(${name} ${CMAKE_SOURCE_DIR}/${test})
  endif()
endfunction()
