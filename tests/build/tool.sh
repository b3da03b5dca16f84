#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tool.sh SOURCE: a tool needs no edit outside its own files. The commands of docs/adding-a-tool.md copy execsnoop
# under another name; the copy builds, installs and passes the other build tests, and snoop-doctor checks it. Works
# on a copy of SOURCE.
# shellcheck disable=SC1091,SC2016,SC2154  # lib.sh has the variables
. "$(dirname "$0")/lib.sh"
tree=$work/tree build=$work/tree/build/release prefix=$work/prefix

# build_test NAME: runs the test of this name in the copy.
build_test() { CMAKE=$cmake "$tree/tests/build/$1.sh" "$tree" "$build"; }

# renamed COMMAND...: prints its output with forksnoop for execsnoop.
renamed() { "$@" | sed 's/execsnoop/forksnoop/g; s/EXECSNOOP/FORKSNOOP/g'; }

# unprivileged COMMAND...: runs it as nobody if this is root.
unprivileged() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid nobody --regid "$(id -g nobody)" --clear-groups --inh-caps -all --no-new-privs "$@"
    else
        "$@"
    fi
}

echo "== the commands of docs/adding-a-tool.md"
copy_tree "$tree"
check "configures" configure "$tree" "$build" -DSNOOP_TESTS=ON || done_all # `./dev docs` builds here, then
contents "$tree" >"$work/before"
copy_commands >"$work/commands"
check "they write the documents" grep '^\./dev docs' "$work/commands" || done_all
check "they run" sh -euc 'cd "$1" && . "$2"' sh "$tree" "$work/commands" || done_all
contents "$tree" >"$work/after"
diff "$work/before" "$work/after" | sed -n 's|^> [0-9]* [0-9]* \./||p' | grep -v forksnoop >"$work/edited" || :
printf '%s\n' README.md docs/json.md >"$work/generated"
check "no other file is edited but README.md and docs/json.md" diff "$work/generated" "$work/edited" || :
check "its live tests are built" "$cmake" --build "$build" --target forksnoop_live_test || :
check "forksnoop --version" "$build/bin/forksnoop" --version || :
for kind in summary man json doctor bash zsh fish; do
    renamed "$build/bin/execsnoop" --generate $kind >"$work/expected"
    "$build/bin/forksnoop" --generate $kind >"$work/printed"
    check "forksnoop --generate $kind prints what execsnoop prints" diff "$work/expected" "$work/printed" || :
done
renamed cat "$tree/docs/man/execsnoop.8" >"$work/expected"
check "its manual page is execsnoop's" diff "$work/expected" "$tree/docs/man/forksnoop.8" || :

echo "== the build tests, with the copy"
for script in "$tree"/tests/build/*.sh; do
    name=$(basename "$script" .sh)
    case $name in
    lib | tool) continue ;;
    bench | build | configure | hardening) continue ;; # they have copies of their own, or need a build that ships
    esac
    check "build.$name" build_test "$name" || :
done

echo "== the installed copy"
check "installs" "$cmake" --install "$build" --prefix "$prefix" || done_all
(cd "$prefix" && find . -name '*execsnoop*' | sed 's/execsnoop/forksnoop/' | sort) >"$work/expected"
(cd "$prefix" && find . -name '*forksnoop*' | sort) >"$work/installed"
check "$(wc -l <"$work/installed") files, those of execsnoop" diff "$work/expected" "$work/installed" || :
check "a program, a manual page and three completions" [ "$(wc -l <"$work/installed")" = 5 ] || cat "$work/installed"
# Without privileges, snoop-doctor loads no programs; it may answer that forksnoop needs root.
chmod 755 "$work"
unprivileged "$prefix/sbin/snoop-doctor" --only tool/ >"$work/checks" 2>&1 || :
check "snoop-doctor checks forksnoop" grep -E '^tool/forksnoop +missing .*root' "$work/checks" || cat "$work/checks"
rm "$prefix/sbin/opensnoop"
unprivileged "$prefix/sbin/snoop-doctor" --only tool/ >"$work/checks" 2>&1 || :
check "and reports which tools are missing" grep -E '^tool/opensnoop +unknown +not installed' "$work/checks" || cat "$work/checks"

echo "== a missing part is noticed"
# fails_without FILE TEST: the test fails while the file is away, and names forksnoop.
fails_without() {
    mv "$tree/$1" "$work/away"
    ! build_test "$2" >"$work/without" 2>&1 && grep '^FAIL:.*forksnoop' "$work/without"
    found=$?
    mv "$work/away" "$tree/$1"
    return $found
}
check "build.docs: the manual page" fails_without docs/man/forksnoop.8 docs || cat "$work/without"
check "build.documents: the page about hooks" fails_without docs/hooks/forksnoop.md documents || cat "$work/without"
check "build.json: the schema" fails_without docs/schema/forksnoop.schema.json json || cat "$work/without"
sed -i '/^| \[forksnoop\]/d' "$tree/README.md"
check "build.documents: the README's row" sh -c '! "$1" "$2"' sh "$tree/tests/build/documents.sh" "$tree" || :
done_all
