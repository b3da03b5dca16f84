// SPDX-License-Identifier: BSD-2-Clause
import assert from 'node:assert/strict';
import test from 'node:test';
import { layOut } from '../../../../tools/snoop-report/page/layout.mjs';
import { forest } from './support.mjs';

const lanesOf = (...processes) => [...layOut(forest(...processes).model).lane];

test('children are below their parent, and share lanes if they do not overlap', () => {
    assert.deepEqual(lanesOf(['make', null, 0, 100], ['a', 0, 0, 40], ['b', 0, 40, 60], ['c', 0, 70, 80]), [0, 1, 1, 1]);
});

test('what overlaps has lanes of its own, with its descendants', () => {
    assert.deepEqual(lanesOf(['make', null, 0, 100], ['a', 0, 0, 40], ['a1', 1, 5, 30], ['b', 0, 10, 60], ['b1', 3, 20, 30]),
        [0, 1, 2, 3, 4]);
});

test('a gap is filled if it is high enough', () => {
    const lanes = lanesOf(['make', null, 0, 100], ['a', 0, 0, 10], ['b', 0, 0, 50], ['c', 0, 20, 30], ['d', 0, 35, 45], ['d1', 4, 36, 40]);
    assert.deepEqual(lanes, [0, 1, 2, 1, 3, 4]);
});

test('free lanes at the bottom are extended', () => {
    assert.deepEqual(lanesOf(['a', null, 0, 10], ['b', null, 20, 40], ['b1', 1, 21, 30]), [0, 0, 1]);
});

test('descendants that outlive their parent keep their lanes', () => {
    assert.deepEqual(lanesOf(['sh', null, 0, 10], ['daemon', 0, 5, 90], ['other', null, 20, 30]), [0, 1, 2]);
});

test('no two bars of a lane overlap, and no child is above its parent', () => {
    let seed = 3;
    const random = (below) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
    const processes = Array.from({ length: 3000 }, () => random(100000)).sort((a, b) => a - b)
        .map((start, i) => [`p${i}`, i > 0 && random(9) > 0 ? random(i) : null, start, start + random(3000)]);
    const { model } = forest(...processes);
    const layout = layOut(model);
    for (let lane = 0; lane < layout.lanes; lane++) {
        const inLane = layout.inLane(lane);
        for (let k = 1; k < inLane.length; k++) {
            assert.ok(model.start[inLane[k]] >= model.end[inLane[k - 1]], `lane ${lane}`);
        }
    }
    model.parent.forEach((parent, i) => assert.ok(parent < 0 || layout.lane[i] > layout.lane[parent]));
});

// The square of so many takes minutes.
const MANY = 400000;

test('many processes at once', () => {
    const start = Float64Array.from({ length: MANY }, (_, i) => i);
    const all = Array.from({ length: MANY - 1 }, (_, i) => i + 1);
    const model = {
        count: MANY, start, end: start.map(() => 2 * MANY), parent: Int32Array.from(start, (_, i) => (i ? 0 : -1)), roots: [0],
        children: (i) => (i ? [] : all),
    };
    assert.equal(layOut(model).lanes, MANY);
});

test('a long chain', () => {
    const start = Float64Array.from({ length: MANY }, (_, i) => i);
    const model = {
        count: MANY, start, end: start.map((time) => 3 * MANY - time), parent: Int32Array.from(start, (_, i) => i - 1), roots: [0],
        children: (i) => (i + 1 < MANY ? [i + 1] : []),
    };
    assert.equal(layOut(model).lanes, MANY);
});
