// SPDX-License-Identifier: BSD-2-Clause
// Draws the timeline: ruler, bars by lane and status, the critical path; and the overview above it.
//     drawBars(prepared(canvas), scene, palette)
// scene: {model, analysis, layout, tints, view, top, selected, related, hovered, matches, showsPath, label(process)}
import { FAILED, KILLED, OK, SLOW } from './model.mjs';
import { meanParallelism } from './analysis.mjs';
import { ticks } from './view.mjs';
import { formatCount, formatTick } from './text.mjs';

export const LANE = 20;
export const RULER = 22;
const BAR = LANE - 3;
const FONT = '11px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace';
const NARROWEST = 1.5; // pixels: what is narrower is drawn together with its neighbours
const TINTS = 5;
const JOINED = 8; // pixels: parts of the critical path that are longer are joined
const MARKS = { [FAILED]: '✕ ', [KILLED]: '† ' };

// The colors of the style sheet, which knows dark from light.
export function readPalette() {
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue(`--${name}`).trim();
    // By tint, then by status from RUNNING on, then what search leaves out: see fillOf().
    const fills = [...Array.from({ length: TINTS }, (nothing, i) => `ok-${i}`), 'running', 'slow', 'killed', 'failed', 'dim'].map(color);
    const names = ['bar-text', 'strong-text', 'slow-text', 'dim-text', 'muted', 'line', 'path', 'select', 'area', 'shade'];
    return { fills, ...Object.fromEntries(names.map((name) => [name, color(name)])) };
}

// Programs of one name have one tint, in all reports.
export function tintOf(name) {
    let hash = 0;
    for (const character of name.slice(0, 64)) {
        hash = (Math.imul(hash, 31) + character.codePointAt(0)) >>> 0;
    }
    return ((hash ^ (hash >>> 7)) >>> 0) % TINTS;
}

const DIM = TINTS + FAILED;
const fillOf = (status, tint) => (status === OK ? tint : TINTS - 1 + status);

function textColorOf(palette, status) {
    return status === SLOW ? palette['slow-text'] : status >= KILLED ? palette['strong-text'] : palette['bar-text'];
}

function drawRuler({ context, width, height }, scene, palette) {
    const { step, points } = ticks(scene.view, Math.max(2, width / 90));
    const scale = width / (scene.view.to - scene.view.from);
    context.font = FONT;
    context.textBaseline = 'middle';
    for (const point of points) {
        const x = Math.round((point - scene.view.from) * scale) + 0.5;
        context.fillStyle = palette.line;
        context.fillRect(x, 0, 1, height);
        context.fillStyle = palette.muted;
        context.fillText(formatTick(point, step), x + 4, RULER / 2);
    }
    context.fillStyle = palette.line;
    context.fillRect(0, RULER - 1, width, 1);
}

