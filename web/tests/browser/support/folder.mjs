// Folders of policy that a test may change: copies of fixtures, or files given as text.

import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atTheEnd } from './ended.mjs';
import { ROOT } from './peers.mjs';

const FIXTURES = join(dirname(fileURLToPath(import.meta.url)), '../fixtures');

/** A folder `name` in a temporary one, from which programs are run, so that places read `name/file.yaml` everywhere. */
class Folder {
    constructor(name) {
        this.name = name;
        this.parent = mkdtempSync(join(tmpdir(), 'meshglot-browser-'));
        this.path = join(this.parent, name);
        mkdirSync(this.path);
        atTheEnd(async () => rmSync(this.parent, { recursive: true, force: true }));
    }

    /** Writes a file as editors do: whoever reads meanwhile sees the old text or the new one, never half of it. */
    write(file, text) {
        const target = join(this.path, file);
        mkdirSync(dirname(target), { recursive: true });
        const beside = join(this.parent, 'being-written');
        writeFileSync(beside, text);
        renameSync(beside, target);
    }

    read(file) {
        return readFileSync(join(this.path, file), 'utf8');
    }

    /** Replaces text that the file holds exactly once. */
    edit(file, find, replace) {
        const parts = this.read(file).split(find);
        if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times: ${find}`);
        this.write(file, parts.join(replace));
    }

    rename(from, to) {
        renameSync(join(this.path, from), join(this.path, to));
    }

    /** Puts something in place of a file that nobody can read: a link to itself. Root may read everything else. */
    makeUnreadable(file) {
        rmSync(join(this.path, file));
        symlinkSync(file, join(this.path, file));
    }

    remove(file) {
        rmSync(join(this.path, file), { recursive: true });
    }

    /** A digest of all names and texts: equal if and only if nothing was changed. */
    digest() {
        const hash = createHash('sha256');
        const files = readdirSync(this.path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
        for (const file of files.map((entry) => join(entry.parentPath ?? entry.path, entry.name)).sort()) {
            hash.update(file).update('\0').update(readFileSync(file)).update('\0');
        }
        return hash.digest('hex');
    }
}

/** A copy of `fixtures/NAME`. */
export function fixture(name) {
    const folder = new Folder(name);
    cpSync(join(FIXTURES, name), folder.path, { recursive: true });
    return folder;
}

/** A copy of `examples/NAME`, without what is rendered from it. */
export function example(name) {
    const folder = new Folder(name);
    cpSync(join(ROOT, 'examples', name), folder.path, { recursive: true });
    rmSync(join(folder.path, 'rendered'), { recursive: true, force: true });
    return folder;
}

/** A folder with these files, given by name. */
export function files(name, texts = {}) {
    const folder = new Folder(name);
    for (const [file, text] of Object.entries(texts)) folder.write(file, text);
    return folder;
}
