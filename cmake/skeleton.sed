# SPDX-License-Identifier: BSD-2-Clause
# Lets the source files that include a skeleton share one copy of its object: the function that returns it is static in
# what bpftool generates, and before version 7.2 the object is a string literal, which linkers do not merge.
s/^static inline const void \*\(.*__elf_bytes\)/inline const void *\1/
/^\treturn (const void \*)"\\$/,/";$/ {
	s/^\treturn (const void \*)"\\$/\tstatic const char data[] __attribute__((__aligned__(8))) = "\\/
	s/";$/";\n\treturn data;/
}
