#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# json.sh SOURCE BUILD: docs/json.md and docs/schema are what the tools print about their JSON rows.
# shellcheck disable=SC1091,SC2154  # lib.sh has the variables
. "$(dirname "$0")/lib.sh"
build=$(cd "$2" && pwd)

mkdir "$work/docs"
check "each tool describes its rows" "$source/docs/schema/write" "$build/bin" "$work/docs" || done_all
check "docs/json.md is up to date (./dev docs)" diff "$source/docs/json.md" "$work/docs/json.md" || :
for schema in "$work/docs/schema"/*; do
    name=$(basename "$schema")
    check "docs/schema/$name is up to date (./dev docs)" diff "$source/docs/schema/$name" "$schema" || :
    check "$name says what each key means" sh -c "! grep -n '\"description\": \"\"' '$schema'" || :
done
if python3 -c 'import jsonschema' 2>"$work/said"; then
    check "they are JSON Schemas of draft 2020-12" python3 -c '
import json, jsonschema, sys
for path in sys.argv[1:]:
    jsonschema.Draft202012Validator.check_schema(json.load(open(path)))' "$work/docs/schema"/* || :
else
    echo "note: python3-jsonschema is not installed: the schemas themselves are not checked"
fi
done_all
