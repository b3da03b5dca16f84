// SPDX-License-Identifier: BSD-2-Clause
// Makes the data of a report from rows of execsnoop --exit, opensnoop and openguard, as snoop-report should.

// Texts once, by number.
class Strings {
    constructor() {
        this.list = [];
        this.numbers = new Map();
    }

    number(text) {
        if (text === null || text === undefined || text === '') {
            return null;
        }
        return this.numberOf(text);
    }

    // One that may be empty.
    numberOf(text) {
        if (!this.numbers.has(text)) {
            this.numbers.set(text, this.list.length);
            this.list.push(text);
        }
        return this.numbers.get(text);
    }
}

const us = (ns) => (ns === null || ns === undefined ? null : Math.round(ns / 1000));

// Rows of tables become columns; one without a value is left out.
function columns(rows) {
    const names = [...new Set(rows.flatMap(Object.keys))];
    return Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name] ?? null)])
        .filter(([name, column]) => name === 'id' || name === 'process' || column.some((value) => value !== null)));
}

// A process that has rows but no exec among them, as one that ran before the recording began.
function unseen(row, text) {
    return { id: row.exec_id, pid: row.pid, comm: text(row.process), user: text(row.user), ts: row.ts_ns, parent_id: row.parent_exec_id };
}

function seen(row, text, any, at) {
    return {
        id: row.exec_id, parent_id: row.parent_exec_id, pid: row.pid, comm: text(row.comm), file: text(row.filename),
        cwd: text(row.cwd), user: text(row.user), container: text(row.container_name ?? row.container_id),
        args: row.args.map(any), cut: row.truncated ? 1 : null, ts: row.ts_ns,
        end: us(row.duration_ns) === null ? null : at + us(row.duration_ns), code: row.exit_code, signal: text(row.signal),
        killer: text(row.killed_by?.comm), oom: row.oom ? 1 : null, utime: us(row.utime_ns), stime: us(row.stime_ns),
        rss: row.maxrss_kb, read: row.read_bytes, write: row.write_bytes,
    };
}

// A failed exec is a step of a search through PATH if the next ones of the thread are of the same command, up to one
// that succeeds.
function foundLater(execs) {
    const found = new Set();
    const next = new Map(); // by thread: the command, and whether it succeeds
    for (const row of [...execs].reverse()) {
        const command = row.filename ? row.filename.replace(/^.*\//s, '') : row.args[0];
        if (row.errno === null) {
            next.set(row.old_tid, command);
        } else if (next.has(row.tid) && next.get(row.tid) === command) {
            found.add(row);
        } else {
            next.delete(row.tid);
        }
    }
    return found;
}

// One that has no exec began before what it started, too.
function sortedByStart(processes) {
    for (const { parent_id, ts } of processes.values()) {
        const parent = processes.get(parent_id);
        if (parent && !parent.args) {
            parent.ts = Math.min(parent.ts, ts);
        }
    }
    return [...processes.values()].sort((a, b) => a.ts - b.ts || Number(Boolean(a.args)) - Number(Boolean(b.args)));
}

export function makeData(rows, title) {
    const strings = new Strings();
    const text = (value) => strings.number(value), any = (value) => strings.numberOf(value);
    const sorted = rows.filter(({ event }) => ['exec', 'open', 'guard'].includes(event)).sort((a, b) => a.ts_ns - b.ts_ns);
    const zero = sorted[0]?.ts_ns ?? 0;
    const timeOf = (row) => us(row.ts_ns - zero);
    const found = foundLater(sorted.filter(({ event }) => event === 'exec'));
    const processes = new Map();
    for (const row of sorted) {
        if (row.event === 'exec' && row.errno === null) {
            processes.set(row.exec_id, seen(row, text, any, timeOf(row)));
        }
    }
    for (const row of sorted) {
        if (row.exec_id !== null && !processes.has(row.exec_id)) {
            processes.set(row.exec_id, unseen(row, text));
        }
    }
    const list = sortedByStart(processes);
    const numbers = new Map(list.map(({ id }, i) => [id, i]));
    for (const process of list) {
        process.parent = numbers.get(process.parent_id) ?? null;
        process.start = us(process.ts - zero);
        delete process.parent_id;
        delete process.ts;
    }
    const opens = new Map();
    const execs = [], guards = [];
    for (const row of sorted) {
        const process = numbers.get(row.exec_id) ?? null;
        if (row.event === 'open') {
            const path = any(row.resolved || row.path || ''), errno = text(row.errno);
            const key = `${process} ${path} ${errno}`;
            const open = opens.get(key) ?? { process, time: timeOf(row), path, errno, count: 0 };
            open.count++;
            opens.set(key, open);
        } else if (row.event === 'guard') {
            guards.push({
                process, time: timeOf(row), path: text(row.path), action: text(row.action), guard: text(row.guard), op: text(row.op),
            });
        } else if (row.errno !== null) {
            execs.push({
                process, time: timeOf(row), args: row.args.map(any), file: text(row.filename), errno: text(row.errno),
                found: found.has(row) ? 1 : null,
            });
        }
    }
    return {
        snoop_report: 1, title, start: sorted[0]?.time ?? null, strings: strings.list, processes: columns(list),
        execs: columns(execs), opens: columns([...opens.values()]), guards: columns(guards),
    };
}
