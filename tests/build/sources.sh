#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sources.sh SOURCE BUILD: each file states its license, none has a path of someone's machine, and each BPF object
# of BUILD has the sections that the kernel needs.
# shellcheck disable=SC1091,SC2154,SC2317  # lib.sh has the variables, its check() the calls
. "$(dirname "$0")/lib.sh"
build=$(cd "$2" && pwd)
cd "$source" || exit
project_files >"$work/files"

echo "== license lines"
# is_code FILE: true for code, by the file's name or first line.
is_code() {
    case $1 in
    *.c | *.h | *.hpp | *.cpp | *.sh | *.py | CMakeLists.txt | */CMakeLists.txt | *.cmake | dev | .ci/run) ;;
    *) [ "$(head -c 2 "$1" | tr -d '\0')" = "#!" ] ;;
    esac
}
count=0
while IFS= read -r file; do
    is_code "$file" || continue
    case $file in
    docs/tutorial/*.bpf.c | docs/tutorial/*.h | bpf/* | vmlinux/* | include/snoop/*) license="GPL-2.0-only OR BSD-2-Clause" ;;
    *) license="BSD-2-Clause" ;;
    esac
    said=$(head -n 3 "$file" | sed -n 's|^.*SPDX-License-Identifier: *\(.*[^ */]\)[ */]*$|\1|p')
    count=$((count + 1))
    [ "$said" = "$license" ] || fail "$file: its first lines say '$said', not 'SPDX-License-Identifier: $license'"
done <"$work/files"
check "$count files were looked at" [ "$count" -gt 20 ] || :

echo "== no folders of somebody's machine"
# Users in examples have a home as well, and /proc/PID has a link "root"; any other path that starts with one of these
# is a mistake.
users='/(home)/(alice|bob|me|reader|u|user)([^A-Za-z0-9_]|$)'
paths='(^|[^A-Za-z0-9_.})*$>-])/(root|home|work)/'
xargs -d '\n' grep -nIE "$paths" -- <"$work/files" >"$work/found" || :
sed -E "s#$users##g; s#(proc|pid) \\+ \"/roo[t]/##g" "$work/found" | grep -E ":[0-9]+:.*$paths|:[0-9]+:/(root|home|work)/" >"$work/bad" || :
check "no file names one" [ ! -s "$work/bad" ] || cat "$work/bad"

echo "== the objects' license"
for program in bpf/*.bpf.c; do
    object=$build/bpf/$(basename "$program" .c).o
    said=$(readelf -p license "$object" | sed -n 's/^ *\[ *0\] *//p') || :
    check "$(basename "$object") says: $said" [ "$said" = "Dual BSD/GPL" ] || :
done
done_all
