// SPDX-License-Identifier: BSD-2-Clause
// The rows of the tables. Each table: {id, title, about, columns, rows, sort}. A row has a value for each column, and
// `process` or `group`, the processes that it leads to.
//     const table = makeTables(model, analysis).find(({ id }) => id === 'failed');   sortRows(table.rows(), 'wall', -1)
import { FAILED, KILLED, statusText } from './model.mjs';
import { commandText, formatBytes, formatCount, formatDuration, formatPercent, printable, shortened } from './text.mjs';

const COMMAND_LIMIT = 160;
const PATH_LIMIT = 300;

const text = (key, title) => ({ key, title, format: (value) => shortened(value, PATH_LIMIT), isText: true });
const time = (key, title, hint) => ({ key, title, hint, format: formatDuration });
const number = (key, title) => ({ key, title, format: formatCount });

const PROCESS_COLUMNS = [
    text('name', 'Command'), text('status', 'Status'), time('wall', 'Wall time', 'From exec to end'),
    time('own', 'Own time', 'Wall time in which no child ran'),
    time('cpu', 'CPU', 'User and system time, without children'),
    { key: 'rss', title: 'Peak memory', format: (kib) => formatBytes(kib === null ? null : kib * 1024) },
    number('opens', 'Opens'), { ...time('start', 'Start'), hint: 'Since the first event' },
];

// A command in a line, its program without the folder.
export function commandOf(model, process, limit = COMMAND_LIMIT) {
    const args = (model.args[process] ?? []).slice(0, limit).map(model.text);
    if (args.length === 0) {
        return printable(model.text(model.comm[process]));
    }
    args[0] = args[0].replace(/^.*\/(?=[^/])/s, '');
    return commandText(args, limit);
}

function processRow(model, analysis, i) {
    return {
        process: i, name: commandOf(model, i), status: statusText(model, i), wall: model.end[i] - model.start[i],
        own: analysis.own[i], cpu: model.cpu[i], rss: model.rss[i], opens: model.openCount[i], start: model.start[i],
        path: analysis.pathTime[i], share: analysis.pathTime[i] / model.length,
    };
}

// Groups by a key, and adds up; key() returns null for what is left out.
function grouped(count, keyOf, makeRow, add) {
    const rows = new Map();
    for (let i = 0; i < count; i++) {
        const key = keyOf(i);
        if (key !== null) {
            const row = rows.get(key) ?? makeRow(i);
            rows.set(key, row);
            add(row, i);
        }
    }
    return [...rows.values()];
}

function programRows(model, analysis) {
    const nothing = { count: 0, failed: 0, wall: 0, own: 0, cpu: 0, path: 0 };
    return grouped(model.count, (i) => model.comm[i],
        (i) => ({ name: printable(model.text(model.comm[i])), group: [], ...nothing }),
        (row, i) => {
            row.group.push(i);
            row.count++;
            row.failed += Number(analysis.status[i] === FAILED || analysis.status[i] === KILLED);
            row.wall += model.end[i] - model.start[i];
            row.own += analysis.own[i];
            row.cpu += model.cpu[i] ?? 0;
        });
}

const fileOf = (model, path) => shortened(printable(model.text(path).slice(0, PATH_LIMIT + 1)), PATH_LIMIT);

// Rows of opens, or of decisions of openguard, by a key.
function fileRows(model, events, keyOf, what) {
    const isFailure = (i) => events.errno !== undefined && events.errno[i] !== null;
    return grouped(events.process.length, keyOf,
        (i) => ({
            name: fileOf(model, events.path[i]), what: what(i), count: 0, failed: 0, processes: 0, start: Infinity,
            group: new Set(),
        }),
        (row, i) => {
            const times = events.count?.[i] ?? 1;
            row.count += times;
            row.failed += isFailure(i) ? times : 0;
            row.start = Math.min(row.start, events.time[i] ?? Infinity);
            if (events.process[i] !== null) {
                row.group.add(events.process[i]);
                row.processes = row.group.size;
            }
        });
}

