// Which pictures there are, by what name; `node support/pictures.mjs FOLDER` tells which are missing in a folder.

import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PICTURES, PICTURES_OF_DEMO } from './pages.mjs';

export const THEMES = ['light', 'dark'];

/** CSS pixels: a screen, and a telephone. */
export const WIDTHS = [1440, 390];

/** The file of a picture. */
export function file(page, theme, width) {
    return `${page}-${theme}-${width}.png`;
}

/** All files. */
export function files() {
    return Object.keys({ ...PICTURES, ...PICTURES_OF_DEMO }).flatMap((page) => THEMES.flatMap((theme) => WIDTHS.map((width) => file(page, theme, width))));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const [, , folder] = process.argv;
    const there = new Set(readdirSync(folder));
    const missing = files().filter((name) => !there.has(name));
    const left = [...there].filter((name) => name.endsWith('.png') && !files().includes(name));
    for (const name of missing) process.stdout.write(`missing: ${name}\n`);
    for (const name of left) process.stdout.write(`of no page: ${name}\n`);
    process.exitCode = missing.length + left.length > 0 ? 1 : 0;
}
