# SPDX-License-Identifier: BSD-2-Clause
# libcurl, simdjson and SQLite are what the tools themselves must not depend on. Without them, everything else is built.
pkg_check_modules(libcurl IMPORTED_TARGET libcurl>=7.68)
pkg_check_modules(simdjson IMPORTED_TARGET simdjson>=3.0)
pkg_check_modules(sqlite3 IMPORTED_TARGET sqlite3>=3.31)
if(libcurl_FOUND AND simdjson_FOUND AND sqlite3_FOUND)
  set(libraries PkgConfig::libcurl PkgConfig::simdjson PkgConfig::sqlite3 nlohmann_json::nlohmann_json)
else()
  set(missing "libcurl, simdjson and SQLite (libcurl4-openssl-dev, libsimdjson-dev, libsqlite3-dev)")
endif()
