#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# bench.sh SOURCE BUILD: `./dev bench` works. Uses few events and judges no times. Needs root, as the tools do;
# exits with 77 without.
# shellcheck disable=SC1091,SC2154  # lib.sh has the variables
. "$(dirname "$0")/lib.sh"
build=$(cd "$2" && pwd)
[ "$(id -u)" = 0 ] || {
    echo "SKIP: it needs root"
    exit 77
}

check "the loads compile" "$cmake" --build "$build" --target bench || done_all
printf 'before\n<!-- made by tests/bench/run: begin -->\nold\n<!-- made by tests/bench/run: end -->\nafter\n' >"$work/doc"
check "it runs" "$source/tests/bench/run" --build "$build" --quick --rounds 1 --alone \
    --only '^open (head|full_rate)$' --json "$work/json" --into "$work/doc" || done_all
check "its document says that nothing is lost" \
    grep -qE '^\| lost at full rate on all cores .* \| met \|$' "$work/doc" || cat "$work/doc"
check "and has the figures" grep -qF '| of these printed |' "$work/doc" || cat "$work/doc"
check "what was there is gone" [ "$(grep -cx old "$work/doc")" = 0 ] || cat "$work/doc"
check "what is around it stays" [ "$(sed -n '1p;$p' "$work/doc" | tr '\n' ' ')" = "before after " ] || cat "$work/doc"
printf '<!-- made by tests/bench/run --only calls: begin -->\nold\n<!-- made by tests/bench/run --only calls: end -->\n' \
    >"$work/calls"
check "funclat is compared with a program's own clock" "$source/tests/bench/run" --build "$build" --quick --rounds 1 \
    --alone --only calls --json "$work/json" --into "$work/calls" || done_all
check "and its table is written" grep -qF '| own clock, µs | snoopkit | snoopkit --gross | true |' "$work/calls" ||
    cat "$work/calls"
printf '<!-- made by tests/bench/run --only outputs: begin -->\n<!-- made by tests/bench/run --only outputs: end -->\n' \
    >"$work/outputs"
check "the cost of outputs is measured" "$source/tests/bench/run" --build "$build" --quick --rounds 1 --alone \
    --only outputs --json "$work/json" --into "$work/outputs" || done_all
check "and its table is written" grep -qF '| output | tool, µs a row |' "$work/outputs" || cat "$work/outputs"
printf '<!-- made by tests/bench/run --only keep: begin -->\n<!-- made by tests/bench/run --only keep: end -->\n' >"$work/keep"
check "the cost of --keep is measured" "$source/tests/bench/run" --build "$build" --quick --rounds 1 --alone \
    --only keep --json "$work/json" --into "$work/keep" || done_all
check "and its table is written" grep -q '^| .opensnoop -F --keep 64M. | [0-9]' "$work/keep" || cat "$work/keep"
check "the numbers are there" grep -qF '"full rate, lost"' "$work/json" || cat "$work/json"
done_all
