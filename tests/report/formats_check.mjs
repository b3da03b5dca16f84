// SPDX-License-Identifier: BSD-2-Clause
// What snoop-report writes for other programs, read by these: speedscope and Graphviz.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { buildRows, hostileRows } from './generate.mjs';
import { fixture, reportOf } from './program.mjs';
import { importProfiles } from './speedscope.mjs';

const isProgram = (row) => row.event === 'exec' && !row.errno;
// speedscope shows the arguments of an event behind its name.
const argsOf = (frame) => JSON.parse(frame.slice(frame.indexOf(' {') + 1));

async function callsOf(rows) {
    const { profiles, warnings } = await importProfiles('trace.json', reportOf(rows, 'test', 'chrome'));
    assert.deepEqual(warnings, []);
    return profiles.flatMap(({ calls }) => calls);
}

test('speedscope shows each program once, with its time', async () => {
    for (const rows of [fixture, buildRows(2000)]) {
        const times = rows.filter(isProgram).filter((row) => row.duration_ns !== null)
            .map((row) => `${row.pid} ${Math.round(row.duration_ns / 1000)}`);
        const calls = await callsOf(rows);
        const shown = new Map();
        calls.forEach(({ stack, start, end }) => {
            const { pid, status } = argsOf(stack.at(-1));
            if (status !== 'end not seen') {
                shown.set(`${pid} ${end - start}`, 1);
            }
        });
        assert.ok(times.length >= 30, `${times.length}`);
        const near = (time) => {
            const [pid, us] = time.split(' ').map(Number);
            return [us - 1, us, us + 1].some((each) => shown.has(`${pid} ${each}`));
        };
        assert.deepEqual(times.filter((time) => !near(time)), []);
        assert.equal(calls.length, rows.filter(isProgram).length);
    }
});

test('speedscope shows a program below the one that started it, or at the top', async () => {
    const calls = await callsOf(fixture);
    const pids = new Map(fixture.filter(isProgram).map((row) => [row.exec_id, row.pid]));
    const parents = new Map(fixture.filter(isProgram).map((row) => [row.pid, pids.get(row.parent_exec_id)]));
    const below = calls.filter(({ stack }) => stack.length > 1);

    assert.ok(below.length > calls.length / 2, `${below.length} of ${calls.length}`);
    for (const { stack } of below) {
        const [parent, child] = stack.slice(-2).map((frame) => argsOf(frame).pid);
        assert.equal(parents.get(child), parent, stack.at(-1));
    }
});

test('speedscope reads stacks, and their sum is the CPU time', async () => {
    const text = reportOf(fixture, 'test', 'folded', '--weight', 'cpu');
    const { profiles, warnings } = await importProfiles('stacks.txt', text);
    const cpu = fixture.filter(isProgram).reduce((sum, row) => sum + (row.utime_ns ?? 0) + (row.stime_ns ?? 0), 0) / 1000;

    assert.deepEqual(warnings, []);
    assert.ok(cpu > 0);
    assert.ok(Math.abs(profiles[0].total - cpu) <= text.split('\n').length, `${profiles[0].total} instead of ${cpu}`);
});

test('speedscope reads hostile names', async () => {
    const names = hostileRows().filter(isProgram).length;

    assert.equal((await callsOf(hostileRows())).length, names);
    const { profiles } = await importProfiles('stacks.txt', reportOf(hostileRows(), 'test', 'folded'));
    assert.ok(profiles[0].calls.length > 0);
});

test('Graphviz draws each program', () => {
    for (const rows of [fixture, hostileRows()]) {
        const svg = execFileSync('dot', ['-Tsvg'], { input: reportOf(rows, 'test', 'dot'), encoding: 'utf8', maxBuffer: 1e9 });
        const nodes = svg.match(/<title>[pf]\d+<\/title>/g);
        assert.ok(nodes.filter((node) => node.includes('>p')).length === rows.filter(isProgram).length, `${nodes.length}`);
    }
});