// Files that were opened by someone are found, whoever else missed them. What processes that failed have missed comes
// first, in order of their share among all that missed it, since every process looks for files such as those of
// translations; then the latest.
function missingRows(model, analysis) {
    const { opens } = model;
    const found = new Set(opens.path.filter((path, i) => opens.errno[i] === null));
    const isMissing = (errno) => errno === 'ENOENT' || errno === 'ENOTDIR';
    const rows = fileRows(model, opens, (i) =>
        (isMissing(model.text(opens.errno[i])) && !found.has(opens.path[i]) ? opens.path[i] : null),
    (i) => model.text(opens.errno[i]));
    for (const row of rows) {
        row.failed = [...row.group].filter((process) => analysis.status[process] >= KILLED).length;
        row.passed = [...row.group].some((process) => analysis.passedOn[process]) ? 'yes' : '';
    }
    const share = (row) => row.failed / Math.max(row.processes, 1);
    return rows.sort((a, b) => share(b) - share(a) || (a.failed ? b.start - a.start : b.count - a.count));
}

// For each row, the place of the nearest process above it, or it itself, whose failure was passed on; the first of these
// comes first.
function placesBelow(model, analysis) {
    const nearest = new Int32Array(model.count);
    const passedOn = [];
    for (let i = 0; i < model.count; i++) { // parents come before their children
        nearest[i] = analysis.passedOn[i] ? i : model.parent[i] < 0 ? -1 : nearest[model.parent[i]];
        if (analysis.passedOn[i]) {
            passedOn.push(i);
        }
    }
    passedOn.sort((a, b) => model.end[a] - model.end[b] || b - a);
    const places = new Map(passedOn.map((process, place) => [process, place]));
    return (row) => places.get(nearest[row.process ?? row.group.values().next().value]) ?? passedOn.length;
}

// Processes that failed, execs that failed, and opens that failed for another reason than that there is no file. What was
// passed on comes from the first one on, each with what else failed below it, the latest first: a test driver tells of a
// failed test in a file, and succeeds.
function failedRows(model, analysis) {
    const processes = [];
    for (let i = 0; i < model.count; i++) {
        if (analysis.status[i] === FAILED || analysis.status[i] === KILLED) {
            const row = processRow(model, analysis, i);
            processes.push({ ...row, what: row.status, count: 1, at: model.end[i], passed: analysis.passedOn[i] ? 'yes' : '' });
        }
    }
    const { execs, opens } = model;
    const failedExecs = grouped(execs.process.length,
        (i) => (execs.found[i] ? null : `${execs.process[i]} ${execs.errno[i]} ${(execs.args[i] ?? [execs.file[i]])[0]}`),
        (i) => ({
            name: commandText((execs.args[i] ?? [execs.file[i]]).slice(0, COMMAND_LIMIT).map(model.text), COMMAND_LIMIT),
            what: `exec: ${model.text(execs.errno[i])}`, count: 0, at: execs.time[i], passed: '', group: [execs.process[i]],
        }),
        (row) => row.count++);
    const failedOpens = fileRows(model, opens, (i) => {
        const errno = model.text(opens.errno[i]);
        return errno === '' || errno === 'ENOENT' || errno === 'ENOTDIR' ? null : `${errno} ${opens.path[i]}`;
    }, (i) => `open: ${model.text(opens.errno[i])}`);
    failedOpens.forEach((row) => Object.assign(row, { at: row.start, passed: '' }));
    const placeOf = placesBelow(model, analysis);
    return [...processes, ...failedExecs, ...failedOpens].map((row) => ({ ...row, place: placeOf(row) }))
        .sort((a, b) => a.place - b.place || Number(b.passed > a.passed) - Number(a.passed > b.passed) || b.at - a.at)
        .map((row, rank) => ({ ...row, rank }));
}

const PATH_COLUMNS = [text('name', 'File'), number('count', 'Opens'), number('failed', 'Failed'),
    number('processes', 'Processes'), { ...time('start', 'First'), hint: 'Since the first event' }];

