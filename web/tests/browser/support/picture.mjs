// Pictures that are small: a palette instead of a colour for each dot.

import { peer } from './peers.mjs';

const UPNG = peer('upng-js');

/** Colours of a picture. Pages have few, and the shades around letters come close to those. */
const COLOURS = 64;

/** A PNG with the same dots, of at most {@link COLOURS} colours. */
export function small(png) {
    const picture = UPNG.decode(png);
    const [dots] = UPNG.toRGBA8(picture);
    return Buffer.from(UPNG.encode([dots], picture.width, picture.height, COLOURS));
}
