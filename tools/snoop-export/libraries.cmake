# SPDX-License-Identifier: BSD-2-Clause
# libcurl and simdjson are what the tools themselves must not depend on. Without them, everything else is built.
pkg_check_modules(libcurl IMPORTED_TARGET libcurl>=7.68)
pkg_check_modules(simdjson IMPORTED_TARGET simdjson>=3.0)
if(libcurl_FOUND AND simdjson_FOUND)
  set(libraries PkgConfig::libcurl PkgConfig::simdjson nlohmann_json::nlohmann_json)
else()
  set(missing "libcurl and simdjson (libcurl4-openssl-dev, libsimdjson-dev)")
endif()
