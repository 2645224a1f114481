// `meshglot demo`, started for a test, with what it says.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { withParent } from './ended.mjs';
import { files } from './folder.mjs';
import { MESHGLOT } from './peers.mjs';

/** Milliseconds until a demo has said everything, or a page shows what it should. */
export const SOON = 60_000;

/** A demo, with what it has said. */
export class Demo {
    async start() {
        this.here = files('empty').parent;
        this.out = '';
        this.child = spawn(MESHGLOT, ['demo'], { cwd: this.here, stdio: ['ignore', 'pipe', 'pipe'] });
        withParent(this.child);
        for (const stream of [this.child.stdout, this.child.stderr]) stream.setEncoding('utf8').on('data', (text) => (this.out += text));
        for (const end = Date.now() + SOON; !this.out.includes('does all of it hold?'); ) {
            if (this.child.exitCode !== null || Date.now() > end) throw new Error(`it is not ready:\n${this.out}`);
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
        this.shop = this.out.match(/Bookshop\s+(\S+)/)[1];
        this.web = this.out.match(/Web view\s+(\S+)/)[1];
        this.base = new URL('/', this.web).href;
        this.folder = join(this.here, 'meshglot-demo');
        return this;
    }

    at(path = '') {
        return this.base + path;
    }

    async stop() {
        if (this.child.exitCode === null && this.child.signalCode === null) {
            const gone = once(this.child, 'exit');
            this.child.kill('SIGINT');
            await gone;
        }
        return this.child.exitCode;
    }
}
