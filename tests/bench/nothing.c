// SPDX-License-Identifier: BSD-2-Clause
// The program that load_exec executes: linked statically, it opens nothing and exits.
int main(void) { return 0; }
