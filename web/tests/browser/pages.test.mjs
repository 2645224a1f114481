// Every page, light and dark, with and without JavaScript: it is there, well made, accessible, and nothing complains.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { audit } from './support/audit.mjs';
import { VIEWS, view } from './support/browser.mjs';
import { serve } from './support/dashboard.mjs';
import { fixture } from './support/folder.mjs';
import { PAGES, WITHOUT_COMMAND } from './support/pages.mjs';
import { command, structure } from './support/structure.mjs';

let dashboard;

before(async () => {
    dashboard = await serve(fixture('shop'));
});

for (const options of VIEWS) {
    const how = `${options.scripts ? 'with' : 'without'} JavaScript, ${options.theme}`;
    // One window for all of them, as people have it.
    let open;

    for (const [name, path] of Object.entries(PAGES)) {
        test(`${name}, ${how}`, async () => {
            open ??= view(dashboard, options);
            const seen = await open;
            const answer = await seen.open(path);
            const wrong = [...(await structure(seen)), ...seen.told.take(), ...(await audit(seen))];
            assert.deepEqual([answer.status(), wrong], [200, []]);
            assert.match(await seen.page.title(), /\S · meshglot$/);
            if (!WITHOUT_COMMAND.has(name)) assert.match((await command(seen)) ?? 'no command', /^meshglot \w/);
        });
    }
}
