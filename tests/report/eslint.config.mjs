// SPDX-License-Identifier: BSD-2-Clause
// The recommended rules of eslint, and those of this code. eslint runs at the top of the tree: see run.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.env.SNOOP_NODE_MODULES, 'x.js'));
const { configs } = require('@eslint/js');

const names = (list) => Object.fromEntries(list.split(' ').map((name) => [name, 'readonly']));
const errors = (list) => Object.fromEntries(list.split(' ').map((name) => [name, 'error']));
const rules = {
    ...errors('curly eqeqeq no-eval no-implied-eval no-new-func no-shadow no-undef no-unused-vars no-var'),
    ...errors('prefer-const prefer-template semi strict'),
    'max-len': ['error', 140], 'max-lines': ['error', 300], 'max-lines-per-function': ['error', { max: 60 }],
    'no-use-before-define': ['error', { functions: false, variables: false }], quotes: ['error', 'single', { avoidEscape: true }],
};
// Names in the data are hostile: nothing of the page makes markup or code of text.
const markup = ['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'setHTMLUnsafe', 'srcdoc'];

export default [
    configs.recommended,
    { rules },
    {
        files: ['tools/snoop-report/page/*.mjs'],
        languageOptions: {
            globals: names('document window matchMedia getComputedStyle requestAnimationFrame performance ResizeObserver HTMLInputElement'),
        },
        rules: { 'no-restricted-properties': ['error', ...markup.map((property) => ({ property }))] },
    },
    {
        files: ['tests/**/*.mjs'],
        languageOptions: {
            globals: names('process console URL Buffer performance document window getComputedStyle requestAnimationFrame WheelEvent'),
        },
        rules: { 'max-lines-per-function': 'off' },
    },
];