// The first process of a lane that ends at `time` or later: in a lane nothing overlaps.
export function firstEndingAfter(model, processes, time) {
    let low = 0, high = processes.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (model.end[processes[middle]] < time) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

// Collects rectangles by color, and labels: a color is set once a frame.
class Batch {
    constructor() {
        this.lists = Array.from({ length: DIM + 1 }, () => []);
        this.labels = [];
    }

    // Pixels beside each other become one rectangle.
    add(fill, x, y, width) {
        const list = this.lists[fill];
        const last = list.length - 3;
        if (last >= 0 && list[last + 1] === y && list[last] + list[last + 2] === x) {
            list[last + 2] += width;
        } else {
            list.push(x, y, width);
        }
    }

    draw(context, fills) {
        this.lists.forEach((list, fill) => {
            context.fillStyle = fills[fill];
            for (let i = 0; i < list.length; i += 3) {
                context.fillRect(list[i], list[i + 1], list[i + 2], BAR);
            }
        });
    }
}

// Bars of one lane. What is narrower than a pixel becomes one bar in the color of the worst of them.
function addLane(batch, scene, lane, y, width) {
    const { model, analysis, view, matches, tints } = scene;
    const scale = width / (view.to - view.from);
    const processes = scene.layout.inLane(lane);
    let pixel = -1, worst = 0, worstTint = 0, isMatch = false;
    const flush = () => {
        if (pixel >= 0) {
            batch.add(matches && !isMatch ? DIM : fillOf(worst, worstTint), pixel, y, 1);
        }
        pixel = -1;
    };
    for (let k = firstEndingAfter(model, processes, view.from); k < processes.length; k++) {
        const process = processes[k];
        const x = (model.start[process] - view.from) * scale;
        if (x > width) {
            break;
        }
        const right = (model.end[process] - view.from) * scale;
        const status = analysis.status[process];
        const hit = !matches || matches[process] === 1;
        if (right - x < NARROWEST) {
            if (Math.floor(x) !== pixel) {
                flush();
                [pixel, worst, worstTint, isMatch] = [Math.max(0, Math.floor(x)), status, tints[process], hit];
            } else {
                isMatch ||= hit;
                [worst, worstTint] = status > worst ? [status, tints[process]] : [worst, worstTint];
            }
            continue;
        }
        flush();
        const left = Math.max(x, -2);
        const shown = Math.min(right, width + 2) - left;
        batch.add(hit ? fillOf(status, tints[process]) : DIM, left, y, Math.max(1, shown - (shown > 4 ? 1 : 0)));
        if (shown > 22) {
            batch.labels.push({ process, x: Math.max(left, 0), y, width: shown - Math.max(0, -left), hit });
        }
    }
    flush();
}

function drawLabels(context, labels, scene, palette) {
    context.font = FONT;
    context.textBaseline = 'middle';
    const character = context.measureText('0').width;
    for (const { process, x, y, width, hit } of labels) {
        const status = scene.analysis.status[process];
        const room = Math.floor((width - 8) / character);
        const label = (MARKS[status] ?? '') + scene.label(process);
        context.fillStyle = hit ? textColorOf(palette, status) : palette['dim-text'];
        const cut = room < 8 ? label.slice(0, room) : `${label.slice(0, room - 1)}…`;
        context.fillText(label.length > room ? cut : label, x + 4, y + BAR / 2 + 0.5);
    }
}

// Lines below the bars of the critical path, and from one bar to the next.
function drawPath({ context, width }, scene, palette, yOf) {
    const { view, analysis } = scene;
    const scale = width / (view.to - view.from);
    let before = -1, pixel = -1, length = 0;
    context.fillStyle = palette.path;
    for (const { process, from, to } of analysis.path) {
        const left = (from - view.from) * scale, right = (to - view.from) * scale;
        const y = process < 0 ? -1 : yOf(process) + BAR - 2;
        if (right >= 0 && left <= width && y !== -1) {
            if (Math.floor(right) !== pixel || y !== before) {
                const x = Math.max(left, -2);
                context.fillRect(x, y, Math.max(1, Math.min(right, width + 2) - x), 3);
                pixel = Math.floor(right);
            }
            // Where the path goes down and up all the time, these lines would hide the bars.
            if (before !== -1 && before !== y && left >= 0 && Math.min(length, right - left) > JOINED) {
                context.fillRect(Math.round(left), Math.min(before, y), 1.5, Math.abs(before - y) + 3);
            }
        }
        length = right - left;
        before = y;
    }
}

function outline(context, scene, process, width, y, color, lineWidth) {
    const scale = width / (scene.view.to - scene.view.from);
    const left = Math.max((scene.model.start[process] - scene.view.from) * scale, -4);
    const right = Math.min((scene.model.end[process] - scene.view.from) * scale, width + 4);
    if (right >= -2 && left <= width + 2) {
        context.strokeStyle = color;
        context.lineWidth = lineWidth;
        context.strokeRect(left - 1, y - 1, Math.max(right - left, 2) + 1, BAR + 2);
    }
}

export function drawBars(surface, scene, palette) {
    const { context, width, height } = surface;
    drawRuler(surface, scene, palette);
    context.save();
    context.beginPath();
    context.rect(0, RULER, width, height - RULER);
    context.clip();
    const batch = new Batch();
    const yOf = (process) => RULER + 4 + scene.layout.lane[process] * LANE - scene.top;
    const firstLane = Math.max(0, Math.floor((scene.top - 4) / LANE));
    for (let lane = firstLane; lane < scene.layout.lanes; lane++) {
        const y = RULER + 4 + lane * LANE - scene.top;
        if (y > height) {
            break;
        }
        addLane(batch, scene, lane, y, width);
    }
    batch.draw(context, palette.fills);
    drawLabels(context, batch.labels, scene, palette);
    if (scene.showsPath) {
        drawPath(surface, scene, palette, yOf);
    }
    for (const process of scene.related) {
        outline(context, scene, process, width, yOf(process), palette.select, 1);
    }
    for (const [process, line] of [[scene.hovered, 1], [scene.selected, 2.5]]) {
        if (process >= 0) {
            outline(context, scene, process, width, yOf(process), palette.select, line);
        }
    }
    drawScrollBar(surface, scene, palette);
    context.restore();
}

function drawScrollBar({ context, width, height }, scene, palette) {
    const all = scene.layout.lanes * LANE + 8, room = height - RULER;
    if (all > room) {
        context.fillStyle = palette.muted;
        context.fillRect(width - 5, RULER + scene.top / all * room, 4, Math.max(12, room / all * room));
    }
}

// The mean of each pixel; the same in all frames until the width changes.
function meansOf(scene, width) {
    if (scene.means?.length !== width) {
        const pixel = scene.model.length / width;
        scene.means = Array.from({ length: width }, (nothing, x) => meanParallelism(scene.analysis.parallel, x * pixel, (x + 1) * pixel));
    }
    return scene.means;
}

// The whole recording: how many processes are at work, and the part that the timeline shows.
export function drawOverview({ context, width, height }, scene, palette) {
    const { model, analysis, view } = scene;
    const top = Math.max(1, analysis.most);
    const yOf = (value) => height - 1 - (height - 14) * value / top;
    context.fillStyle = palette.area;
    meansOf(scene, width).forEach((mean, x) => context.fillRect(x, yOf(mean), 1, height - 1 - yOf(mean)));
    const [left, right] = [view.from, view.to].map((time) => time * width / model.length);
    context.fillStyle = palette.shade;
    context.fillRect(0, 0, left, height);
    context.fillRect(right, 0, width - right, height);
    context.fillStyle = palette.select;
    for (const edge of [left, right - 1.5]) {
        context.fillRect(Math.min(Math.max(0, edge), width - 1.5), 0, 1.5, height);
    }
    context.font = FONT;
    context.textBaseline = 'top';
    context.fillStyle = palette.muted;
    context.fillText(`processes at work: at most ${formatCount(analysis.most)}, ${
        meanParallelism(analysis.parallel, 0, model.length).toFixed(1)} on average`, 6, 2);
}
