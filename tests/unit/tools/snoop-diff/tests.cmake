# SPDX-License-Identifier: BSD-2-Clause
# Included by snoop_helper().
add_test(NAME diff.command COMMAND ${CMAKE_SOURCE_DIR}/tests/diff/command.sh ${CMAKE_SOURCE_DIR} $<TARGET_FILE:${name}>)
set_tests_properties(diff.command PROPERTIES LABELS build TIMEOUT 120)

# As root: it records jobs. It is in `./dev test live`, but not in the VMs.
add_test(NAME diff.recordings
         COMMAND ${CMAKE_SOURCE_DIR}/tests/diff/recordings.sh ${CMAKE_SOURCE_DIR} ${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
set_tests_properties(diff.recordings PROPERTIES LABELS host-live RUN_SERIAL ON SKIP_RETURN_CODE 77 TIMEOUT 300)
