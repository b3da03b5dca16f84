// SPDX-License-Identifier: BSD-2-Clause
// Mouse, touch and keys on the timeline.
//     listen(timeline, { search, next, help });
import { byId } from './dom.mjs';
import { LANE } from './draw.mjs';
import { statusText } from './model.mjs';
import { commandOf } from './tables.mjs';
import { formatDuration } from './text.mjs';
import { clamped } from './view.mjs';

const CLICK = 4; // pixels: a pointer that moves less has clicked

export const KEYS = [
    ['Arrow keys', 'Parent, first child, bar before and after'], ['+ −, or w s', 'Zoom in and out'],
    ['a d, or Shift and arrow keys', 'Earlier and later, up and down'], ['Enter, or f', 'Zoom to the selected process'],
    ['0, or Home', 'Show the whole recording'], ['/', 'Search'], ['n N', 'Next and previous match'],
    ['p', 'Show or hide the critical path'], ['Esc', 'Clear the selection and the search'], ['Wheel, or two fingers', 'Zoom'],
    ['Shift and wheel, or drag', 'Move'], ['Alt and wheel', 'Up and down'], ['Double click', 'Zoom to a process'],
];

function showTip(timeline, process, x, y) {
    const tip = byId('tip');
    tip.hidden = process < 0;
    if (process >= 0) {
        const { model, scene } = timeline;
        const wall = model.end[process] - model.start[process];
        tip.textContent = `${commandOf(model, process, 120)}\n${formatDuration(wall)}, own ${
            formatDuration(scene.analysis.own[process])}, ${statusText(model, process)}`;
        const room = timeline.canvas.clientWidth - tip.offsetWidth - 8;
        tip.style.left = `${Math.max(0, Math.min(x + 12, room))}px`;
        tip.style.top = `${timeline.canvas.offsetTop + y + 18}px`;
    }
}

// One pointer drags, two zoom about their middle.
function listenToPointers(timeline, canvas) {
    const pointers = new Map();
    let moved = 0;
    const spread = () => {
        const [a, b] = [...pointers.values()];
        return { middle: (a.x + b.x) / 2, distance: Math.max(10, Math.abs(a.x - b.x)) };
    };
    canvas.addEventListener('pointerdown', (event) => {
        canvas.setPointerCapture(event.pointerId);
        pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
        moved = pointers.size > 1 ? CLICK : 0;
    });
    canvas.addEventListener('pointermove', (event) => {
        const pointer = pointers.get(event.pointerId);
        const bar = timeline.barAt(event.offsetX, event.offsetY);
        timeline.hover(bar);
        showTip(timeline, pointer ? -1 : bar, event.offsetX, event.offsetY);
        if (!pointer) {
            return;
        }
        const before = pointers.size === 2 ? spread() : null;
        const [dx, dy] = [event.offsetX - pointer.x, event.offsetY - pointer.y];
        moved += Math.abs(dx) + Math.abs(dy);
        if (moved < CLICK) {
            return;
        }
        pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
        if (before) {
            const after = spread();
            timeline.zoom(before.distance / after.distance, timeline.timeAt(after.middle));
            timeline.pan((before.middle - after.middle) / canvas.clientWidth);
        } else if (pointers.size === 1) {
            timeline.pan(-dx / canvas.clientWidth);
            timeline.scrollTo(timeline.scene.top - dy);
        }
    });
    const release = (event) => {
        if (pointers.delete(event.pointerId) && event.type === 'pointerup' && moved < CLICK) {
            timeline.select(timeline.barAt(event.offsetX, event.offsetY));
        }
    };
    canvas.addEventListener('pointerup', release);
    canvas.addEventListener('pointercancel', release);
    canvas.addEventListener('pointerleave', () => {
        timeline.hover(-1);
        showTip(timeline, -1);
    });
    canvas.addEventListener('dblclick', (event) => {
        const bar = timeline.barAt(event.offsetX, event.offsetY);
        if (bar >= 0) {
            timeline.show(bar, true);
        }
    });
}

