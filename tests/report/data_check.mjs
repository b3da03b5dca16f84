// SPDX-License-Identifier: BSD-2-Clause
// The data that snoop-report writes is what make_data.mjs, which shares no code with it, makes of the same rows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildRows, HOSTILE_TITLE, hostileRows, searchRows } from './generate.mjs';
import { makeData } from './make_data.mjs';
import { dataOf, fixture, reportOf } from './program.mjs';

const TEXTS = {
    processes: ['comm', 'file', 'cwd', 'user', 'container', 'args', 'signal', 'killer'], execs: ['args', 'file', 'errno'],
    opens: ['path', 'errno'], guards: ['path', 'action', 'guard', 'op'],
};

// With texts instead of their numbers, which may differ, and without columns that have no value.
function resolved({ strings, ...data }) {
    assert.equal(new Set(strings).size, strings.length);
    const text = (index) => (index === null ? null : strings[index]);
    for (const [table, names] of Object.entries(TEXTS)) {
        for (const name of names.filter((each) => data[table][each])) {
            data[table][name] = data[table][name].map((cell) => (Array.isArray(cell) ? cell.map(text) : text(cell)));
        }
        data[table] = Object.fromEntries(Object.entries(data[table]).filter(([, column]) => column.some((cell) => cell !== null)));
    }
    return data;
}

// The first cell of each column that differs, shortened.
function differences(written, expected) {
    const list = ['snoop_report', 'title', 'start'].filter((name) => written[name] !== expected[name]);
    for (const table of Object.keys(TEXTS)) {
        for (const name of new Set([...Object.keys(written[table]), ...Object.keys(expected[table])])) {
            const [ours, theirs] = [written, expected].map((data) => (data[table][name] ?? []).map((cell) => JSON.stringify(cell)));
            const at = ours.length < theirs.length ? ours.length : ours.findIndex((cell, i) => cell !== theirs[i]);
            if (at >= 0) {
                list.push(`${table}.${name}[${at}]: ${String(ours[at]).slice(0, 100)} instead of ${String(theirs[at]).slice(0, 100)}`);
            }
        }
    }
    return list;
}

function assertSame(rows, title) {
    const written = resolved(dataOf(reportOf(rows, title)));
    assert.deepEqual(differences(written, resolved(makeData(rows, title))), []);
    return written;
}

test('of a recorded build', () => {
    assert.equal(assertSame(fixture, 'make -j3').processes.id.length, 30);
});

test('of a build that is made up', () => {
    assert.ok(assertSame(buildRows(5000), 'make -j16').processes.id.length > 4900);
});

test('of names that are hostile', () => {
    assert.ok(assertSame(hostileRows(), HOSTILE_TITLE).guards.path.length > 10);
});

test('of searches through PATH', () => {
    assert.deepEqual(assertSame(searchRows(), 'sh').execs.found, [1, 1, null, null]);
});

test('a difference is noticed', () => {
    const rows = fixture.map((row) => ({ ...row, maxrss_kb: row.maxrss_kb === fixture[0].maxrss_kb ? 1 : row.maxrss_kb }));
    const found = differences(resolved(dataOf(reportOf(rows, 'make'))), resolved(makeData(fixture, 'make -j3')));
    assert.deepEqual(found.map((text) => text.replace(/[[:].*/, '')), ['title', 'processes.rss']);
});
