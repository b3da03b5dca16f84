// SPDX-License-Identifier: BSD-2-Clause
// Where the bars are: each process has a lane, its descendants the lanes below it, and what does not overlap in time
// shares lanes.
//     const layout = layOut(model);   layout.lane[process], layout.lanes, layout.inLane(lane)
import { groupBy } from './model.mjs';

// So many comparisons are spent on filling gaps; then lanes are only added, so that no recording takes long.
const SEARCH_LIMIT = 5e7;

// The end of each process or of its last descendant.
function familyEnds(model) {
    const ends = model.end.slice();
    for (let process = model.count - 1; process >= 0; process--) {
        const parent = model.parent[process];
        if (parent >= 0 && ends[process] > ends[parent]) {
            ends[parent] = ends[process];
        }
    }
    return ends;
}

// Returns place(start, end, height): the first lane from which on `height` lanes are free. Calls come by start.
function makePacker(budget) {
    const freeFrom = [];
    const place = (start, end, height) => {
        let lane = 0, free = 0;
        while (lane < freeFrom.length && free < height) {
            free = freeFrom[lane] <= start ? free + 1 : 0;
            lane++;
            if (--budget.left < 0) {
                lane = freeFrom.length;
                free = 0;
            }
        }
        // Free lanes at the bottom are the first of those that are added.
        const first = lane - free;
        for (let i = first; i < first + height; i++) {
            freeFrom[i] = end;
        }
        return first;
    };
    return { place, height: () => freeFrom.length };
}

export function layOut(model) {
    const ends = familyEnds(model);
    const heights = new Int32Array(model.count);
    const offsets = new Int32Array(model.count);
    const budget = { left: SEARCH_LIMIT };
    const pack = (children, below) => {
        if (children.length === 1) { // else a long chain would take the square of its length
            offsets[children[0]] = below;
            return below + heights[children[0]];
        }
        const packer = makePacker(budget);
        for (const child of children) {
            offsets[child] = below + packer.place(model.start[child], ends[child], heights[child]);
        }
        return below + packer.height();
    };
    for (let process = model.count - 1; process >= 0; process--) {
        heights[process] = pack(model.children(process), 1);
    }
    const lanes = pack(model.roots, 0);
    const lane = new Int32Array(model.count);
    for (let process = 0; process < model.count; process++) {
        const parent = model.parent[process];
        lane[process] = offsets[process] + (parent < 0 ? 0 : lane[parent]);
    }
    return { lane, lanes, inLane: groupBy(lane, lanes) };
}
