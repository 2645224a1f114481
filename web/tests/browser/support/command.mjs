// The command line, which the pages are held against.

import { spawnSync } from 'node:child_process';
import { MESHGLOT } from './peers.mjs';

/** Runs `meshglot WORDS...` beside the folder: exit code and both streams. */
export function run(folder, words) {
    const { status, stdout, stderr, error } = spawnSync(MESHGLOT, words, { cwd: folder.parent, encoding: 'utf8', maxBuffer: 1 << 28 });
    if (error) throw error;
    return { status, stdout, stderr };
}

/** The one document of `-o json`; 0 and 1 are answers, everything above is an error. */
export function answer(folder, words) {
    const { status, stdout, stderr } = run(folder, [...words, '-o', 'json']);
    if (status > 1) throw new Error(`meshglot ${words.join(' ')}: ${status}\n${stderr}`);
    return JSON.parse(stdout);
}

/** A line as a page shows it, split into words as a shell would; without expansions, which no page needs. */
export function words(line) {
    const found = [];
    let rest = line.trim();
    while (rest !== '') {
        let word = '';
        for (let part; (part = /^(?:'([^']*)'|"((?:[^"\\$`]|\\["\\$`])*)"|\\(.)|([^\s'"\\]+))/.exec(rest)); rest = rest.slice(part[0].length)) {
            word += part[1] ?? part[2]?.replace(/\\(["\\$`])/g, '$1') ?? part[3] ?? part[4];
        }
        if (rest !== '' && !/^\s/.test(rest)) throw new Error(`not a command line: ${line}`);
        rest = rest.trimStart();
        found.push(word);
    }
    return found;
}
