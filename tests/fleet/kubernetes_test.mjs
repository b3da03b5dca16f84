// SPDX-License-Identifier: BSD-2-Clause
// kubernetes_test.mjs FILE: the manifests in FILE are valid by Kubernetes' own schema, and have no key that it does not
// have. This file must be in a folder with the packages kubernetes-models, typescript and js-yaml.
import fs from "node:fs";
import yaml from "js-yaml";
import ts from "typescript";

// The schema does not forbid other keys, but the type that was generated from it does.
function typeErrors(source) {
    const name = "manifest.mts";
    const options = { noEmit: true, strict: true, skipLibCheck: true, module: ts.ModuleKind.NodeNext,
                      moduleResolution: ts.ModuleResolutionKind.NodeNext };
    fs.writeFileSync(name, source);
    const errors = ts.getPreEmitDiagnostics(ts.createProgram([name], options));
    return errors.map((each) => ts.flattenDiagnosticMessageText(each.messageText, "\n"));
}

async function errorsOf(manifest) {
    const module = `kubernetes-models/${manifest.apiVersion}`;
    const errors = typeErrors(`import type { I${manifest.kind} } from "${module}";\n` +
                              `export const manifest: I${manifest.kind} = ${JSON.stringify(manifest)};\n`);
    try {
        new (await import(module))[manifest.kind](manifest).validate();
    } catch (error) {
        errors.push(error.message);
    }
    return errors;
}

let failed = 0;
function expect(what, isTrue, said) {
    console.log(`${isTrue ? "ok" : "FAIL"}: ${what}${isTrue ? "" : `\n${said}`}`);
    failed += !isTrue;
}

const manifests = yaml.loadAll(fs.readFileSync(process.argv[2], "utf8"));
for (const manifest of manifests) {
    const errors = await errorsOf(manifest);
    expect(`${manifest.kind} ${manifest.metadata.name} is valid`, errors.length === 0, errors.join("\n"));
}
const set = manifests.find((manifest) => manifest.kind === "DaemonSet");
const breaks = {
    "a misspelt key": (pod) => { pod.hostPid = true; },
    "a value of another type": (pod) => { pod.containers[0].securityContext.runAsUser = "root"; },
    "a missing key": (pod) => { delete pod.containers[0].name; },
};
for (const [what, change] of Object.entries(breaks)) {
    const broken = structuredClone(set);
    change(broken.spec.template.spec);
    expect(`${what} is noticed`, (await errorsOf(broken)).length > 0, "");
}
const { selector, template } = set.spec;
expect("its pods are those that it selects",
       Object.entries(selector.matchLabels).every(([key, value]) => template.metadata.labels[key] === value), "");
process.exit(failed ? 1 : 0);
