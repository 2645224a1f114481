// What the tests need from outside of the repository: playwright-core, axe-core and a Chromium.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top of the repository. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../../..');

/** The program under test; `hack/browser` builds it. */
export const MESHGLOT = process.env.MESHGLOT_BINARY ?? join(ROOT, 'target/debug/meshglot');

/** A view of a scripted mesh, which `hack/browser` builds beside it. */
export const LIVE = process.env.MESHGLOT_LIVE ?? join(dirname(MESHGLOT), 'examples/live');

/** Debian's Chromium, which `hack/browser` looks up. */
export const CHROMIUM = process.env.MESHGLOT_CHROMIUM ?? '/usr/bin/chromium';

// `hack/peers/install browser` puts the packages outside of the checkout, where `import` would not look.
const cache = process.env.MESHGLOT_PEERS ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'meshglot-peers');
const require = createRequire(join(cache, 'current/browser/package.json'));

export const { chromium } = require('playwright-core');

/** axe as a script to run in a page. */
export const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** One of the installed packages, for scripts that are no tests. */
export const peer = require;
