// SPDX-License-Identifier: BSD-2-Clause
// A program with probe notes that <sys/sdt.h> does not write, but linkers leave: two probes at one address, and one
// without code.
#define NOTE(location, name)                                                                                           \
    ".balign 4\n"                                                                                                      \
    ".4byte 8, 994f-993f, 3\n"                                                                                         \
    ".asciz \"stapsdt\"\n"                                                                                             \
    "993: .8byte " location ", 0, 0\n"                                                                                 \
    ".asciz \"snooptest\"\n"                                                                                           \
    ".asciz \"" name "\"\n"                                                                                            \
    ".asciz \"\"\n"                                                                                                    \
    "994: .balign 4\n"

int main()
{
    asm volatile("990: nop\n"
                 ".pushsection .note.stapsdt,\"?\",\"note\"\n" NOTE("990b", "one") NOTE("990b", "other")
                     NOTE("0", "dead") ".popsection\n");
    return 0;
}
