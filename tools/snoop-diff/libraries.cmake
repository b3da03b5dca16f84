# SPDX-License-Identifier: BSD-2-Clause
if(TARGET snoop_forest)
  set(libraries snoop_forest)
else()
  set(missing "simdjson (libsimdjson-dev)")
endif()
