# SPDX-License-Identifier: BSD-2-Clause
if(TARGET snoop_forest)
  set(libraries snoop_forest)
else()
  set(missing "simdjson (libsimdjson-dev)")
endif()

# gen/report_page.h: the page, as one string of octal escapes, which compilers read fast.
file(GLOB page_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tools/snoop-report/page/*)
set(page ${CMAKE_BINARY_DIR}/gen/report_page)
add_custom_command(
  OUTPUT ${page}.h
  COMMAND ${CMAKE_SOURCE_DIR}/tools/snoop-report/page/bundle ${page}.html
  COMMAND od -An -v -to1 ${page}.html | sed -e "s/ /\\\\/g" -e "s/.*/\"&\"/"
          -e "1s/^/inline constexpr char report_page[] =\\n/" -e "$s/$/;/" > ${page}.h.new
  COMMAND ${CMAKE_COMMAND} -E rename ${page}.h.new ${page}.h
  DEPENDS ${page_files}
  COMMENT "Generating report_page.h"
  VERBATIM)
add_custom_target(report_page DEPENDS ${page}.h)
set(generated report_page)
