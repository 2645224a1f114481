// A view of a scripted mesh, `web/examples/live.rs`: it does what it is told, at once and alike each time.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { atTheEnd, withParent } from './ended.mjs';
import { ask } from './http.mjs';
import { LIVE } from './peers.mjs';

/** Milliseconds until it must serve. */
const START = 60_000;

/** A mesh that runs, as far as pages can tell. */
class Mesh {
    constructor(folder) {
        this.folder = folder;
        this.port = 0;
    }

    /** Starts it, on the port that it had before. */
    async start() {
        const child = spawn(LIVE, [String(this.port), this.folder.path], { stdio: ['pipe', 'ignore', 'pipe'] });
        withParent(child);
        this.child = child;
        let err = '';
        child.stderr.setEncoding('utf8').on('data', (text) => (err += text));
        for (const end = Date.now() + START; !/http:\/\/\S+\/\n/.test(err); ) {
            if (child.exitCode !== null || child.signalCode !== null || Date.now() > end) throw new Error(`it does not serve:\n${err}`);
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
        this.base = err.match(/http:\/\/\S+\//)[0];
        this.port = Number(new URL(this.base).port);
        return this;
    }

    /** Has it do something: a line of its language. */
    tell(line) {
        this.child.stdin.write(`${line}\n`);
    }

    at(path = '') {
        return this.base + path;
    }

    get(path = '', options) {
        return ask(this.at(path), options);
    }

    async stop() {
        if (this.child.exitCode === null && this.child.signalCode === null) {
            const gone = once(this.child, 'exit');
            this.child.kill('SIGKILL');
            await gone;
        }
    }
}

/** A mesh that runs by the policy of a folder. */
export async function mesh(folder) {
    const started = await new Mesh(folder).start();
    atTheEnd(() => started.stop());
    return started;
}
