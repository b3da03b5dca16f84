# SPDX-License-Identifier: BSD-2-Clause
# Cross-builds the kit for arm64 on an x86-64 host, against the folder that cmake/arm64-sysroot fills.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

if(NOT CMAKE_SYSROOT)
  include(${CMAKE_CURRENT_LIST_DIR}/CacheFolder.cmake)
  set(CMAKE_SYSROOT ${SNOOP_CACHE_FOLDER}/arm64-sysroot)
endif()
if(NOT EXISTS ${CMAKE_SYSROOT}/.packages)
  message(FATAL_ERROR "${CMAKE_SYSROOT} is not a sysroot; cmake/arm64-sysroot makes one")
endif()
# In the cache, for try_compile() and for tests/vm/run, which takes shared libraries from there.
set(CMAKE_SYSROOT ${CMAKE_SYSROOT} CACHE PATH "arm64 system to build against" FORCE)

set(CMAKE_FIND_ROOT_PATH ${CMAKE_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# pkg-config looks into the sysroot and nowhere else; --static names what the .a files need.
set(ENV{PKG_CONFIG_DIR} "")
set(ENV{PKG_CONFIG_PATH} "")
set(ENV{PKG_CONFIG_LIBDIR} ${CMAKE_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${CMAKE_SYSROOT}/usr/share/pkgconfig)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${CMAKE_SYSROOT})
set(PKG_CONFIG_ARGN --static)

# gtest_discover_tests() asks each test program for its list; this answers it on the host. Tests and
# tools are run in tests/vm only: an emulated system call is the host's, and so is its kernel.
find_program(SNOOP_QEMU_AARCH64 qemu-aarch64 REQUIRED)
set(CMAKE_CROSSCOMPILING_EMULATOR ${SNOOP_QEMU_AARCH64};-L;${CMAKE_SYSROOT})
set(SNOOP_EMULATOR ${CMAKE_CROSSCOMPILING_EMULATOR} CACHE INTERNAL "What tests/vm/run takes off a test's command")
