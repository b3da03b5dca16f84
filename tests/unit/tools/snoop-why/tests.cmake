# SPDX-License-Identifier: BSD-2-Clause
# Included by snoop_helper(): commands that fail under the tools, as root. They need a compiler and Python.
add_test(NAME why.${name}
         COMMAND ${CMAKE_SOURCE_DIR}/tests/why/${name}_test.py ${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
set_tests_properties(why.${name} PROPERTIES LABELS host-live RUN_SERIAL ON SKIP_RETURN_CODE 77 TIMEOUT 600
                     ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
