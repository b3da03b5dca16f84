// SPDX-License-Identifier: BSD-2-Clause
// The panel of the selected process: its row, ancestors, children, opens and cost.
//     showDetails(model, analysis, process, select)
import { byId, element } from './dom.mjs';
import { ancestorsOf, statusText } from './model.mjs';
import { commandOf } from './tables.mjs';
import { commandText, formatBytes, formatCount, formatDuration, printable, shortened } from './text.mjs';

const COMMAND_LIMIT = 4000;
const LIST_LIMIT = 100;
const PATH_LIMIT = 2000;

function pairs(entries) {
    const list = element('dl');
    for (const [name, value] of entries) {
        if (value !== '' && value !== null) {
            list.append(element('div', {}, element('dt', {}, name), element('dd', {}, shortened(value, PATH_LIMIT))));
        }
    }
    return list;
}

// A list of which the first entries are shown, and more when they are asked for.
function section(title, items, makeItem) {
    const list = element('ul');
    const more = element('button', { className: 'more' });
    let shown = 0;
    const showMore = () => {
        list.append(...items.slice(shown, shown + LIST_LIMIT).map((item) => element('li', {}, ...makeItem(item))));
        shown = Math.min(items.length, shown + LIST_LIMIT);
        more.hidden = shown === items.length;
        more.textContent = `Show more (${formatCount(items.length - shown)})`;
    };
    more.addEventListener('click', showMore);
    showMore();
    return items.length === 0 ? [] : [element('h3', {}, `${title} (${formatCount(items.length)})`), list, more];
}

function processLink(model, process, select) {
    const link = element('button', { className: 'link' }, commandOf(model, process, 100));
    link.addEventListener('click', () => select(process));
    return [link, element('span', { className: 'cost' }, formatDuration(model.end[process] - model.start[process]))];
}

const path = (model, index) => shortened(printable(model.text(index).slice(0, PATH_LIMIT + 1)), PATH_LIMIT);

function openItem(model, { opens }, i) {
    const errno = model.text(opens.errno[i]);
    const times = opens.count[i] > 1 ? ` ×${formatCount(opens.count[i])}` : '';
    return [element('span', { className: errno ? 'missed' : '' }, path(model, opens.path[i])),
        element('span', { className: 'cost' }, errno + times)];
}

function execItem(model, i) {
    const { execs } = model;
    const what = execs.file[i] === null ? commandText((execs.args[i] ?? []).slice(0, 1).map(model.text), 100) : path(model, execs.file[i]);
    return [element('span', { className: 'missed' }, what), element('span', { className: 'cost' }, model.text(execs.errno[i]))];
}

function guardItem(model, i) {
    const { guards } = model;
    return [element('span', {}, path(model, guards.path[i])),
        element('span', { className: 'cost' }, `${model.text(guards.action[i])} ${model.text(guards.op[i])}`)];
}

function command(model, process) {
    const args = model.argumentsOf(process);
    const text = element('code', {}, args.length > 0 ? commandText(args, COMMAND_LIMIT) : commandOf(model, process));
    const size = args.reduce((sum, argument) => sum + argument.length + 1, 0);
    const note = model.cut[process] ? element('p', { className: 'note' }, 'The recording has not all arguments.') : '';
    if (size <= COMMAND_LIMIT) {
        return [text, note];
    }
    const all = element('button', { className: 'more' }, `Show all ${formatCount(size)} characters`);
    all.addEventListener('click', () => {
        text.textContent = commandText(args, Infinity);
        all.remove();
    });
    return [text, all, note];
}

function facts(model, analysis, i) {
    const moment = new Date(model.origin + model.start[i] / 1000);
    const bytes = (value) => (value ? formatBytes(value) : '');
    return [
        ['Status', statusText(model, i)], ['Wall time', formatDuration(model.end[i] - model.start[i])],
        ['Own time', formatDuration(analysis.own[i])],
        ['Critical path', analysis.pathTime[i] > 0 ? formatDuration(analysis.pathTime[i]) : ''],
        ['CPU', model.cpu[i] === null ? '' : `${formatDuration(model.utime[i])} user, ${formatDuration(model.stime[i])} system`],
        ['Peak memory', formatBytes(model.rss[i] === null ? null : model.rss[i] * 1024)],
        ['Read', bytes(model.read[i])], ['Written', bytes(model.write[i])],
        ['Start', `${formatDuration(model.start[i])}, ${Number.isNaN(moment.getTime()) ? '' : moment.toISOString().slice(11, 23)} UTC`],
        ['Program', path(model, model.file[i])], ['Folder', path(model, model.cwd[i])],
        ['PID', String(model.pid[i] ?? '')], ['User', printable(model.text(model.user[i]))],
        ['Container', printable(model.text(model.container[i]))], ['exec_id', model.id[i] ?? ''],
    ];
}

export function showDetails(model, analysis, process, select) {
    const panel = byId('details');
    panel.hidden = process < 0;
    if (process < 0) {
        panel.replaceChildren();
        return;
    }
    const close = element('button', { className: 'close', 'aria-label': 'Close', title: 'Close (Esc)' }, '✕');
    close.addEventListener('click', () => select(-1));
    const byErrno = (a, b) => Number(model.opens.errno[b] !== null) - Number(model.opens.errno[a] !== null) || a - b;
    panel.replaceChildren(
        close, element('h2', {}, shortened(printable(model.text(model.comm[process])), 60)), ...command(model, process),
        pairs(facts(model, analysis, process)),
        ...section('Ancestors', ancestorsOf(model, process), (i) => processLink(model, i, select)),
        ...section('Children', [...model.children(process)], (i) => processLink(model, i, select)),
        ...section('Decisions of openguard', [...model.guards.of(process)], (i) => guardItem(model, i)),
        ...section('Failed execs', [...model.execs.of(process)], (i) => execItem(model, i)),
        ...section('Files', [...model.opens.of(process)].sort(byErrno), (i) => openItem(model, model, i)),
    );
    panel.scrollTop = 0;
}