function listenToWheel(timeline, canvas) {
    canvas.addEventListener('wheel', (event) => {
        event.preventDefault();
        const lines = event.deltaMode === 1 ? 20 : 1;
        const [dx, dy] = [event.deltaX * lines, event.deltaY * lines];
        if (event.altKey) {
            timeline.scrollTo(timeline.scene.top + dy);
        } else if (event.shiftKey || Math.abs(dx) > Math.abs(dy)) {
            timeline.pan((dx || dy) / canvas.clientWidth);
        } else {
            const rate = event.ctrlKey ? 0.01 : 0.002;
            timeline.zoom(Math.exp(Math.max(-300, Math.min(300, dy)) * rate), timeline.timeAt(event.offsetX, canvas));
        }
    }, { passive: false });
}

// A drag over the overview chooses what is shown; a click moves there.
function listenToOverview(timeline, canvas) {
    let from = null;
    canvas.addEventListener('pointerdown', (event) => {
        canvas.setPointerCapture(event.pointerId);
        from = event.offsetX;
    });
    canvas.addEventListener('pointermove', (event) => {
        if (from !== null && Math.abs(event.offsetX - from) >= CLICK) {
            const ends = [from, event.offsetX].map((x) => timeline.timeAt(x, canvas)).sort((a, b) => a - b);
            timeline.setView(clamped(...ends, timeline.model.length));
        }
    });
    canvas.addEventListener('pointerup', (event) => {
        if (from !== null && Math.abs(event.offsetX - from) < CLICK) {
            const half = (timeline.scene.view.to - timeline.scene.view.from) / 2;
            const at = timeline.timeAt(event.offsetX, canvas);
            timeline.setView(clamped(at - half, at + half, timeline.model.length));
        }
        from = null;
    });
}

function keyAction(timeline, event) {
    const go = (direction) => () => {
        const process = timeline.neighbour(direction);
        if (process >= 0) {
            timeline.select(process);
            timeline.show(process);
        }
    };
    const scroll = (lanes) => () => timeline.scrollTo(timeline.scene.top + lanes * LANE);
    const zoomIn = () => timeline.zoom(0.7), zoomOut = () => timeline.zoom(1 / 0.7);
    const earlier = () => timeline.pan(-0.15), later = () => timeline.pan(0.15);
    const whole = () => timeline.whole();
    const toSelected = () => timeline.scene.selected >= 0 && timeline.show(timeline.scene.selected, true);
    const actions = event.shiftKey
        ? { ArrowLeft: earlier, ArrowRight: later, ArrowUp: scroll(-3), ArrowDown: scroll(3), '+': zoomIn }
        : {
            ArrowLeft: go('left'), ArrowRight: go('right'), ArrowUp: go('up'), ArrowDown: go('down'), a: earlier, d: later,
            w: zoomIn, '+': zoomIn, '=': zoomIn, s: zoomOut, '-': zoomOut, 0: whole, Home: whole, Enter: toSelected, f: toSelected,
            PageUp: scroll(-15), PageDown: scroll(15),
        };
    return actions[event.key];
}

// Keys of the canvas when it has the focus, and those of the page.
function listenToKeys(timeline, canvas, page) {
    const isPlain = (event) => !event.ctrlKey && !event.altKey && !event.metaKey;
    canvas.addEventListener('keydown', (event) => {
        const action = isPlain(event) && keyAction(timeline, event);
        if (action) {
            event.preventDefault();
            action();
        }
    });
    document.addEventListener('keydown', (event) => {
        const isTyping = event.target instanceof HTMLInputElement && event.target.type === 'search';
        const action = (isTyping && event.key !== 'Escape') || !isPlain(event) || byId('keys').open ? undefined : page[event.key];
        if (action) {
            event.preventDefault();
            action();
        }
    });
}

export function listen(timeline, page) {
    listenToPointers(timeline, timeline.canvas);
    listenToWheel(timeline, timeline.canvas);
    listenToWheel(timeline, timeline.overview);
    listenToOverview(timeline, timeline.overview);
    listenToKeys(timeline, timeline.canvas, page);
}
