# SPDX-License-Identifier: BSD-2-Clause
# Building a .bpf.c: its object and its skeleton.

# One set of flags for all: a program that the verifier accepts with one -mcpu may be rejected with
# another. Kernels know v2 since 4.14.
set(SNOOP_BPF_FLAGS -g -O2 -target bpf -mcpu=v2 -Wall -Wextra -Werror
    -Wno-unused-parameter -Wno-missing-field-initializers -Wno-sign-compare)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$")
  set(SNOOP_BPF_ARCH x86)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(SNOOP_BPF_ARCH arm64)
else()
  message(FATAL_ERROR "unsupported architecture ${CMAKE_SYSTEM_PROCESSOR}: add its registers to "
          "vmlinux/vmlinux.h and bpf/lib/syscall.bpf.h")
endif()

# libbpf's headers and the kernel's own. On Debian, <asm/…> is in the architecture's directory,
# which -target bpf does not search.
list(TRANSFORM libbpf_INCLUDE_DIRS PREPEND -I OUTPUT_VARIABLE SNOOP_BPF_INCLUDES)
if(CMAKE_LIBRARY_ARCHITECTURE)
  list(APPEND SNOOP_BPF_INCLUDES -idirafter ${CMAKE_SYSROOT}/usr/include/${CMAKE_LIBRARY_ARCHITECTURE})
endif()

# All skeletons, built before any tool: a tool may include those of others.
add_custom_target(skeletons)

# snoop_bpf_skeleton(NAME SOURCE): builds bpf/NAME.bpf.o and gen/NAME.skel.h in the build directory.
# Clang's depfile names the headers that an object depends on.
function(snoop_bpf_skeleton name source)
  set(object ${CMAKE_BINARY_DIR}/bpf/${name}.bpf.o)
  set(skeleton ${CMAKE_BINARY_DIR}/gen/${name}.skel.h)
  string(MAKE_C_IDENTIFIER ${name} identifier)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/bpf ${CMAKE_BINARY_DIR}/gen)

  add_custom_command(
    OUTPUT ${object}
    # Paths in BTF are relative to the source tree, so that objects of two trees are the same.
    COMMAND ${SNOOP_CLANG} ${SNOOP_BPF_FLAGS} -ffile-prefix-map=${CMAKE_SOURCE_DIR}/= -fdebug-compilation-dir=.
            -D__TARGET_ARCH_${SNOOP_BPF_ARCH}
            -I${CMAKE_SOURCE_DIR}/vmlinux -I${CMAKE_SOURCE_DIR}/include -I${CMAKE_SOURCE_DIR}/bpf ${SNOOP_BPF_INCLUDES}
            -MD -MT ${object} -MF ${object}.d -c ${source} -o ${object}
    # Removes DWARF, labels and relocations for linkers, keeps BTF: an eighth of the size is left.
    COMMAND ${SNOOP_LLVM_STRIP} -g --wildcard --strip-symbol=LBB* --remove-section=.rel.BTF --remove-section=.rel.BTF.ext ${object}
    DEPFILE ${object}.d
    DEPENDS ${source}
    COMMENT "Compiling ${name}.bpf.o"
    VERBATIM)
  add_custom_command(
    OUTPUT ${skeleton}
    COMMAND ${SNOOP_BPFTOOL} gen skeleton ${object} name ${identifier}_bpf |
            sed -f ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/skeleton.sed > ${skeleton}.new
    COMMAND ${CMAKE_COMMAND} -E rename ${skeleton}.new ${skeleton}
    DEPENDS ${object} ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/skeleton.sed
    COMMENT "Generating ${name}.skel.h"
    VERBATIM)
  add_custom_target(${name}_skeleton DEPENDS ${skeleton})
  add_dependencies(skeletons ${name}_skeleton)
  set_property(GLOBAL APPEND PROPERTY SNOOP_BPF_OBJECTS ${object})
endfunction()
