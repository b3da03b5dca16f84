// SPDX-License-Identifier: BSD-2-Clause
// The timeline: what it shows, and its redrawing.
//     const timeline = new Timeline(model, analysis, select);   timeline.select(process); timeline.show(process);
import { byId, onceInAFrame, prepared } from './dom.mjs';
import { drawBars, drawOverview, firstEndingAfter, LANE, readPalette, RULER, tintOf } from './draw.mjs';
import { layOut } from './layout.mjs';
import { ancestorsOf } from './model.mjs';
import { commandOf } from './tables.mjs';
import { around, clamped, panned, zoomed } from './view.mjs';

const LABEL_LIMIT = 200;
const LABELS_KEPT = 20000;
const PAPER_LANES = 60;

export class Timeline {
    constructor(model, analysis, onSelect) {
        this.model = model;
        this.onSelect = onSelect;
        this.canvas = byId('bars');
        this.overview = byId('overview');
        this.labels = new Map();
        const tints = Uint8Array.from(model.comm, (comm) => tintOf(model.text(comm)));
        this.scene = {
            model, analysis, layout: layOut(model), tints, view: { from: 0, to: model.length }, top: 0, selected: -1, hovered: -1,
            related: [], matches: null, showsPath: true, label: (process) => this.labelOf(process),
        };
        this.redraw = onceInAFrame(() => this.draw());
        this.readColors();
        // A short timeline leaves its room to the tables.
        const needed = (this.scene.layout.lanes + 2) * LANE + RULER + this.overview.clientHeight + byId('legend').offsetHeight;
        document.documentElement.style.setProperty('--needed', `${needed}px`);
        document.documentElement.style.setProperty('--paper', `${RULER + 10 + Math.min(this.scene.layout.lanes, PAPER_LANES) * LANE}px`);
        new ResizeObserver(() => this.scrollTo(this.scene.top)).observe(this.canvas);
    }

    labelOf(process) {
        let label = this.labels.get(process);
        if (label === undefined) {
            label = commandOf(this.model, process, LABEL_LIMIT);
            if (this.labels.size >= LABELS_KEPT) {
                this.labels.clear();
            }
            this.labels.set(process, label);
        }
        return label;
    }

    readColors() {
        this.palette = readPalette();
        this.redraw();
    }

    // The time that a frame takes is kept for the tests.
    draw() {
        const before = performance.now();
        drawBars(prepared(this.canvas), this.scene, this.palette);
        drawOverview(prepared(this.overview), this.scene, this.palette);
        this.canvas.dataset.drawn = (performance.now() - before).toFixed(2);
        this.canvas.dataset.view = `${this.scene.view.from} ${this.scene.view.to}`;
    }

    setView(view) {
        this.scene.view = view;
        this.redraw();
    }

    zoom(factor, at = (this.scene.view.from + this.scene.view.to) / 2) {
        this.setView(zoomed(this.scene.view, factor, at, this.model.length));
    }

    pan(share) {
        const { from, to } = this.scene.view;
        this.setView(panned(this.scene.view, share * (to - from), this.model.length));
    }

    whole() {
        this.scrollTo(0);
        this.setView(clamped(0, this.model.length, this.model.length));
    }

    scrollTo(top) {
        const below = this.scene.layout.lanes * LANE + RULER + 8 - this.canvas.clientHeight;
        this.scene.top = Math.max(0, Math.min(top, below));
        this.redraw();
    }

    timeAt(x, canvas = this.canvas) {
        const { from, to } = canvas === this.overview ? { from: 0, to: this.model.length } : this.scene.view;
        return from + x / canvas.clientWidth * (to - from);
    }

    // The bar at a point of the canvas, or -1. Two pixels beside a bar still count.
    barAt(x, y) {
        const lane = Math.floor((y - RULER - 4 + this.scene.top) / LANE);
        if (y < RULER || lane < 0 || lane >= this.scene.layout.lanes) {
            return -1;
        }
        const processes = this.scene.layout.inLane(lane);
        const first = firstEndingAfter(this.model, processes, this.timeAt(x - 2));
        return first < processes.length && this.model.start[processes[first]] <= this.timeAt(x + 2) ? processes[first] : -1;
    }

    hover(process) {
        if (process !== this.scene.hovered) {
            this.scene.hovered = process;
            this.redraw();
        }
    }

    select(process) {
        this.scene.selected = process;
        this.scene.related = process < 0 ? [] : ancestorsOf(this.model, process);
        this.redraw();
        this.onSelect(process);
    }

    highlight(processes) {
        this.scene.matches = processes && new Uint8Array(this.model.count);
        for (const process of processes ?? []) {
            this.scene.matches[process] = 1;
        }
        this.redraw();
    }

    // Brings a bar into view; zooms if it cannot be seen well, or if it is asked to.
    show(process, zoomsIn = false) {
        const { view } = this.scene;
        const [from, to] = [this.model.start[process], this.model.end[process]];
        const pixels = (to - from) / (view.to - view.from) * this.canvas.clientWidth;
        if (zoomsIn || pixels < 4) {
            this.setView(around(from, to, this.model.length));
        } else if (to < view.from || from > view.to) {
            const middle = (from + to) / 2, half = (view.to - view.from) / 2;
            this.setView(clamped(middle - half, middle + half, this.model.length));
        }
        const y = this.scene.layout.lane[process] * LANE;
        const room = this.canvas.clientHeight - RULER - 2 * LANE;
        if (y < this.scene.top || y > this.scene.top + room) {
            this.scrollTo(y - room / 2);
        }
    }

    // Where an arrow key leads from the selected process; the first process if there is none.
    neighbour(direction) {
        const { selected, layout } = this.scene;
        if (selected < 0) {
            return this.model.count > 0 ? 0 : -1;
        }
        if (direction === 'up') {
            return this.model.parent[selected];
        }
        if (direction === 'down') {
            return this.model.children(selected)[0] ?? -1;
        }
        const processes = layout.inLane(layout.lane[selected]);
        return processes[processes.indexOf(selected) + (direction === 'left' ? -1 : 1)] ?? -1;
    }
}
