// What a browser complains about while a page is open, and where it turned to.

/** Events of one page, each as a line. Empty lists: nothing to complain about. */
export class Told {
    constructor(origin) {
        this.origin = origin;
        /** Errors on the console, exceptions included. */
        this.errors = [];
        /** Requests without an answer, or with 400 and above. */
        this.failed = [];
        /** Requests to anything but this server. */
        this.foreign = [];
        /** What the content security policy kept from happening. */
        this.violations = [];
        /** `alert` and the like: nothing of ours opens one. */
        this.dialogs = [];
    }

    /** Begins to listen. Violations come from the browser itself, so that they are seen without JavaScript too. */
    async listen(page, session) {
        page.on('console', (message) => {
            if (message.type() === 'error') this.errors.push(`${page.url()}: ${message.text()}`);
        });
        page.on('pageerror', (error) => this.errors.push(`${page.url()}: ${error}`));
        page.on('request', (request) => {
            const url = request.url();
            if (!url.startsWith(`${this.origin}/`) && !url.startsWith('data:')) this.foreign.push(`${page.url()}: ${url}`);
        });
        page.on('requestfailed', (request) => {
            // A page that is left gives up what it still waits for: streams of events above all.
            const why = request.failure()?.errorText;
            if (why !== 'net::ERR_ABORTED') this.failed.push(`${request.method()} ${request.url()}: ${why}`);
        });
        page.on('response', (response) => {
            if (response.status() >= 400) this.failed.push(`${response.request().method()} ${response.url()}: ${response.status()}`);
        });
        page.on('dialog', (dialog) => {
            this.dialogs.push(`${page.url()}: ${dialog.type()} ${dialog.message()}`);
            return dialog.dismiss();
        });
        session.on('Audits.issueAdded', ({ issue }) => {
            const policy = issue.details.contentSecurityPolicyIssueDetails;
            if (policy) this.violations.push(`${page.url()}: ${policy.violatedDirective} ${policy.blockedURL ?? 'inline'}`);
        });
        await session.send('Audits.enable');
    }

    /** Everything, each line with its sort. */
    all() {
        const sorts = ['errors', 'failed', 'foreign', 'violations', 'dialogs'];
        return sorts.flatMap((sort) => this[sort].map((line) => `${sort}: ${line}`));
    }

    /** What was told since the last time, which is then forgotten. */
    take() {
        const all = this.all();
        for (const sort of ['errors', 'failed', 'foreign', 'violations', 'dialogs']) this[sort] = [];
        return all;
    }
}
