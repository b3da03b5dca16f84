// SPDX-License-Identifier: BSD-2-Clause
import assert from 'node:assert/strict';
import test from 'node:test';
import { analyze } from '../../../../tools/snoop-report/page/analysis.mjs';
import { search } from '../../../../tools/snoop-report/page/search.mjs';
import { makeTables, sortRows } from '../../../../tools/snoop-report/page/tables.mjs';
import { decoded } from './support.mjs';

const processes = [['make', null, 0, 100, { code: 2, args: ['make', '-j8'], utime: 5 }], ['cc', 0, 10, 60, { code: 0, utime: 40 }],
    ['cc', 0, 10, 30, { code: 1, args: ['cc', '-o', 'A b'], utime: 20 }], ['sleep', 0, 60, 90, { signal: 'SIGTERM' }]];
const opens = [
    { process: 1, time: 11, path: '/etc/a', count: 3 }, { process: 2, time: 12, path: '/etc/a', errno: 'ENOENT', count: 1 },
    { process: 1, time: 13, path: '/no', errno: 'ENOENT', count: 2 }, { process: 2, time: 14, path: '/no', errno: 'ENOENT', count: 1 },
    { process: 2, time: 15, path: '/secret', errno: 'EACCES', count: 1 }, { process: null, time: 16, path: '/etc/a', count: 1 },
];
const execs = [{ process: 0, time: 5, args: ['cc'], file: '/sbin/cc', errno: 'ENOENT', found: 1 },
    { process: 0, time: 6, args: ['lint', 'x'], file: '/bin/lint', errno: 'ENOENT' },
    { process: 0, time: 7, args: ['lint', 'y'], file: '/usr/bin/lint', errno: 'ENOENT' }];
const model = decoded(processes, { opens, execs });

function rowsOf(id, ...keys) {
    const table = makeTables(model, analyze(model)).find((each) => each.id === id);
    return sortRows(table.rows(), table.sort, table.order ?? -1).map((row) => keys.map((key) => row[key]));
}

test('longest: by own time', () => {
    assert.deepEqual(rowsOf('longest', 'name', 'wall', 'own'),
        [['cc', 50, 50], ['sleep', 30, 30], ['make -j8', 100, 20], ["cc -o 'A b'", 20, 20]]);
});

test('critical path: what is on it', () => {
    assert.deepEqual(rowsOf('critical', 'name', 'path', 'share'), [['cc', 50, 0.5], ['sleep', 30, 0.3], ['make -j8', 20, 0.2]]);
});

test('most often: programs, with their failures', () => {
    const rows = rowsOf('often', 'name', 'count', 'failed', 'cpu');
    assert.deepEqual(rows[0], ['cc', 2, 1, 60]);
    assert.equal(rows.length, 3);
});

test('failed: processes, execs that nothing followed, opens of files that are there', () => {
    assert.deepEqual(rowsOf('failed', 'name', 'what', 'count', 'passed'), [['sleep', 'SIGTERM', 1, 'yes'],
        ['make -j8', 'exit 2', 1, 'yes'], ["cc -o 'A b'", 'exit 1', 1, ''], ['/secret', 'open: EACCES', 1, ''],
        ['lint x', 'exec: ENOENT', 2, '']]);
});

test('failed: below what was passed on comes what else failed there, the latest first', () => {
    const tree = [['make', null, 0, 99, { code: 2 }], ['configure', 0, 0, 20, { code: 0 }], ['conftest', 1, 5, 9, { code: 1 }],
        ['check', 0, 30, 90, { code: 2 }], ['driver', 3, 40, 60, { code: 0 }], ['test-1', 4, 41, 50, { code: 1 }],
        ['diff', 5, 42, 45, { code: 1 }], ['grep', 3, 80, 85, { code: 1 }]];
    const failedExec = { process: 4, time: 58, args: ['tput'], file: '/bin/tput', errno: 'ENOENT' };
    const made = decoded(tree, { execs: [failedExec, { ...failedExec, process: null, args: ['x'] }] });
    const table = makeTables(made, analyze(made)).find(({ id }) => id === 'failed');
    assert.deepEqual(sortRows(table.rows(), table.sort, table.order).map(({ name }) => name),
        ['grep', 'check', 'tput', 'test-1', 'diff', 'make', 'conftest', 'x']);
});

