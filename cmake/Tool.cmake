# SPDX-License-Identifier: BSD-2-Clause
# A tool is its own files, found by their common name; no list names them.

# Built and tested, but not installed: what the tutorial begins with.
set(SNOOP_NOT_INSTALLED hello)
# Programs without BPF that the tools can do without. Each is left out if a library of its own is missing.
set(SNOOP_HELPERS snoop-diff snoop-export snoop-report snoop-why)
# A static build leaves these out: Debian has no static library of Kerberos, which libcurl needs, nor of prometheus-cpp.
set(SNOOP_NOT_STATIC snoop-export)

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
  list(REMOVE_ITEM names ${SNOOP_HELPERS})
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
  snoop_install_units()
endfunction()

# The unit snoop@.service, which runs a tool where the prefix of this build puts it, and what belongs to it. systemd
# reads units below /usr and /usr/local; logrotate reads /etc alone. snoop-agent@.service is the same unit, and a
# drop-in says what differs.
function(snoop_install_units)
  set(packaging ${CMAKE_SOURCE_DIR}/packaging)
  set(units lib/systemd/system)
  configure_file(${packaging}/systemd/snoop@.service.in snoop@.service @ONLY)
  configure_file(${packaging}/systemd/metrics.conf.in metrics.conf @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/snoop@.service DESTINATION ${units})
  install(FILES ${CMAKE_BINARY_DIR}/snoop@.service DESTINATION ${units} RENAME snoop-agent@.service)
  install(FILES ${CMAKE_BINARY_DIR}/metrics.conf DESTINATION ${units}/snoop-agent@.service.d)
  install(FILES ${packaging}/systemd/snoop-agent.target DESTINATION ${units})
  file(GLOB drop_ins CONFIGURE_DEPENDS ${packaging}/systemd/*.service.d)
  install(DIRECTORY ${drop_ins} DESTINATION ${units})
  foreach(tool funclat openguard xdpcount) # what they need, they need in both
    install(DIRECTORY ${packaging}/systemd/snoop@${tool}.service.d/ DESTINATION ${units}/snoop-agent@${tool}.service.d)
  endforeach()
  install(FILES ${packaging}/systemd/file.conf ${packaging}/systemd/otlp.conf
          DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
  install(FILES ${packaging}/logrotate/snoopkit DESTINATION ${CMAKE_INSTALL_SYSCONFDIR}/logrotate.d)
endfunction()

# snoop_completions(NAME): those of the shells, which the tool writes itself, and their installation.
function(snoop_completions name)
  set(program ${name})
  set(command ${name})
  if(SNOOP_STATIC)
    set(program snoopkit)
    set(command snoopkit ${name})
  endif()
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
                       COMMAND ${command} --generate ${shell} > ${file}
                       DEPENDS ${program} VERBATIM)
    list(APPEND written ${file})
    get_filename_component(folder ${${shell}} DIRECTORY)
    install(FILES ${file} DESTINATION ${CMAKE_INSTALL_DATADIR}/${folder})
  endforeach()
  add_custom_target(${name}_completions ALL DEPENDS ${written})
endfunction()

# snoop_tool_function(NAME OUT): the name that main() of a tool has in the static program.
function(snoop_tool_function name out)
  string(MAKE_C_IDENTIFIER ${name}_main function)
  set(${out} ${function} PARENT_SCOPE)
endfunction()

# snoop_static_program(NAME...): bin/snoopkit, which is all installed tools, and hard links to it by their names.
function(snoop_static_program)
  list(REMOVE_ITEM ARGN ${SNOOP_NOT_INSTALLED})
  set(functions)
  set(table)
  set(links)
  foreach(name IN LISTS ARGN)
    snoop_tool_function(${name} function)
    string(APPEND functions "int ${function}(int argc, char **argv);\n")
    string(APPEND table "    {\"${name}\", ${function}},\n")
    list(APPEND links COMMAND ${CMAKE_COMMAND} -E create_hardlink snoopkit ${name})
  endforeach()
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/gen/tool_functions.h @ONLY CONTENT
       "@functions@\ninline constexpr struct {\n    const char *name;\n    int (*run)(int, char **);\n} tools[] = {\n@table@};\n")
  add_executable(snoopkit ${CMAKE_SOURCE_DIR}/packaging/tarball/snoopkit.cpp)
  target_include_directories(snoopkit SYSTEM PRIVATE ${CMAKE_BINARY_DIR}/gen)
  target_link_libraries(snoopkit PRIVATE ${ARGN} snoop snoop_hardening)
  target_link_options(snoopkit PRIVATE -Wl,--gc-sections)
  add_custom_command(TARGET snoopkit POST_BUILD ${links} WORKING_DIRECTORY ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} VERBATIM)

  install(TARGETS snoopkit DESTINATION ${CMAKE_INSTALL_SBINDIR})
  install(CODE "
    foreach(tool ${ARGN})
      set(folder \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_SBINDIR}\")
      file(CREATE_LINK \"\${folder}/snoopkit\" \"\${folder}/\${tool}\")
    endforeach()")
endfunction()

# snoop_program(NAME): what tools/NAME/main.cpp becomes, the executable bin/NAME or a library of the static program.
function(snoop_program name)
  set(main ${CMAKE_SOURCE_DIR}/tools/${name}/main.cpp)
  if(SNOOP_STATIC)
    snoop_tool_function(${name} function)
    add_library(${name} STATIC ${main})
    target_compile_definitions(${name} PRIVATE main=${function})
  else()
    add_executable(${name} ${main})
    target_link_options(${name} PRIVATE -Wl,--gc-sections)
  endif()
  snoop_program_parts(${name})
endfunction()

# snoop_program_parts(NAME): NAME_parts, which is what the executable NAME is made of beside main.cpp.
function(snoop_program_parts name)
  file(GLOB parts CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tools/${name}/*.cpp)
  list(REMOVE_ITEM parts ${CMAKE_SOURCE_DIR}/tools/${name}/main.cpp)
  if(parts)
    add_library(${name}_parts STATIC ${parts})
    snoop_unity_by_folder(${name}_parts ${parts})
    target_compile_options(${name}_parts PRIVATE -ffunction-sections -fdata-sections)
    target_link_libraries(${name} PRIVATE ${name}_parts)
  else()
    add_library(${name}_parts INTERFACE)
  endif()
endfunction()

# snoop_program_libraries(NAME LIBRARY...): what both of these use.
function(snoop_program_libraries name)
  foreach(target ${name} ${name}_parts)
    get_target_property(type ${target} TYPE)
    if(NOT type STREQUAL INTERFACE_LIBRARY)
      target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/tools)
      target_include_directories(${target} SYSTEM PRIVATE ${CMAKE_BINARY_DIR}/gen)
      target_link_libraries(${target} PRIVATE snoop snoop_hardening ${ARGN})
    endif()
  endforeach()
endfunction()

# snoop_install_program(NAME): with its manual page and its completions.
function(snoop_install_program name)
  if(NOT SNOOP_STATIC)
    install(TARGETS ${name} DESTINATION ${CMAKE_INSTALL_SBINDIR})
  endif()
  install(FILES docs/man/${name}.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
  snoop_completions(${name})
endfunction()

# snoop_helper(NAME): the program, its tests and its installation. tools/NAME/libraries.cmake sets
# `missing` if it cannot be built, and may set `definitions`, and `generated` to targets that make files in gen.
function(snoop_helper name)
  set(libraries)
  set(definitions)
  set(generated)
  set(missing)
  include(${CMAKE_SOURCE_DIR}/tools/${name}/libraries.cmake)
  if(missing)
    message(STATUS "${name} is not built: ${missing} is missing")
    return()
  endif()
  snoop_program(${name})
  # The library's own libraries, of which it needs few.
  target_link_options(${name} PRIVATE -Wl,--as-needed)
  snoop_program_libraries(${name} ${libraries})
  target_compile_definitions(${name}_parts PRIVATE ${definitions})
  target_compile_options(${name} PRIVATE $<$<NOT:$<CONFIG:Debug>>:-Os>) # options, which are read once
  if(generated)
    add_dependencies(${name}_parts ${generated})
  endif()
  snoop_install_program(${name})
  if(SNOOP_TESTS AND NOT CMAKE_CROSSCOMPILING)
    snoop_tool_unit_tests(${name})
    include(${CMAKE_SOURCE_DIR}/tests/unit/tools/${name}/tests.cmake OPTIONAL)
  endif()
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
  snoop_program(${name})
  # A tool can have libraries of its own: tools/NAME/libraries.cmake sets `libraries`.
  set(libraries)
  include(${CMAKE_SOURCE_DIR}/tools/${name}/libraries.cmake OPTIONAL)
  snoop_program_libraries(${name} ${libraries})
  foreach(target ${name} ${name}_parts)
    get_target_property(type ${target} TYPE)
    if(NOT type STREQUAL INTERFACE_LIBRARY)
      add_dependencies(${target} skeletons)
    endif()
  endforeach()
  if(NOT name IN_LIST SNOOP_NOT_INSTALLED)
    snoop_install_program(${name})
  endif()

  if(SNOOP_TESTS)
    snoop_live_test(${name} ${CMAKE_SOURCE_DIR}/${test})
    snoop_tool_unit_tests(${name})
  endif()
endfunction()
