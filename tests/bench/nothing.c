// SPDX-License-Identifier: BSD-2-Clause
// What load_exec executes: linked statically, it opens nothing and ends.
int main(void) { return 0; }
