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

// Seconds, minutes and hours that make a day without a rest.
const LONG_STEPS = [30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200].map((seconds) => seconds * 1e6);
const DAY = 86400e6;

// Points of the ruler: up to 20 s a power of ten apart, or two or five times that; so are days.
export function ticks(view, most) {
    const rough = (view.to - view.from) / most;
    const unit = rough > LONG_STEPS.at(-1) ? DAY : 1;
    const power = unit * Math.max(1, 10 ** Math.floor(Math.log10(rough / unit)));
    const step = (rough > 20e6 && LONG_STEPS.find((size) => size >= rough))
        || [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
    const points = [];
    for (let i = Math.ceil(view.from / step); i * step <= view.to; i++) {
        points.push(i * step);
    }
    return { step, points };
}
