#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# command.sh SOURCE SNOOP-DIFF: its arguments, files and exit codes, with rows as opensnoop and execsnoop print them.
# shellcheck source-path=SCRIPTDIR/../build
. "$(dirname "$0")/../build/lib.sh"
diff=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")

# program CODE, opened ERROR: a row of each tool; the second one has null or a quoted name.
program() {
    echo '{"event":"exec","time":"2026-01-02T03:04:05.000000100Z","ts_ns":100,"pid":10,"tid":10,"errno":null,' \
        '"exec_id":"000000000000000a","filename":"/usr/bin/cat","args":["cat","x"],"duration_ns":900,' \
        "\"exit_code\":$1,\"signal\":null}"
}
opened() {
    echo '{"event":"open","time":"2026-01-02T03:04:05.000000200Z","ts_ns":200,"pid":10,"tid":10,' \
        "\"exec_id\":\"000000000000000a\",\"path\":\"x\",\"resolved\":null,\"errno\":$1,\"via\":\"openat\"}"
}

# expect CODE TEXT ARGUMENT…: the exit code, and a text that it prints.
expect() {
    wanted=$1 text=$2
    shift 2
    code=0
    "$diff" "$@" >"$work/said" 2>&1 || code=$?
    if [ "$code" = "$wanted" ] && grep -qF -- "$text" "$work/said"; then
        ok "$*: $text"
    else
        fail "$*: exit code $code, not $wanted, or without '$text'"
        cat "$work/said"
    fi
}

cd "$work"
mkdir good bad empty
program 0 >good/exec.json
opened null >good/open.json
program 1 >bad/exec.json
opened '"ENOENT"' >bad/open.json
echo junk >bad/.hidden
cat good/*.json >good.json
(cat good/exec.json && echo junk) >broken.json
echo '{"event":"count"}' >count.json

expect 0 "no difference" good good
expect 0 "no difference" good good.json
expect 1 "file x: opened in A, ENOENT in B" good bad
expect 1 "status: exit 0 in A, exit 1 in B" good bad
expect 1 "1 more: --all shows them" -n 1 good bad
expect 1 '"kind":"file"' -o json good bad
expect 0 '"same":true' -o json good good
expect 1 "<td>file x</td><td>opened</td><td>ENOENT</td>" -o html good bad
expect 0 "no difference" --ignore 'x' good/open.json bad/open.json
expect 0 "Compare two recordings" --help

expect 2 "missing B" good
expect 2 "cannot open 'none'" none good
expect 2 "the directory 'empty' has no file" good empty
expect 2 "'count.json' has no row of execsnoop or opensnoop" good count.json
expect 2 "a part of 'broken.json' could not be read" good.json broken.json
expect 2 "--slower: invalid factor '1'" --slower 1 good bad
expect 2 "--slower: invalid factor 'much'" --slower much good bad

code=0
"$diff" good bad >&- 2>said || code=$?
if [ "$code" = 2 ]; then ok "stdout is closed"; else fail "stdout is closed: exit code $code"; fi
code=0
"$diff" good bad >/dev/full 2>said || code=$?
if [ "$code" = 2 ]; then ok "no space for the output"; else fail "no space for the output: exit code $code"; fi

# Times count only if they are asked for.
sed 's/"duration_ns":900/"duration_ns":900000000/' good/exec.json >slow.json
expect 0 "no difference but in time" good/exec.json slow.json
expect 0 "time: 0.000 s in A, 0.900 s in B" good/exec.json slow.json
expect 1 "time: 0.000 s in A, 0.900 s in B" --slower 3 good/exec.json slow.json
done_all