test('most CPU: what is not known comes last', () => {
    assert.deepEqual(rowsOf('cpu', 'name', 'cpu').map(([, cpu]) => cpu), [40, 20, 5, null]);
});

test('most opens', () => {
    assert.deepEqual(rowsOf('opens', 'opens'), [[5], [3], [0], [0]]);
});

test('files: opens, failures and processes', () => {
    assert.deepEqual(rowsOf('files', 'name', 'count', 'failed', 'processes', 'start'),
        [['/etc/a', 5, 1, 2, 11], ['/no', 3, 3, 2, 13], ['/secret', 1, 1, 1, 15]]);
});

test('never found: not what someone else found', () => {
    assert.deepEqual(rowsOf('missing', 'name', 'count', 'processes', 'failed'), [['/no', 3, 2, 1]]);
});

test('never found: first what failed processes have missed, the latest first', () => {
    const missed = [['/often', 1, 9], ['/seldom', 1, 2], ['/early', 2, 1], ['/late', 2, 1]]
        .map(([path, process, count], i) => ({ process, time: i, path, errno: 'ENOENT', count }));
    const three = [['make', null, 0, 9, { code: 0 }], ['cc', 0, 0, 9, { code: 0 }], ['cat', 0, 0, 9, { code: 1 }]];
    const made = decoded(three, { opens: missed });
    const table = makeTables(made, analyze(made)).find(({ id }) => id === 'missing');
    assert.deepEqual(sortRows(table.rows(), table.sort, -1).map(({ name }) => name), ['/late', '/early', '/often', '/seldom']);
});

test('never found: what every process looks for comes after what those that failed alone have missed', () => {
    const missed = [['/locale', 0], ['/locale', 1], ['/locale', 2], ['/locale', 3], ['/conf', 2], ['/other', 1]]
        .map(([path, process], time) => ({ process, time, path, errno: 'ENOENT', count: 1 }));
    const four = [['make', null, 0, 9, { code: 1 }], ['cat', 0, 0, 3, { code: 2 }], ['cat', 0, 4, 9, { code: 1 }],
        ['cat', 0, 1, 2, { code: 0 }]];
    const made = decoded(four, { opens: missed });
    const table = makeTables(made, analyze(made)).find(({ id }) => id === 'missing');
    assert.deepEqual(sortRows(table.rows(), table.sort, -1).map(({ name, passed }) => [name, passed]),
        [['/conf', 'yes'], ['/locale', 'yes'], ['/other', '']]);
});

test('guarded: only if openguard has decided something', () => {
    assert.ok(!makeTables(model, analyze(model)).some(({ id }) => id === 'guarded'));
    const guards = ['denied', 'audited', 'denied'].map((action, time) => ({ process: 0, time, path: '/etc/shadow', action }));
    const guarded = decoded([['cat', null, 0, 9]], { guards });
    const rows = makeTables(guarded, analyze(guarded)).find(({ id }) => id === 'guarded').rows();
    assert.deepEqual(rows.map(({ name, what, count }) => [name, what, count]),
        [['/etc/shadow', 'denied', 2], ['/etc/shadow', 'audited', 1]]);
});

test('sorting: either way, texts too, stable, without changing the rows', () => {
    const rows = [{ a: 2, b: 'x' }, { a: null, b: 'y' }, { a: 1, b: 'x' }];
    assert.deepEqual(sortRows(rows, 'a', 1).map(({ a }) => a), [1, 2, null]);
    assert.deepEqual(sortRows(rows, 'a', -1).map(({ a }) => a), [2, 1, null]);
    assert.deepEqual(sortRows(rows, 'b', 1).map(({ a }) => a), [2, 1, null]);
    assert.equal(rows[0].a, 2);
});

test('search: names and arguments; capitals count only if the pattern has one', () => {
    assert.deepEqual(search(model, 'cc'), [1, 2]);
    assert.deepEqual(search(model, 'CC'), []);
    assert.deepEqual(search(model, 'a b'), [2]);
    assert.deepEqual(search(model, 'A b'), [2]);
    assert.deepEqual(search(model, '-o A'), [2]);
    assert.deepEqual(search(model, ''), []);
    assert.deepEqual(search(model, 'nothing'), []);
});
