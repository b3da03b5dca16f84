# SPDX-License-Identifier: BSD-2-Clause
# SNOOP_CACHE_FOLDER is where arm64-sysroot and simdjson-source put what they fetch.
if(DEFINED ENV{XDG_CACHE_HOME} AND NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
  set(SNOOP_CACHE_FOLDER $ENV{XDG_CACHE_HOME}/snoopkit)
else()
  set(SNOOP_CACHE_FOLDER $ENV{HOME}/.cache/snoopkit)
endif()
