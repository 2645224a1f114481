// Accessibility by axe-core: what WCAG 2.2 AA and good practice ask for, as far as a program can see it.

import { AXE } from './peers.mjs';

/** Rules of axe: those of WCAG 2.0 to 2.2 at levels A and AA, and good practice. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/**
 * Critical and serious violations of the page, one line for each place.
 * It runs through the debugger: the content security policy forbids `eval`, which is as it should be.
 */
export async function audit({ session }) {
    const evaluate = async (expression) => {
        const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
            expression,
            awaitPromise: true,
            returnByValue: true,
            allowUnsafeEvalBlockedByCSP: true,
        });
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
        return result.value;
    };
    // A page that was loaded without JavaScript stays as it is; only axe, and what it waits for, runs from here on. This
    // session has to forbid first what another forbade, or allowing it would be no change.
    await session.send('Emulation.setScriptExecutionDisabled', { value: true });
    await session.send('Emulation.setScriptExecutionDisabled', { value: false });
    await evaluate(`${AXE}; undefined`);
    const found = await evaluate(`axe.run(document, {
        runOnly: { type: 'tag', values: ${JSON.stringify(TAGS)} },
        resultTypes: ['violations'],
    }).then(({ violations }) => violations)`);
    const grave = found.filter(({ impact }) => impact === 'critical' || impact === 'serious');
    return grave.flatMap(({ id, impact, help, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${impact} ${id}: ${help}: ${target.join(' ')}: ${failureSummary.replace(/\s+/g, ' ')}`),
    );
}
