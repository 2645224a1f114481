// `meshglot dashboard` as people start it: the program itself, on a port that the system gives.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { atTheEnd, withParent } from './ended.mjs';
import { ask, cookie } from './http.mjs';
import { MESHGLOT } from './peers.mjs';

/** Milliseconds until the first line must be there; the program is built without optimisation. */
const START = 60_000;

const TOKEN_URL = /http:\/\/\S+\/session\?token=\S+/g;

/** A dashboard that serves, and what it has said so far. */
class Dashboard {
    constructor(folder, child) {
        this.folder = folder;
        this.child = child;
        this.out = '';
        this.err = '';
        child.stdout.setEncoding('utf8').on('data', (text) => (this.out += text));
        child.stderr.setEncoding('utf8').on('data', (text) => (this.err += text));
    }

    /** URLs with a token, in the order in which they were printed: the first on stdout, fresh ones on stderr. */
    tokens() {
        return [...(this.out.match(TOKEN_URL) ?? []), ...(this.err.match(TOKEN_URL) ?? [])];
    }

    /** Waits for the `count`th URL with a token. */
    async token(count = 1, limit = START) {
        const end = Date.now() + limit;
        while (this.tokens().length < count) {
            if (this.child.exitCode !== null || this.child.signalCode !== null) throw new Error(`the dashboard ended:\n${this.err}`);
            if (Date.now() > end) throw new Error(`no URL after ${limit} ms:\n${this.out}${this.err}`);
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
        return this.tokens()[count - 1];
    }

    /** Uses up the first token; `cookie` is then what a browser would send. */
    async login() {
        const url = new URL(await this.token());
        this.origin = url.origin;
        this.base = url.href.slice(0, url.href.indexOf('session?'));
        const answer = await ask(url.href);
        this.cookie = cookie(answer)?.pair;
        if (answer.status !== 303 || this.cookie === undefined) {
            throw new Error(`${url.pathname} should set a cookie and redirect: ${answer.status}\n${answer.text}`);
        }
        return this;
    }

    /** The URL of a page, given without a leading slash. */
    at(path = '') {
        return this.base + path;
    }

    /** Asks as somebody who is logged in. */
    async get(path = '', { headers = {}, ...rest } = {}) {
        try {
            return await ask(this.at(path), { headers: { Cookie: this.cookie, ...headers }, ...rest });
        } catch (error) {
            const { exitCode, signalCode } = this.child;
            if (exitCode !== null || signalCode !== null) throw new Error(`the dashboard ended (${exitCode ?? signalCode}):\n${this.err}`, { cause: error });
            throw error;
        }
    }

    /** Asks for a page as data. */
    async json(path) {
        const answer = await this.get(path);
        if (answer.status !== 200) throw new Error(`${path}: ${answer.status}\n${answer.text}`);
        return JSON.parse(answer.text);
    }

    /** Ends it by a signal; its exit code, or the signal's name where it did not answer it. */
    async stop(signal = 'SIGTERM') {
        if (this.child.exitCode === null && this.child.signalCode === null) {
            const gone = once(this.child, 'exit');
            this.child.kill(signal);
            const late = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
            await gone;
            clearTimeout(late);
        }
        return this.child.exitCode ?? this.child.signalCode;
    }
}

/** Starts the program without logging in. `flags` follow `-f FOLDER`. */
export async function start(folder, flags = []) {
    const child = spawn(MESHGLOT, ['dashboard', '-f', folder.name, '-R', ...flags], {
        cwd: folder.parent,
        stdio: ['ignore', 'pipe', 'pipe'],
    });
    withParent(child);
    const dashboard = new Dashboard(folder, child);
    atTheEnd(async () => void (await dashboard.stop()));
    await dashboard.token();
    return dashboard;
}

/** Starts the program and logs in. */
export async function serve(folder, flags = []) {
    return (await start(folder, flags)).login();
}
