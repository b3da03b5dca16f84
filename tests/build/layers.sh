#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# layers.sh SOURCE: includes point down. A folder of src includes itself, folders of lower layers and the
# shared headers (include/snoop); a tool includes itself and the library; shared headers include only each
# other; BPF programs include the shared headers, bpf/lib and their own folder. No code that tools share
# names one of them.
# shellcheck disable=SC1091,SC2154,SC2317  # lib.sh has the variables, its check() the calls
. "$(dirname "$0")/lib.sh"

# The layers of docs/architecture.md, lowest first.
cat >"$work/layers" <<'EOF'
1 base
2 cli containers kernel metrics symbols table
3 libbpf
4 attach events export
5 forest run
6 count opens
EOF

# includes TREE FOLDER: prints "FILE:INCLUDED" for each include of a project file in the folder.
includes() {
    (cd "$1" && find "$2" -name '*.[ch]' -o -name '*.[ch]pp' | sort |
        xargs sed -n -s '/^# *include *[<"]/{s/^# *include *[<"]\([^>"]*\)[>"].*/\1/;F;p}' | paste -d: - -)
}

# check_layers TREE: prints each include that breaks a rule, and the number of includes read.
check_layers() {
    {
        sed 's/^/layer /' "$work/layers"
        for folder in src tools include bpf; do includes "$1" "$folder"; done
    } | awk -F: '
        /^layer / { n = split($0, word, " "); for (i = 3; i <= n; i++) layer[word[i]] = word[2]; next }
        {
            read++
            split($1, from, "/"); included = $2; m = split(included, to, "/")
            if (from[1] == "src") {
                if (!(from[2] in layer)) { print $1 ": the folder " from[2] " is in no layer"; next }
                if (to[1] == "snoop" || m == 1 || to[1] == from[2]) next
                if (to[1] in layer) {
                    if (layer[to[1]] >= layer[from[2]]) print $1 ": " included " is not on a lower layer"
                } else if (included ~ /\.hpp$/ && to[1] != "CLI" && to[1] != "fmt" && to[1] != "nlohmann") print $1 ": " included " is not in the library"
            } else if (from[1] == "tools") {
                if (included ~ /\.hpp$/ && m > 1 && to[1] != "CLI" && to[1] != "nlohmann" && to[1] != from[2] && !(to[1] in layer))
                    print $1 ": " included " is neither in the library nor the tool'"'"'s own"
            } else if (from[1] == "include") {
                if (included ~ /\.hpp$/ || (m > 1 && to[1] != "snoop" && to[1] != "linux")) print $1 ": " included " is not a shared header"
            } else if (included ~ /\.bpf\.h$/) {
                own = from[2]; sub(/\.bpf\.c$/, "", own)
                if (m > 1 && to[1] != "lib" && to[1] != own) print $1 ": " included " is another program'"'"'s"
                if (from[2] == "lib" && m > 1 && to[1] != "lib") print $1 ": " included " is above lib"
            }
        }
        END { print read + 0 " includes were read" > "/dev/stderr" }' 2>"$work/read"
}

# named_tools TREE: prints each line of src and bpf/lib that names a tool, unless in a comment. The tool that prints a
# recording again is started by name.
named_tools() {
    names=$(cd "$source/bpf" && printf '%s|' *.bpf.c | sed 's/\.bpf\.c|/|/g; s/|$//')
    (cd "$1" && grep -rnE "$names" src bpf/lib) | grep -v '^src/forest/replay.cpp:' | sed 's|//.*||' | grep -E "$names"
}

# other_namespaces TREE: prints each namespace of a tool that is not snoop::NAME, with _ for -. The static program has
# all tools, so two may not define the same name. snoop-doctor is the one tool in snoop itself.
other_namespaces() {
    (cd "$1" && grep -rnE '^namespace snoop' tools) | awk -F/ '{ name = $2; gsub("-", "_", name) }
        $2 != "snoop-doctor" && $0 !~ "snoop::" name " {$"'
}

# breaks FILE LINE MESSAGE: a tree in which FILE has LINE is rejected with this message.
breaks() {
    rm -rf "$work/copy"
    mkdir -p "$work/copy"
    (cd "$source" && tar -cf - src tools include bpf) | tar -C "$work/copy" -xf -
    printf '%s\n' "$2" >>"$work/copy/$1"
    { check_layers "$work/copy" && named_tools "$work/copy"; other_namespaces "$work/copy"; } | grep -E "$1:([0-9]+:)? ?$3"
}

echo "== the tree"
check_layers "$source" >"$work/bad"
check "includes point down" [ ! -s "$work/bad" ] || cat "$work/bad"
check "$(cat "$work/read")" [ "$(sed 's/ .*//' "$work/read")" -gt 500 ] || :
named_tools "$source" >"$work/bad" || :
check "shared code names no tool" [ ! -s "$work/bad" ] || cat "$work/bad"
other_namespaces "$source" >"$work/bad" || :
check "tools have namespaces of their own" [ ! -s "$work/bad" ] || cat "$work/bad"

echo "== broken rules are noticed"
check "up" breaks src/base/fd.hpp '#include "cli/cli.hpp"' "cli/cli.hpp is not on a lower layer" || :
check "sideways" breaks src/events/recording.hpp '#include "attach/kprobe.hpp"' "attach/kprobe.hpp is not on a lower layer" || :
check "from the library into a tool" breaks src/run/loop.cpp '#include "execsnoop/assembler.hpp"' "execsnoop/assembler.hpp is not in the library" || :
check "from a tool into another" breaks tools/opensnoop/main.cpp '#include "execsnoop/assembler.hpp"' "execsnoop/assembler.hpp is neither" || :
check "from a shared header into the library" breaks include/snoop/record.h '#include "base/fd.hpp"' "base/fd.hpp is not a shared header" || :
check "from a program into another's folder" breaks bpf/opensnoop.bpf.c '#include "funclat/log2.bpf.h"' "funclat/log2.bpf.h is another program's" || :
check "a tool's name in the library" breaks src/run/session.cpp 'bool is_execsnoop = name == "execsnoop";' "bool is_execsnoop" || :
check "a tool's header in the library" breaks src/table/values.cpp '#include <snoop/opensnoop.h>' "#include <snoop/opensnoop.h>" || :
check "another tool's namespace" breaks tools/opensnoop/row.hpp 'namespace snoop {' "namespace snoop" || :
done_all
