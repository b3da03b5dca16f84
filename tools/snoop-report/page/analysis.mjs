// SPDX-License-Identifier: BSD-2-Clause
// What the times of the processes say: own time, parallelism, and the critical path.
//     const analysis = analyze(model);   analysis.own[process], analysis.pathTime[process]
import { KILLED, OK, SLOW } from './model.mjs';

// An own time of this share of the recording makes a process slow.
const SLOW_SHARE = 0.1;

// Calls visit(process, from, to) for the times in which a process runs and none of its children does.
function forOwnIntervals(model, visit) {
    for (let process = 0; process < model.count; process++) {
        const end = model.end[process];
        let from = model.start[process];
        for (const child of model.children(process)) {
            if (model.start[child] > from && from < end) {
                visit(process, from, Math.min(model.start[child], end));
            }
            from = Math.max(from, model.end[child]);
        }
        if (from < end) {
            visit(process, from, end);
        }
    }
}

// How many processes are at work at any time: steps[i] of them from times[i] on. area[i] is the sum up to times[i].
function stepsOf(starts, ends) {
    starts.sort();
    ends.sort();
    const times = [0], steps = [0], area = [0];
    for (let s = 0, e = 0; e < ends.length;) {
        const isStart = s < starts.length && starts[s] < ends[e];
        const time = isStart ? starts[s++] : ends[e++];
        const last = times.length - 1;
        const level = steps[last] + (isStart ? 1 : -1);
        if (time === times[last]) {
            steps[last] = level;
        } else {
            area.push(area[last] + steps[last] * (time - times[last]));
            times.push(time);
            steps.push(level);
        }
    }
    return { times: Float64Array.from(times), steps: Int32Array.from(steps), area: Float64Array.from(area) };
}

// The index of the last entry that is not above `value`, in a sorted array.
export function lastNotAbove(sorted, value) {
    let low = 0, high = sorted.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (sorted[middle] <= value) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low - 1;
}

// Sum of the steps from time 0 to `time`.
function areaUpTo(parallel, time) {
    const i = Math.max(0, lastNotAbove(parallel.times, time));
    return parallel.area[i] + parallel.steps[i] * (time - parallel.times[i]);
}

// How many processes are at work on average from `from` to `to`.
export function meanParallelism(parallel, from, to) {
    return to > from ? (areaUpTo(parallel, to) - areaUpTo(parallel, from)) / (to - from) : 0;
}

// The critical path: from the end backwards, always the child that ended last before what follows, and in between the
// parent itself. Parts {process, from, to} in order of time; process is -1 while nothing runs.
export function criticalPath(model) {
    const path = [];
    const add = (process, from, to) => {
        if (from < to) {
            path.push({ process, from, to });
        }
    };
    const enter = (process, kids, start, time) =>
        ({ process, start, time, next: 0, kids: [...kids].sort((a, b) => model.end[b] - model.end[a] || b - a) });
    const stack = [enter(-1, model.roots, 0, model.length)];
    while (stack.length > 0) {
        const top = stack[stack.length - 1];
        while (top.next < top.kids.length && model.end[top.kids[top.next]] > top.time) {
            top.next++;
        }
        if (top.next < top.kids.length) {
            const kid = top.kids[top.next++];
            add(top.process, model.end[kid], top.time);
            top.time = model.start[kid];
            stack.push(enter(kid, model.children(kid), model.start[kid], model.end[kid]));
        } else {
            add(top.process, top.start, top.time);
            stack.pop();
        }
    }
    return path.reverse();
}

// The failures that made a first process fail: of one that failed, the child whose failure came last before its end.
function passedOnOf(model, status) {
    const passedOn = new Uint8Array(model.count);
    // A tracer above the command is known from its opens alone.
    const tops = [...model.roots].flatMap((root) => (model.args[root] === null ? [...model.children(root)] : [root]));
    const todo = tops.filter((top) => status[top] >= KILLED);
    for (let i = todo.pop(); i !== undefined; i = todo.pop()) {
        passedOn[i] = 1;
        const failed = [...model.children(i)].filter((child) => status[child] >= KILLED && model.end[child] <= model.end[i]);
        todo.push(...failed.sort((a, b) => model.end[b] - model.end[a]).slice(0, 1));
    }
    return passedOn;
}

export function analyze(model) {
    const own = new Float64Array(model.count);
    const starts = [], ends = [];
    forOwnIntervals(model, (process, from, to) => {
        own[process] += to - from;
        starts.push(from);
        ends.push(to);
    });
    const parallel = stepsOf(Float64Array.from(starts), Float64Array.from(ends));
    const path = criticalPath(model);
    const pathTime = new Float64Array(model.count);
    for (const { process, from, to } of path) {
        if (process >= 0) {
            pathTime[process] += to - from;
        }
    }
    const status = model.status.map((is, i) => (is === OK && own[i] >= SLOW_SHARE * model.length ? SLOW : is));
    const most = parallel.steps.reduce((a, b) => Math.max(a, b), 0);
    return { own, parallel, most, path, pathTime, status, passedOn: passedOnOf(model, status) };
}
