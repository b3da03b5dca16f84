// SPDX-License-Identifier: BSD-2-Clause
// Small forests for the tests: forest(['make', null, 0, 100], ['cc', 0, 10, 60]): name, parent, start, end, and more.
import { analyze } from '../../../../tools/snoop-report/page/analysis.mjs';
import { decode } from '../../../../tools/snoop-report/page/model.mjs';

export function data(processes, events = {}) {
    const strings = [];
    const text = (value) => {
        if (value === null || value === undefined) {
            return null;
        }
        if (!strings.includes(value)) {
            strings.push(value);
        }
        return strings.indexOf(value);
    };
    const column = (make) => processes.map((process) => make(process, process[4] ?? {}) ?? null);
    const cell = (value) => (typeof value === 'string' ? text(value) : Array.isArray(value) ? value.map(text) : value ?? null);
    const table = (list = [], names = '') =>
        Object.fromEntries(names.split(' ').map((name) => [name, list.map((event) => cell(event[name]))]));
    const made = {
        snoop_report: 1, title: 'test', start: '2026-01-02T03:04:05.000000000Z', strings,
        processes: {
            id: column(([name], more) => more.id ?? name), parent: column((process) => process[1]), comm: column(([name]) => text(name)),
            args: column(([name], more) => (more.args === null ? null : (more.args ?? [name]).map(text))),
            start: column((process) => process[2]), end: column((process) => process[3]), code: column((process, more) => more.code),
            signal: column((process, more) => text(more.signal)), killer: column((process, more) => text(more.killer)),
            oom: column((process, more) => more.oom), utime: column((process, more) => more.utime),
        },
        opens: table(events.opens, 'process time path errno count'), execs: table(events.execs, 'process time args file errno found'),
        guards: table(events.guards, 'process time path action guard op'),
    };
    return JSON.parse(JSON.stringify(made));
}

export function forest(...processes) {
    const model = decode(data(processes));
    return { model, analysis: analyze(model) };
}

export const decoded = (processes, events) => decode(data(processes, events));
