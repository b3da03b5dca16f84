# SPDX-License-Identifier: BSD-2-Clause
# libcurl is what the tools themselves must not depend on. Without it, everything else is built.
pkg_check_modules(libcurl IMPORTED_TARGET libcurl>=7.68)
if(libcurl_FOUND)
  set(libraries PkgConfig::libcurl nlohmann_json::nlohmann_json)
else()
  set(missing "libcurl (libcurl4-openssl-dev)")
endif()
