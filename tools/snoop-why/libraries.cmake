# SPDX-License-Identifier: BSD-2-Clause
# simdjson is what the tools themselves must not depend on. Without it, everything else is built.
if(TARGET snoop_forest)
  set(libraries snoop_forest)
else()
  set(missing "simdjson (libsimdjson-dev)")
endif()
