// SPDX-License-Identifier: BSD-2-Clause
// The data of a report, decoded:  const model = decode(JSON.parse(text));
//
// The data is one JSON object, in which every `<` is written \u003c. Times are microseconds since `start`. What is not
// known is null; a column without a value may be left out, but not the first of a table. "string" is an index into
// `strings`, "process" one into the columns of `processes`, which are sorted by start: a parent comes before its children.
//   snoop_report  1, the version of this format
//   title         what was traced, such as "make -j8"
//   start         time 0, in UTC as RFC 3339
//   strings       every text once
//   processes     columns, one entry for each exec that succeeded, and, with args null, for each exec_id that only other
//                 rows have; of these, start is the time of the first:
//                 id (exec_id), parent (process), pid, comm file cwd user container (string), args (array of string),
//                 cut (1: the arguments are not complete), start, end (null: not seen), code (exit code), signal and
//                 killer (string), oom (1), utime stime (microseconds), rss (KiB), read write (bytes)
//   execs         failed ones: process (the caller), time, args, file, errno (string), found (1: the same command was
//                 then found elsewhere in the search path)
//   opens         one entry for each process, path and error: process, time (of the first), path, errno (string;
//                 null: no error), count
//   guards        decisions of openguard: process, time, path, action, guard, op (string)

import { printable } from './text.mjs';

// By how bad they are: of bars that share a pixel the worst is seen.
export const OK = 0;
export const RUNNING = 1;
export const SLOW = 2;
export const KILLED = 3;
export const FAILED = 4;

const PROCESS_COLUMNS = ['id', 'parent', 'pid', 'comm', 'file', 'cwd', 'user', 'container', 'args', 'cut', 'start',
    'end', 'code', 'signal', 'killer', 'oom', 'utime', 'stime', 'rss', 'read', 'write'];
const EVENT_COLUMNS = {
    execs: ['process', 'time', 'args', 'file', 'errno', 'found'],
    opens: ['process', 'time', 'path', 'errno', 'count'],
    guards: ['process', 'time', 'path', 'action', 'guard', 'op'],
};

// Each column in full, so that no reader has to ask whether it is there.
function columnsOf(table, names) {
    const count = table?.[names[0]]?.length ?? 0;
    const nothing = new Array(count).fill(null);
    const columns = { count };
    for (const name of names) {
        columns[name] = table?.[name] ?? nothing;
        if (columns[name].length !== count) {
            throw new Error(`column ${name} has ${columns[name].length} entries instead of ${count}`);
        }
    }
    return columns;
}

// Lists of indexes by key, in one array: those of `key` are items.subarray(first[key], first[key + 1]).
export function groupBy(keys, groups) {
    const first = new Int32Array(groups + 1);
    for (const key of keys) {
        first[key + 1]++;
    }
    for (let i = 0; i < groups; i++) {
        first[i + 1] += first[i];
    }
    const next = first.slice();
    const items = new Int32Array(keys.length);
    for (let i = 0; i < keys.length; i++) {
        items[next[keys[i]]++] = i;
    }
    return (key) => items.subarray(first[key], first[key + 1]);
}

function eventsOf(data, name, count) {
    const events = columnsOf(data[name], EVENT_COLUMNS[name]);
    const byProcess = groupBy(events.process.map((process) => process ?? count), count + 1);
    return { ...events, of: byProcess };
}

const latestOf = (times) => times.reduce((latest, time) => Math.max(latest, time ?? 0), 0);

// A process whose end was not seen lasts until the end of the recording; one without an exec, known from its other rows
// alone, until the last of these, or the end of its last child.
function endsOf(model, table) {
    const ends = Float64Array.from(table.end, (end, i) => end ?? (table.args[i] === null ? model.start[i] : model.length));
    const extend = (process, time) => {
        if (process >= 0 && table.args[process] === null && table.end[process] === null) {
            ends[process] = Math.max(ends[process], time);
        }
    };
    for (const { process, time } of [model.opens, model.execs, model.guards]) {
        process.forEach((each, i) => extend(each ?? -1, time[i]));
    }
    for (let i = model.count - 1; i >= 0; i--) {
        extend(model.parent[i], ends[i]);
    }
    return ends;
}

export function decode(data) {
    if (data.snoop_report !== 1) {
        throw new Error('the data is not of version 1');
    }
    const table = columnsOf(data.processes, PROCESS_COLUMNS);
    const { count } = table;
    const model = { ...table, title: data.title ?? '', origin: Date.parse(data.start), strings: data.strings };
    for (const name of Object.keys(EVENT_COLUMNS)) {
        model[name] = eventsOf(data, name, count);
    }
    // A parent with a higher number cannot be: no data makes a circle.
    model.parent = Int32Array.from(table.parent, (parent, i) => (parent !== null && parent < i ? parent : -1));
    model.start = Float64Array.from(table.start);
    model.length = Math.max(1, latestOf(model.start), latestOf(table.end), latestOf(model.opens.time), latestOf(model.execs.time),
        latestOf(model.guards.time));
    model.end = endsOf(model, table);
    model.cpu = table.utime.map((utime, i) => (utime === null ? null : utime + (table.stime[i] ?? 0)));
    model.status = Uint8Array.from(table.end, (end, i) =>
        table.signal[i] !== null ? KILLED : table.code[i] ? FAILED : end === null ? RUNNING : OK);
    const roots = model.parent.map((parent) => (parent < 0 ? count : parent));
    model.children = groupBy(roots, count + 1);
    model.roots = model.children(count);
    model.text = (index) => (index === null ? '' : data.strings[index]);
    model.argumentsOf = (process) => (table.args[process] ?? []).map(model.text);
    model.openCount = new Float64Array(count);
    model.opens.process.forEach((process, i) => {
        if (process !== null) {
            model.openCount[process] += model.opens.count[i] ?? 1;
        }
    });
    return model;
}

export function ancestorsOf(model, process) {
    const ancestors = [];
    for (let parent = model.parent[process]; parent >= 0; parent = model.parent[parent]) {
        ancestors.push(parent);
    }
    return ancestors;
}

export function statusText(model, process) {
    if (model.signal[process] !== null) {
        const killer = model.killer[process] === null ? '' : ` by ${printable(model.text(model.killer[process]))}`;
        return `${printable(model.text(model.signal[process]))}${killer}${model.oom[process] ? ', out of memory' : ''}`;
    }
    if (model.code[process] !== null) {
        return `exit ${model.code[process]}`;
    }
    return model.status[process] === RUNNING ? 'end not seen' : 'exec';
}
