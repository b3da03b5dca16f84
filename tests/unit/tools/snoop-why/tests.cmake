# SPDX-License-Identifier: BSD-2-Clause
# Included by snoop_helper(): commands that fail under the tools, as root. They need a compiler and Python.
foreach(subject files programs no_reason tools)
  add_test(NAME why.${subject}
           COMMAND ${CMAKE_SOURCE_DIR}/tests/why/${subject}_test.py ${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
  set_tests_properties(why.${subject} PROPERTIES LABELS host-live RUN_SERIAL ON SKIP_RETURN_CODE 77 TIMEOUT 600
                       ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
endforeach()