export function makeTables(model, analysis) {
    let all;
    const allRows = () => (all ??= Array.from({ length: model.count }, (nothing, i) => processRow(model, analysis, i)));
    const processes = (id, title, sort, about) =>
        ({ id, title, about, sort, columns: PROCESS_COLUMNS, rows: allRows });
    const isPassedOn = analysis.passedOn.includes(1);
    const tables = [
        processes('longest', 'Longest', 'own', 'Own time is the time in which a process ran and none of its children did.'),
        {
            id: 'critical', title: 'Critical path', sort: 'path', rows: () => allRows().filter((row) => row.path > 0),
            about: 'What the end of the recording waited for: to make it end sooner, make these shorter.',
            columns: [...PROCESS_COLUMNS.slice(0, 2), time('path', 'On the path'),
                { key: 'share', title: 'Share', format: formatPercent }, ...PROCESS_COLUMNS.slice(2, 5), PROCESS_COLUMNS[7]],
        },
        {
            id: 'often', title: 'Most often', sort: 'count', rows: () => programRows(model, analysis),
            about: 'Programs by name.',
            columns: [text('name', 'Program'), number('count', 'Times'), number('failed', 'Failed'),
                time('wall', 'Wall time'), time('own', 'Own time'), time('cpu', 'CPU')],
        },
        {
            id: 'failed', title: 'Failed', rows: () => failedRows(model, analysis),
            sort: isPassedOn ? 'rank' : 'at', order: 1,
            about: `Processes with an exit code other than 0 or a signal, and execs and opens that failed${
                isPassedOn ? '; first what was passed on, each with what else failed below it' : ''}.`,
            columns: [text('name', 'Command or file'), text('what', 'Why'),
                ...(isPassedOn ? [{ ...text('passed', 'Passed on'), hint: 'The last failure before that of the parent' }] : []),
                number('count', 'Times'), time('wall', 'Wall time'), time('at', 'At', 'Since the first event')],
        },
        processes('cpu', 'Most CPU', 'cpu', 'CPU time of the process itself, without its children.'),
        processes('opens', 'Most opens', 'opens', 'Processes by the files that they opened, or tried to.'),
        {
            id: 'files', title: 'Files', sort: 'count', about: 'Files by how often they were opened.', columns: PATH_COLUMNS,
            rows: () => fileRows(model, model.opens, (i) => model.opens.path[i], () => ''),
        },
        {
            id: 'missing', title: 'Never found', sort: isPassedOn ? 'passed' : 'failed', rows: () => missingRows(model, analysis),
            about: 'Files that were looked for, and that no one found.',
            columns: [text('name', 'File'),
                ...(isPassedOn ? [{ ...text('passed', 'Passed on'), hint: 'Looked for by a process whose failure was passed on' }] : []),
                number('count', 'Times'), number('processes', 'Processes'),
                { ...number('failed', 'Failed'), hint: 'Of these, the processes that failed' }, PATH_COLUMNS[4]],
        },
        {
            id: 'guarded', title: 'Guarded', sort: 'count', about: 'Decisions of openguard.',
            columns: [text('name', 'File'), text('what', 'Action'), number('count', 'Times'), number('processes', 'Processes'),
                PATH_COLUMNS[4]],
            rows: () => fileRows(model, model.guards, (i) => `${model.guards.action[i]} ${model.guards.path[i]}`,
                (i) => model.text(model.guards.action[i])),
        },
    ];
    return tables.filter(({ id }) => id !== 'guarded' || model.guards.process.length > 0);
}

// Sorted by a column; what has no value comes last, whatever the order.
export function sortRows(rows, key, order) {
    const isMissing = (value) => value === null || value === undefined || value === Infinity;
    return [...rows].sort((a, b) => {
        const [x, y] = [a[key], b[key]];
        if (isMissing(x) || isMissing(y)) {
            return Number(isMissing(x)) - Number(isMissing(y));
        }
        return order * (typeof x === 'string' ? (x < y ? -1 : Number(x > y)) : x - y);
    });
}
