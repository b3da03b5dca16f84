#!/usr/bin/env node
// SPDX-License-Identifier: BSD-2-Clause
// make_data.mjs [-t TITLE] [-p PAGE] FILE...: makes the data of a report from rows of execsnoop --exit, opensnoop and
// openguard as JSON Lines, and prints it; with PAGE, what tools/snoop-report/page/bundle wrote, the report.
import { readFileSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

// Texts once, by number.
class Strings {
    constructor() {
        this.list = [];
        this.numbers = new Map();
    }

    number(text) {
        if (text === null || text === undefined) {
            return null;
        }
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
function unseen(row, text, at) {
    return { id: row.exec_id, pid: row.pid, comm: text(row.process), user: text(row.user), start: at, parent_id: row.parent_exec_id };
}

function seen(row, text, at) {
    return {
        id: row.exec_id, parent_id: row.parent_exec_id, pid: row.pid, comm: text(row.comm), file: text(row.filename),
        cwd: text(row.cwd), user: text(row.user), container: text(row.container_name ?? row.container_id),
        args: row.args.map(text), cut: row.truncated ? 1 : null, start: at,
        end: us(row.duration_ns) === null ? null : at + us(row.duration_ns), code: row.exit_code, signal: text(row.signal),
        killer: text(row.killed_by?.comm), oom: row.oom ? 1 : null, utime: us(row.utime_ns), stime: us(row.stime_ns),
        rss: row.maxrss_kb, read: row.read_bytes, write: row.write_bytes,
    };
}

// A failed exec after which the same task ran the same command was a step of a search through PATH.
function findLater(execs) {
    const later = new Set();
    for (const row of [...execs].reverse()) {
        const key = `${row.tid} ${row.args[0]}`;
        if (row.ret === 0) {
            later.add(`${row.old_tid} ${row.args[0]}`);
        } else {
            row.found = later.has(key) ? 1 : null;
        }
    }
}

export function makeData(rows, title) {
    const strings = new Strings();
    const text = (value) => strings.number(value);
    const sorted = rows.filter(({ event }) => ['exec', 'open', 'guard'].includes(event)).sort((a, b) => a.ts_ns - b.ts_ns);
    const zero = sorted[0]?.ts_ns ?? 0;
    const timeOf = (row) => us(row.ts_ns - zero);
    findLater(sorted.filter(({ event }) => event === 'exec'));
    const processes = new Map();
    for (const row of sorted) {
        if (row.event === 'exec' && row.ret === 0) {
            processes.set(row.exec_id, seen(row, text, timeOf(row)));
        }
    }
    for (const row of sorted) {
        if (row.exec_id !== null && !processes.has(row.exec_id)) {
            processes.set(row.exec_id, unseen(row, text, timeOf(row)));
        }
    }
    const list = [...processes.values()].sort((a, b) => a.start - b.start);
    const numbers = new Map(list.map(({ id }, i) => [id, i]));
    for (const process of list) {
        process.parent = numbers.get(process.parent_id) ?? null;
        delete process.parent_id;
    }
    const opens = new Map();
    const execs = [], guards = [];
    for (const row of sorted) {
        const process = numbers.get(row.exec_id) ?? null;
        if (row.event === 'open') {
            const path = text(row.resolved ?? row.path ?? ''), errno = text(row.errno);
            const key = `${process} ${path} ${errno}`;
            const open = opens.get(key) ?? { process, time: timeOf(row), path, errno, count: 0 };
            open.count++;
            opens.set(key, open);
        } else if (row.event === 'guard') {
            guards.push({
                process, time: timeOf(row), path: text(row.path), action: text(row.action), guard: text(row.guard), op: text(row.op),
            });
        } else if (row.ret !== 0) {
            execs.push({
                process, time: timeOf(row), args: row.args.map(text), file: text(row.filename), errno: text(row.errno),
                found: row.found,
            });
        }
    }
    return {
        snoop_report: 1, title, start: sorted[0]?.time ?? null, strings: strings.list, processes: columns(list),
        execs: columns(execs), opens: columns([...opens.values()]), guards: columns(guards),
    };
}

// Without `<` no text can end the element that the data is in.
export const embeddable = (data) => JSON.stringify(data).replaceAll('<', '\\u003c');

export function makeReport(page, data) {
    const [before, after] = page.split('@DATA@');
    return before + embeddable(data) + after;
}

export function readRows(files) {
    return files.flatMap((file) => readFileSync(file, 'utf8').split('\n').filter(Boolean).map(JSON.parse));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const options = { title: { type: 'string', short: 't' }, page: { type: 'string', short: 'p' } };
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const data = makeData(readRows(positionals), values.title ?? positionals.join(' '));
    const bytes = Buffer.from(values.page ? makeReport(readFileSync(values.page, 'utf8'), data) : embeddable(data));
    for (let at = 0; at < bytes.length;) {
        at += writeSync(1, bytes, at);
    }
}
