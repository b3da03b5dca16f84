// SPDX-License-Identifier: BSD-2-Clause
// Elements by name. Text only ever becomes a text node, in which nothing reorders or hides: no name in the data can be
// markup, or look like what it is not.
//     element('p', { className: 'hint' }, 'ran for ', element('b', {}, '3 s'))

import { printable } from './text.mjs';

export const byId = (id) => document.getElementById(id);

// Properties of the element, and attributes where the name has a dash or is `role`.
export function element(name, properties = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(properties)) {
        if (value === undefined) {
            continue;
        }
        if (key.includes('-') || key === 'role') {
            made.setAttribute(key, value);
        } else {
            made[key] = value;
        }
    }
    made.append(...children.map((child) => (typeof child === 'string' ? printable(child) : child)));
    return made;
}

// Screen readers say this.
export function announce(text) {
    byId('said').textContent = text;
}

// Makes a canvas as sharp as the screen, and clears it.
export function prepared(canvas) {
    const { clientWidth: width, clientHeight: height } = canvas;
    const ratio = window.devicePixelRatio || 1;
    const [deviceWidth, deviceHeight] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== deviceWidth || canvas.height !== deviceHeight) {
        canvas.width = deviceWidth;
        canvas.height = deviceHeight;
    }
    const context = canvas.getContext('2d');
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    return { context, width, height };
}

// Calls draw() once in the next frame, however often it is asked.
export function onceInAFrame(draw) {
    let isAsked = false;
    return () => {
        if (!isAsked) {
            isAsked = true;
            requestAnimationFrame(() => {
                isAsked = false;
                draw();
            });
        }
    };
}
