// SPDX-License-Identifier: BSD-2-Clause
// Functions without symbols: their names are local labels, which no file has. unnamed_code_places has their addresses.
#if defined(__x86_64__)
#define JUMP "jmp "
#define CALL "call "
#define PUSH "push %rbp\n"
#define POP "pop %rbp\n"
#else
#define JUMP "b "
#define CALL "bl "
#define PUSH "str x30, [sp, -16]!\n"
#define POP "ldr x30, [sp], 16\n"
#endif

// clang-format off
asm(".text\n"
    ".balign 16\n"
    ".Lcalled: .cfi_startproc\n nop\n nop\n ret\n .cfi_endproc\n"
    // Nothing calls it.
    ".Luncalled: .cfi_startproc\n nop\n nop\n ret\n .cfi_endproc\n"
    // Jumps to a function; there is a call of it.
    ".Ljumps: .cfi_startproc\n nop\n nop\n " JUMP ".Lcalled\n .cfi_endproc\n"
    // Jumps to what may be a function, or a part of this one.
    ".Ldoubtful: .cfi_startproc\n nop\n nop\n " JUMP ".Luncalled\n .cfi_endproc\n"
    // Jumps to a part of itself, which begins with what this has pushed.
    ".Lsplit: .cfi_startproc\n nop\n " PUSH ".cfi_def_cfa_offset 16\n " JUMP ".Lpart_middle\n .cfi_endproc\n"
    ".Lpart: .cfi_startproc\n .cfi_def_cfa_offset 16\n nop\n"
    ".Lpart_middle: nop\n " POP ".cfi_def_cfa_offset 8\n ret\n .cfi_endproc\n"
    ".Lcalls: .cfi_startproc\n nop\n " CALL ".Lcalled\n ret\n .cfi_endproc\n"
    ".section .data.rel.ro, \"aw\"\n"
    ".balign 8\n"
    ".globl unnamed_code_places\n"
    "unnamed_code_places: .quad .Lcalled, .Luncalled, .Ljumps, .Ldoubtful, .Lsplit, .Lpart, .Lpart_middle\n"
    ".text\n");
// clang-format on

int main() { return 0; }
