# SPDX-License-Identifier: BSD-2-Clause
# A tool is its own files, found by their common name; no list names them.

# Built and tested, but not installed: what the tutorial begins with.
set(SNOOP_NOT_INSTALLED hello)

# Every name that bpf/NAME.bpf.c or a folder tools/NAME has.
function(snoop_tool_names out)
  file(GLOB programs CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bpf/*.bpf.c)
  file(GLOB folders CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tools/*)
  set(names)
  foreach(path IN LISTS programs folders)
    get_filename_component(name ${path} NAME)
    string(REGEX REPLACE "\\.bpf\\.c$" "" name ${name})
    list(APPEND names ${name})
  endforeach()
  list(REMOVE_DUPLICATES names)
  list(SORT names)
  set(${out} ${names} PARENT_SCOPE)
endfunction()

# snoop_write_tool_names(NAME...): gen/installed_tools.h, a list of the tools that are installed.
function(snoop_write_tool_names)
  list(REMOVE_ITEM ARGN ${SNOOP_NOT_INSTALLED})
  list(JOIN ARGN "\", \"" names)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/gen/installed_tools.h CONTENT
       "inline constexpr const char *installed_tools[] = {\"@names@\"};\n" @ONLY)
endfunction()

# snoop_install_rules(NAME...): what is installed beside the tools, and a check that these are there. Comes before
# their own rules, which install in this order.
function(snoop_install_rules)
  list(REMOVE_ITEM ARGN ${SNOOP_NOT_INSTALLED})
  install(CODE "
    foreach(tool ${ARGN})
      if(NOT EXISTS \"${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/\${tool}\")
        message(FATAL_ERROR \"\${tool} is not built. Build before you install:\n  cmake --build ${CMAKE_BINARY_DIR}\")
      endif()
    endforeach()")
  if(SNOOP_STRIP)
    install(CODE "set(CMAKE_INSTALL_DO_STRIP ON)")
  endif()
  install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
  install(FILES bpf/COPYING DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME COPYING.bpf)
endfunction()

# snoop_completions(NAME): those of the shells, which the tool writes itself, and their installation.
function(snoop_completions name)
  if(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
    message(STATUS "${name}: no shell completions, since it does not run on this machine")
    return()
  endif()
  set(bash bash-completion/completions/${name})
  set(zsh zsh/site-functions/_${name})
  set(fish fish/vendor_completions.d/${name}.fish)
  set(written)
  foreach(shell bash zsh fish)
    set(file ${CMAKE_BINARY_DIR}/completions/${${shell}})
    get_filename_component(folder ${file} DIRECTORY)
    add_custom_command(OUTPUT ${file}
                       COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
                       COMMAND ${name} --generate ${shell} > ${file}
                       DEPENDS ${name} VERBATIM)
    list(APPEND written ${file})
    get_filename_component(folder ${${shell}} DIRECTORY)
    install(FILES ${file} DESTINATION ${CMAKE_INSTALL_DATADIR}/${folder})
  endforeach()
  add_custom_target(${name}_completions ALL DEPENDS ${written})
endfunction()

# snoop_tool(NAME): executable bin/NAME, its skeleton, its live tests, its installation. What is in
# tools/NAME beside main.cpp is a library of its own, which unit tests link.
function(snoop_tool name)
  set(program bpf/${name}.bpf.c)
  set(main tools/${name}/main.cpp)
  set(test tests/live/${name}_test.cpp)
  set(files ${program} ${main} ${test})
  if(NOT name IN_LIST SNOOP_NOT_INSTALLED)
    list(APPEND files docs/man/${name}.8.in)
  endif()
  list(JOIN files ", " all)
  foreach(file IN LISTS files)
    if(NOT EXISTS ${CMAKE_SOURCE_DIR}/${file})
      message(FATAL_ERROR "The tool ${name} lacks ${file}: a tool is ${all}; see docs/adding-a-tool.md")
    endif()
  endforeach()

  snoop_bpf_skeleton(${name} ${CMAKE_SOURCE_DIR}/${program})
  add_executable(${name} ${main})
  file(GLOB parts CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tools/${name}/*.cpp)
  list(REMOVE_ITEM parts ${CMAKE_SOURCE_DIR}/${main})
  if(parts)
    add_library(${name}_parts STATIC ${parts})
    snoop_unity_by_folder(${name}_parts ${parts})
    target_compile_options(${name}_parts PRIVATE -ffunction-sections -fdata-sections)
    target_link_libraries(${name} PRIVATE ${name}_parts)
  else()
    add_library(${name}_parts INTERFACE)
  endif()
  # A tool can have libraries of its own: tools/NAME/libraries.cmake sets `libraries`.
  set(libraries)
  include(${CMAKE_SOURCE_DIR}/tools/${name}/libraries.cmake OPTIONAL)
  foreach(target ${name} ${name}_parts)
    get_target_property(type ${target} TYPE)
    if(NOT type STREQUAL INTERFACE_LIBRARY)
      add_dependencies(${target} skeletons)
      target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/tools)
      target_include_directories(${target} SYSTEM PRIVATE ${CMAKE_BINARY_DIR}/gen)
      target_link_libraries(${target} PRIVATE snoop snoop_hardening ${libraries})
    endif()
  endforeach()
  target_link_options(${name} PRIVATE -Wl,--gc-sections)
  if(NOT name IN_LIST SNOOP_NOT_INSTALLED)
    install(TARGETS ${name} DESTINATION ${CMAKE_INSTALL_SBINDIR})
    install(FILES docs/man/${name}.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
    snoop_completions(${name})
  endif()

  if(SNOOP_TESTS)
    snoop_live_test(${name} ${CMAKE_SOURCE_DIR}/${test})
    snoop_tool_unit_tests(${name})
  endif()
endfunction()
