// SPDX-License-Identifier: BSD-2-Clause
// A program with 1,200 probes that <sys/sdt.h> does not write: 1,140 are named snooptest:many, the rest snooptest:few.
// It hits each of them for each byte on stdin, which it answers.
#include <unistd.h>

#define PROBES(count, name)                                                                                            \
    asm volatile(".rept " count "\n"                                                                                   \
                 "990: nop\n"                                                                                          \
                 ".pushsection .note.stapsdt,\"?\",\"note\"\n"                                                         \
                 ".balign 4\n"                                                                                         \
                 ".4byte 8, 994f-993f, 3\n"                                                                            \
                 ".asciz \"stapsdt\"\n"                                                                                \
                 "993: .8byte 990b, 0, 0\n"                                                                            \
                 ".asciz \"snooptest\"\n"                                                                              \
                 ".asciz \"" name "\"\n"                                                                               \
                 ".asciz \"\"\n"                                                                                       \
                 "994: .balign 4\n"                                                                                    \
                 ".popsection\n"                                                                                       \
                 ".endr\n")

int main()
{
    char byte = 0;

    while (read(STDIN_FILENO, &byte, 1) == 1) {
        PROBES("1140", "many");
        PROBES("60", "few");
        if (write(STDOUT_FILENO, &byte, 1) != 1)
            return 1;
    }
    return 0;
}
