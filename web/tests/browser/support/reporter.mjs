// Writes results as cargo does, so that `hack/test` counts them: a line for each test, what failed, a line of counts.

import { inspect } from 'node:util';
import { basename } from 'node:path';

function* cause(error) {
    // Node wraps what a test threw.
    const thrown = error?.cause ?? error;
    yield `${thrown instanceof Error ? (thrown.stack ?? thrown.message) : inspect(thrown)}\n`;
    if (thrown instanceof AggregateError) for (const one of thrown.errors) yield* cause(one);
}

/** Passed to `node --test` by `--test-reporter`. */
export default async function* report(source) {
    const begun = Date.now();
    const failures = [];
    let passed = 0;
    let skipped = 0;
    for await (const { type, data } of source) {
        if (type === 'test:stderr' || type === 'test:stdout') yield data.message;
        if ((type !== 'test:pass' && type !== 'test:fail') || data.details.type === 'suite') continue;
        const name = `${basename(data.file ?? '', '.test.mjs')}: ${data.name}`;
        const seconds = ` (${(data.details.duration_ms / 1000).toFixed(1)} s)`;
        if (type === 'test:fail') {
            failures.push([name, data.details.error]);
            yield `test ${name} ... FAILED${seconds}\n`;
        } else if (data.skip !== undefined) {
            skipped += 1;
            yield `test ${name} ... ignored${data.skip ? `, ${data.skip}` : ''}\n`;
        } else {
            passed += 1;
            yield `test ${name} ... ok${seconds}\n`;
        }
    }
    for (const [name, error] of failures) {
        yield `\n---- ${name} ----\n`;
        yield* cause(error);
    }
    const result = failures.length === 0 ? 'ok' : 'FAILED';
    const took = ((Date.now() - begun) / 1000).toFixed(2);
    yield `\ntest result: ${result}. ${passed} passed; ${failures.length} failed; ${skipped} ignored; 0 measured; 0 filtered out; finished in ${took}s\n`;
}
