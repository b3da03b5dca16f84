# SPDX-License-Identifier: BSD-2-Clause
# libcurl, simdjson and SQLite are what the tools themselves must not depend on. Without them, everything else is built.
pkg_check_modules(libcurl IMPORTED_TARGET libcurl>=7.68)
pkg_check_modules(sqlite3 IMPORTED_TARGET sqlite3>=3.31)
if(libcurl_FOUND AND TARGET snoop_forest AND sqlite3_FOUND)
  set(libraries snoop_forest PkgConfig::libcurl PkgConfig::sqlite3 nlohmann_json::nlohmann_json)
  # Without prometheus-cpp, it serves no metrics.
  pkg_check_modules(prometheus IMPORTED_TARGET prometheus-cpp-pull>=1.0)
  if(prometheus_FOUND)
    find_package(Threads REQUIRED)
    list(APPEND libraries PkgConfig::prometheus Threads::Threads)
    set(definitions SNOOP_PROMETHEUS)
  endif()
else()
  set(missing "libcurl, simdjson and SQLite (libcurl4-openssl-dev, libsimdjson-dev, libsqlite3-dev)")
endif()
