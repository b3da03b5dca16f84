// SPDX-License-Identifier: BSD-2-Clause
// A program with probe notes that <sys/sdt.h> does not write: two probes at one address, and one without code, as
// linkers leave them; and one at an instruction at which the kernel refuses a probe, on x86-64.
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
#if defined(__x86_64__)
    int count = 0;
    asm volatile("990: lock incl %0\n"
                 ".pushsection .note.stapsdt,\"?\",\"note\"\n" NOTE("990b", "locked") ".popsection\n"
                 : "+m"(count));
#endif
    asm volatile("990: nop\n"
                 ".pushsection .note.stapsdt,\"?\",\"note\"\n" NOTE("990b", "one") NOTE("990b", "other")
                     NOTE("0", "dead") ".popsection\n");
    return 0;
}
