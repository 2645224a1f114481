// Whatever a test file starts is ended when the file is done, also where it fails or is interrupted.

import { after } from 'node:test';

const endings = [];

/** `end` is called, and waited for, after the last test of the file; the last that was started ends first. */
export function atTheEnd(end) {
    endings.push(end);
}

after(async () => {
    const failures = [];
    for (const end of endings.splice(0).reverse()) {
        await end().catch((failure) => failures.push(failure));
    }
    if (failures.length > 0) throw new AggregateError(failures, 'something that was started could not be ended');
});

/** Ends a child that outlives its parent otherwise: a runner that gives up on a file leaves it by `exit`. */
export function withParent(child) {
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
}
