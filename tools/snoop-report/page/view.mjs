// SPDX-License-Identifier: BSD-2-Clause
// The part of time that the timeline shows: {from, to} in microseconds.
//     view = zoomed(view, 0.5, time, model.length);

const SHORTEST = 20;

// Keeps a view inside of the recording.
export function clamped(from, to, length) {
    const span = Math.min(Math.max(to - from, SHORTEST), Math.max(length, SHORTEST));
    const start = Math.min(Math.max(from - (span - (to - from)) / 2, 0), Math.max(length, SHORTEST) - span);
    return { from: start, to: start + span };
}

// Shows `factor` times as much; the point `at` stays where it is.
export function zoomed(view, factor, at, length) {
    const span = Math.min(Math.max((view.to - view.from) * factor, SHORTEST), Math.max(length, SHORTEST));
    const share = (at - view.from) / (view.to - view.from);
    return clamped(at - share * span, at + (1 - share) * span, length);
}

export function panned(view, by, length) {
    return clamped(view.from + by, view.to + by, length);
}

// A view with a process in its middle, and a part of what comes before and after it.
export function around(from, to, length) {
    const margin = Math.max((to - from) * 0.25, SHORTEST);
    return clamped(from - margin, to + margin, length);
}

// Points of the ruler, a power of ten apart, or two or five times that.
export function ticks(view, most) {
    const rough = (view.to - view.from) / most;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = Math.max(1, [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough));
    const points = [];
    for (let i = Math.ceil(view.from / step); i * step <= view.to; i++) {
        points.push(i * step);
    }
    return { step, points };
}
