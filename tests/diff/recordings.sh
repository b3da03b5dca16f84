#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# recordings.sh SOURCE BIN: records a job twice, and then without one of its files, by the tools in BIN. Needs root.
# shellcheck source-path=SCRIPTDIR/../build
. "$(dirname "$0")/../build/lib.sh"
bin=$(cd "$2" && pwd)

# record NAME COMMAND…: the recordings of both tools, in the folder NAME.
record() {
    folder=$work/$1
    shift
    mkdir "$folder"
    "$bin/execsnoop" --record "$folder/exec.rec" --exit -x -- \
        "$bin/opensnoop" --record "$folder/open.rec" -- "$@" >"$folder.said" 2>&1 || code=$?
}

# Whether the tools work here; an exit code of 3 says that the system lacks something.
for tool in execsnoop opensnoop; do
    code=0
    "$bin/$tool" -- true >"$work/said" 2>&1 || code=$?
    if [ "$code" = 3 ] || [ "$(id -u)" != 0 ]; then
        echo "skipped: $tool cannot trace here: $(tail -n 1 "$work/said")"
        exit 77
    fi
done

cd "$work"
mkdir job
cat >job/run <<'EOF'
#!/bin/sh
# Temporary names, a pid, a time and the order of parallel commands differ from run to run.
file=$(mktemp) && folder=$(mktemp -d) || exit
echo "$$" >"$folder/pid.$$"
date >"$folder/$(date +%s).log"
cat "$folder/pid.$$" >"$file"
for i in a b c d; do sh -c 'cat "$1" >"$2"' copy "$i.txt" "$folder/$i" & done
wait
sed -i s/a/b/ "$file"
cat "$folder/a" b.txt
code=$?
rm -r "$folder" "$file"
exit $code
EOF
chmod +x job/run
cd job
for i in a b c d; do echo "$i" >"$i.txt"; done

code=0
record first ./run
record second ./run
if [ "$code" = 0 ]; then ok "recorded"; else fail "recording failed: $code"; fi
check "the same job has no difference" "$bin/snoop-diff" "$work/first" "$work/second" || :

rm b.txt
record third ./run
if [ "$code" = 1 ]; then ok "the job fails without its file"; else fail "the job's exit code is $code"; fi
code=0
"$bin/snoop-diff" --all "$work/first" "$work/third" >"$work/difference" || code=$?
if [ "$code" = 1 ]; then ok "there is a difference"; else fail "exit code $code, not 1"; fi
grep -A 1 "^first: run > sh" "$work/difference" >"$work/first.said" || :
check "the missing file is the first one" grep -F "file b.txt: opened in A, ENOENT in B" "$work/first.said" || :
check "the command failed" grep -F "status: exit 0 in A, exit 1 in B" "$work/difference" || :
[ "$broken" = 0 ] || cat "$work/difference"
done_all
