#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# layers.sh SOURCE: includes go down. A room of src includes itself, rooms of lower floors and the C
# border; a tool includes itself and rooms; the border includes only itself; BPF programs include the
# border, bpf/lib and their own folder.
# shellcheck disable=SC1091,SC2154,SC2317  # lib.sh has the variables, its check() the calls
. "$(dirname "$0")/lib.sh"

# The floors of docs/architecture.md, lowest first.
cat >"$work/floors" <<'EOF'
1 base
2 cli kernel symbols table
3 libbpf
4 attach events
5 run
6 count
EOF

# includes TREE FOLDER: "FILE:INCLUDED" of each include of a project file below it.
includes() {
    (cd "$1" && find "$2" -name '*.[ch]' -o -name '*.[ch]pp' | sort |
        xargs sed -n -s '/^# *include *[<"]/{s/^# *include *[<"]\([^>"]*\)[>"].*/\1/;F;p}' | paste -d: - -)
}

# check_layers TREE: prints each include that breaks a rule, and a count of those that were read.
check_layers() {
    {
        sed 's/^/floor /' "$work/floors"
        for folder in src tools include bpf; do includes "$1" "$folder"; done
    } | awk -F: '
        /^floor / { n = split($0, word, " "); for (i = 3; i <= n; i++) floor[word[i]] = word[2]; next }
        {
            read++
            split($1, from, "/"); included = $2; m = split(included, to, "/")
            if (from[1] == "src") {
                if (!(from[2] in floor)) { print $1 ": the room " from[2] " has no floor"; next }
                if (to[1] == "snoop" || m == 1 || to[1] == from[2]) next
                if (to[1] in floor) {
                    if (floor[to[1]] >= floor[from[2]]) print $1 ": " included " is not on a lower floor"
                } else if (included ~ /\.hpp$/ && to[1] != "CLI" && to[1] != "fmt") print $1 ": " included " is in no room"
            } else if (from[1] == "tools") {
                if (included ~ /\.hpp$/ && m > 1 && to[1] != "CLI" && to[1] != from[2] && !(to[1] in floor))
                    print $1 ": " included " is neither a room'"'"'s nor its own"
            } else if (from[1] == "include") {
                if (included ~ /\.hpp$/ || (m > 1 && to[1] != "snoop" && to[1] != "linux")) print $1 ": " included " is not the border'"'"'s"
            } else if (included ~ /\.bpf\.h$/) {
                own = from[2]; sub(/\.bpf\.c$/, "", own)
                if (m > 1 && to[1] != "lib" && to[1] != own) print $1 ": " included " is another program'"'"'s"
                if (from[2] == "lib" && m > 1 && to[1] != "lib") print $1 ": " included " is above lib"
            }
        }
        END { print read + 0 " includes were read" > "/dev/stderr" }' 2>"$work/read"
}

# breaks FILE LINE WORDS: a tree with that include is refused in these words.
breaks() {
    rm -rf "$work/copy"
    mkdir -p "$work/copy"
    (cd "$source" && tar -cf - src tools include bpf) | tar -C "$work/copy" -xf -
    printf '%s\n' "$2" >>"$work/copy/$1"
    check_layers "$work/copy" | grep -F "$1: $3"
}

echo "== the tree"
check_layers "$source" >"$work/bad"
check "includes go down" [ ! -s "$work/bad" ] || cat "$work/bad"
check "$(cat "$work/read")" [ "$(sed 's/ .*//' "$work/read")" -gt 500 ] || :

echo "== each rule, broken"
check "up" breaks src/base/fd.hpp '#include "cli/cli.hpp"' "cli/cli.hpp is not on a lower floor" || :
check "sideways" breaks src/events/recording.hpp '#include "attach/kprobe.hpp"' "attach/kprobe.hpp is not on a lower floor" || :
check "from a room into a tool" breaks src/run/loop.cpp '#include "execsnoop/assembler.hpp"' "execsnoop/assembler.hpp is in no room" || :
check "from a tool into another" breaks tools/opensnoop/main.cpp '#include "execsnoop/assembler.hpp"' "execsnoop/assembler.hpp is neither" || :
check "from the border into a room" breaks include/snoop/record.h '#include "base/fd.hpp"' "base/fd.hpp is not the border's" || :
check "from a program into another's folder" breaks bpf/opensnoop.bpf.c '#include "funclat/log2.bpf.h"' "funclat/log2.bpf.h is another program's" || :
done_all
