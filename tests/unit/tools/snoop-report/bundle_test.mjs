// SPDX-License-Identifier: BSD-2-Clause
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../../../../tools/snoop-report/page/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'snoop-bundle-'));
after(() => rmSync(folder, { recursive: true }));

function bundle(from) {
    execFileSync(join(from, 'bundle'), [join(folder, 'page.html')], { stdio: 'pipe' });
    return readFileSync(join(folder, 'page.html'), 'utf8');
}

// Bundles a copy of the page to which `text` is added in `file`; returns what it says.
function bundleWith(file, text) {
    const copy = mkdtempSync(join(folder, 'copy-'));
    cpSync(source, copy, { recursive: true });
    appendFileSync(join(copy, file), text);
    const { status, stderr } = spawnSync(join(copy, 'bundle'), [join(folder, 'bad.html')], { encoding: 'utf8' });
    return { status, stderr };
}

test('the policy has the hashes of the script and the style sheet', () => {
    const page = bundle(source);
    for (const [name, pattern] of [['script', /<script>(.*)<\/script>/s], ['style', /<style>(.*?)<\/style>/s]]) {
        const [, allowed] = page.match(new RegExp(`${name}-src 'sha256-([^']*)'`));
        assert.equal(createHash('sha256').update(page.match(pattern)[1]).digest('base64'), allowed, name);
    }
});

test('the data has one place, and nothing else is left open', () => {
    assert.deepEqual(bundle(source).match(/@[A-Z_]+@/g), ['@DATA@']);
});

test('two bundles are the same', () => {
    assert.equal(bundle(source), bundle(source));
});

test('an import that it does not understand is an error', () => {
    const { status, stderr } = bundleWith('view.mjs', "import * as text from './text.mjs';\n");
    assert.notEqual(status, 0);
    assert.match(stderr, /view\.mjs: write imports as/);
});

test('a script that would end its element is an error', () => {
    const { status, stderr } = bundleWith('view.mjs', "export const END = '</script>';\n");
    assert.notEqual(status, 0);
    assert.match(stderr, /would end its element/);
});
