// SPDX-License-Identifier: BSD-2-Clause
// speedscope's own importer, out of the bundle that its package has.
//     const { profiles, warnings } = await importProfiles('make.json', text);
import fs from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';

const folder = path.join(process.env.SNOOP_NODE_MODULES ?? '.', 'node_modules/speedscope/dist/release');

// The bundle without its last step, which draws the page; that becomes one that hands out the importer.
function importerOf(bundle) {
    const [, name] = /async function (\w+)\(\w+,\w+\)\{return\(await \w+\)\.importProfileGroupFromText\(/.exec(bundle) ?? [];
    const end = bundle.lastIndexOf('console.log(`speedscope v');
    if (!name || end < 0) {
        throw new Error('the bundle of speedscope has changed: where is its importer?');
    }
    return `${bundle.slice(0, end)}importer=${name};})();`;
}

// What the modules look for while they are loaded.
function pageWithout(warnings) {
    const element = () => ({ style: {}, addEventListener() {}, setAttribute() {}, appendChild() {} });
    const page = {
        importer: null, location: { hash: '', protocol: 'file:' }, navigator: { userAgent: '', platform: '' },
        document: { createElement: element, documentElement: element(), body: element(), head: element(), addEventListener() {} },
        console: { log() {}, warn: (text) => warnings.push(text), error: (text) => warnings.push(text) },
        addEventListener() {}, matchMedia: () => ({ matches: false, addListener() {}, addEventListener() {} }),
        requestAnimationFrame() {}, TextDecoder: globalThis.TextDecoder, TextEncoder: globalThis.TextEncoder, URL, performance,
    };
    page.window = page;
    page.self = page;
    return page;
}

// What the importer makes of a file, and what it complains about. Times are in microseconds.
export async function importProfiles(name, text) {
    const warnings = [];
    const page = vm.createContext(pageWithout(warnings));
    const [file] = fs.readdirSync(folder).filter((each) => /^speedscope-.*\.js$/.test(each));
    vm.runInContext(importerOf(fs.readFileSync(path.join(folder, file), 'utf8')), page);
    const group = await page.importer(name, text);
    return { warnings, profiles: (group?.profiles ?? []).map(readProfile) };
}

// Its calls in the order of their ends: { stack: ['make', 'sh'], start, end }.
function readProfile(profile) {
    const calls = [], open = [];
    profile.forEachCall(
        (node, value) => open.push({ stack: [...open.map((each) => each.name), node.frame.name], name: node.frame.name, start: value }),
        (node, value) => {
            const { stack, start } = open.pop();
            calls.push({ stack, start, end: value });
        });
    return { name: profile.getName(), total: profile.getTotalWeight(), calls };
}
