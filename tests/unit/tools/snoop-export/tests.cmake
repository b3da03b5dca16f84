# SPDX-License-Identifier: BSD-2-Clause
# Included by snoop_helper(): the tests that start snoop-export.

# They talk to a receiver on loopback, and need no root.
foreach(test ${name} spool output)
  add_test(NAME fleet.${test} COMMAND ${CMAKE_SOURCE_DIR}/tests/fleet/${test}_test.py $<TARGET_FILE:${name}>)
  set_tests_properties(fleet.${test} PROPERTIES LABELS build TIMEOUT 600 ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
endforeach()

# The tools start it, as root. They are in `./dev test live` (ctest -L live), but not in the VMs, which take the
# label live alone and have no Python.
set(tests tools spans tools_spool tools_output)
if("SNOOP_PROMETHEUS" IN_LIST definitions)
  list(APPEND tests metrics metrics_service)
endif()
foreach(test IN LISTS tests)
  add_test(NAME fleet.${test}
           COMMAND ${CMAKE_SOURCE_DIR}/tests/fleet/${test}_test.py ${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
  set_tests_properties(fleet.${test} PROPERTIES LABELS host-live RUN_SERIAL ON SKIP_RETURN_CODE 77 TIMEOUT 600
                       ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
endforeach()

# In the VMs, openguard does: the only tool that has metrics and does not run everywhere.
add_dependencies(openguard_live_test ${name})
