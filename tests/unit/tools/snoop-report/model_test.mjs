// SPDX-License-Identifier: BSD-2-Clause
import assert from 'node:assert/strict';
import test from 'node:test';
import * as model from '../../../../tools/snoop-report/page/model.mjs';
import { data, decoded } from './support.mjs';

test('columns that are left out are null', () => {
    const { pid, rss, cpu, guards, openCount } = decoded([['make', null, 0, 10]]);
    assert.deepEqual([pid, rss, cpu, [...guards.process], [...openCount]], [[null], [null], [null], [], [0]]);
});

test('columns of different lengths are an error that names one', () => {
    const broken = data([['make', null, 0, 10], ['cc', 0, 2, 4]]);
    broken.processes.pid = [1];
    assert.throws(() => model.decode(broken), /column pid has 1 entries instead of 2/);
});

test('data of another version is an error', () => {
    assert.throws(() => model.decode({ snoop_report: 2 }), /version 1/);
});

test('an empty recording is one', () => {
    const empty = model.decode({ snoop_report: 1, strings: [] });
    assert.deepEqual([empty.count, empty.length, empty.roots.length], [0, 1, 0]);
});

test('parents have lower numbers: no data makes a circle', () => {
    const circle = decoded([['a', 1, 0, 10], ['b', 0, 0, 10], ['c', 2, 0, 10]]);
    assert.deepEqual([...circle.parent], [-1, 0, -1]);
    assert.deepEqual(model.ancestorsOf(circle, 1), [0]);
});

test('children come by number', () => {
    const { children, roots } = decoded([['a', null, 0, 9], ['b', 0, 1, 2], ['c', null, 2, 3], ['d', 0, 3, 4]]);
    assert.deepEqual([[...children(0)], [...children(1)], [...roots]], [[1, 3], [], [0, 2]]);
});

test('the status is that of the end', () => {
    const { status } = decoded([['a', null, 0, 9, { code: 0 }], ['b', 0, 1, 2, { code: 1 }], ['c', 0, 2, 3, { signal: 'SIGKILL' }],
        ['d', 0, 3, null], ['e', 0, 4, 5]]);
    assert.deepEqual([...status], [model.OK, model.FAILED, model.KILLED, model.RUNNING, model.OK]);
});

test('the text of a status names what ended the process', () => {
    const made = decoded([['a', null, 0, 9, { code: 3 }], ['b', 0, 1, 2, { signal: 'SIGKILL', killer: 'timeout', oom: 1 }],
        ['c', 0, 1, 2], ['d', 0, 1, null]]);
    assert.deepEqual([0, 1, 2, 3].map((i) => model.statusText(made, i)),
        ['exit 3', 'SIGKILL by timeout, out of memory', 'exec', 'end not seen']);
});

test('a process whose end was not seen lasts until the end of the recording', () => {
    assert.deepEqual([...decoded([['a', null, 0, null], ['b', 0, 5, 70]]).end], [70, 70]);
});

test('a process without an exec lasts as long as what is known of it', () => {
    const opens = [{ process: 1, time: 30, path: '/a', count: 1 }, { process: 2, time: 80, path: '/b', count: 2 },
        { process: null, time: 90, path: '/c', count: 1 }];
    const made = decoded([['sh', null, 0, null, { args: null }], ['a', 0, 5, null, { args: null }], ['b', null, 6, null]], { opens });
    assert.deepEqual([...made.end], [30, 30, 90]);
    assert.deepEqual([...made.openCount], [0, 1, 2]);
    assert.equal(made.length, 90);
});

test('events come by process', () => {
    const opens = [{ process: 1, time: 1, path: '/a', count: 1 }, { process: 0, time: 2, path: '/b', count: 1 },
        { process: 1, time: 3, path: '/b', count: 1 }];
    const made = decoded([['a', null, 0, 9], ['b', 0, 1, 5]], { opens });
    assert.deepEqual([[...made.opens.of(0)], [...made.opens.of(1)]], [[1], [0, 2]]);
});
