// SPDX-License-Identifier: BSD-2-Clause
import assert from 'node:assert/strict';
import test from 'node:test';
import * as analysis from '../../../../tools/snoop-report/page/analysis.mjs';
import { SLOW } from '../../../../tools/snoop-report/page/model.mjs';
import { forest } from './support.mjs';

const pathOf = (made) => made.analysis.path.map(({ process, from, to }) =>
    [process < 0 ? '-' : made.model.text(made.model.comm[process]), from, to]);

test('own time is what no child covers', () => {
    const { analysis: { own } } = forest(['make', null, 0, 100], ['a', 0, 10, 40], ['b', 0, 30, 60], ['c', 0, 90, 120]);
    assert.deepEqual([...own], [10 + 30, 30, 30, 30]);
});

test('a child that covers all leaves nothing', () => {
    const { analysis: { own } } = forest(['sh', null, 5, 50], ['a', 0, 5, 50]);
    assert.deepEqual([...own], [0, 45]);
});

test('parents that wait are not at work', () => {
    const { analysis: { parallel, most } } = forest(['make', null, 0, 100], ['a', 0, 20, 60], ['b', 0, 20, 80]);
    assert.deepEqual([...parallel.times], [0, 20, 60, 80, 100]);
    assert.deepEqual([...parallel.steps], [1, 2, 1, 1, 0]);
    assert.equal(most, 2);
});

test('the mean between two times is exact', () => {
    const { analysis: { parallel } } = forest(['make', null, 0, 100], ['a', 0, 20, 60], ['b', 0, 20, 80]);
    const mean = (from, to) => analysis.meanParallelism(parallel, from, to);
    assert.deepEqual([mean(0, 100), mean(10, 30), mean(50, 50), mean(100, 200)], [1.4, 1.5, 0, 0]);
});

test('the critical path goes back from the end by what ended last', () => {
    const made = forest(['make', null, 0, 100], ['a', 0, 10, 50], ['b', 0, 10, 70], ['a1', 1, 15, 45], ['ld', 0, 75, 95]);
    assert.deepEqual(pathOf(made), [['make', 0, 10], ['b', 10, 70], ['make', 70, 75], ['ld', 75, 95], ['make', 95, 100]]);
    assert.deepEqual([...made.analysis.pathTime], [20, 0, 60, 0, 20]);
});

test('it goes down to the descendants', () => {
    const made = forest(['make', null, 0, 10], ['cc', 0, 1, 9], ['cc1', 1, 2, 6], ['as', 1, 6, 8]);
    assert.deepEqual(pathOf(made), [['make', 0, 1], ['cc', 1, 2], ['cc1', 2, 6], ['as', 6, 8], ['cc', 8, 9], ['make', 9, 10]]);
});

test('nobody waits for a child that outlives its parent', () => {
    const made = forest(['sh', null, 0, 50], ['daemon', 0, 10, 90]);
    assert.deepEqual(pathOf(made), [['sh', 0, 50], ['-', 50, 90]]);
});

test('it covers the recording once, without gaps, whatever the forest', () => {
    let seed = 7;
    const random = (below) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
    const processes = Array.from({ length: 500 }, () => random(10000)).sort((a, b) => a - b)
        .map((start, i) => [`p${i}`, i > 0 && random(5) > 0 ? random(i) : null, start, start + random(3000)]);
    const { path } = forest(...processes).analysis;
    let time = 0;
    for (const { from, to } of path) {
        assert.equal(from, time);
        assert.ok(to > from);
        time = to;
    }
    assert.equal(time, Math.max(...processes.map((process) => process[3])));
});

test('a chain as long as the pid space does not overflow the stack', () => {
    const chain = Array.from({ length: 30000 }, (nothing, i) => ['sh', i ? i - 1 : null, i, 100000 - i]);
    assert.equal(forest(...chain).analysis.path.length, 59999);
});

test('a tenth of the recording is slow, but not if it failed', () => {
    const { analysis: { status } } = forest(['make', null, 0, 100], ['a', 0, 0, 10], ['b', 0, 10, 19], ['c', 0, 19, 100, { code: 1 }]);
    assert.equal(status[1], SLOW);
    assert.notEqual(status[2], SLOW);
    assert.notEqual(status[3], SLOW);
});

test('of a process that failed, the last failed child has passed its failure on', () => {
    const bad = { code: 1 }, good = { code: 0 };
    const { analysis: { passedOn } } = forest(
        ['make', null, 0, 100, bad], ['sh', 0, 0, 40, good], ['cat', 1, 1, 9, bad], ['uname', 0, 41, 45, bad], ['cc', 0, 50, 90, bad],
        ['cc1', 4, 51, 80, { signal: 'SIGKILL' }], ['rm', 4, 81, 85, good], ['daemon', 0, 60, 200, bad]);
    assert.deepEqual([...passedOn], [1, 0, 0, 0, 1, 1, 0, 0]);
});

test('a failure is passed on to the first process whose exec was seen', () => {
    const { analysis: { passedOn } } = forest(
        ['execsnoop', null, 0, null, { args: null }], ['make', 0, 1, 100, { code: 2 }], ['cc', 1, 2, 90, { code: 1 }]);
    assert.deepEqual([...passedOn], [0, 1, 1]);
});

test('lastNotAbove', () => {
    assert.deepEqual([-1, 0, 1, 5, 9].map((value) => analysis.lastNotAbove([0, 2, 2, 8], value)), [-1, 0, 0, 2, 3]);
});
