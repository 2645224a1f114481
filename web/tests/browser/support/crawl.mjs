// Follows every link of the view, and every choice of its forms, until nothing new turns up.

import { structure } from './structure.mjs';

/** More addresses than the small fixture has: where there are as many, links make new links for ever. */
const MOST = 4000;

/** As many pages of one sort are opened in the browser; of the others the answer is looked at as text. */
const OPENED = 3;

/** Pages of one sort: those about objects, codes and meshes differ in their names alone. */
function sort(url) {
    const { pathname, searchParams } = new URL(url);
    const steps = pathname.split('/');
    const about = steps.findIndex((step) => ['policies', 'ns', 'codes', 'rendered'].includes(step));
    const path = about < 0 || about === steps.length - 1 ? pathname : `${steps[about]}/*`;
    return `${path}?tab=${searchParams.get('tab')}`;
}

/** What each form of data must be sent as. */
const MEDIA = { json: 'application/json', yaml: 'application/yaml', svg: 'image/svg+xml', csv: 'text/csv', atom: 'application/atom+xml' };

/** What a page is called, what it leads to, and which places it has. It runs in the page. */
function read() {
    const links = [...document.querySelectorAll('a[href]')].map((link) => link.href.baseVal ?? link.href);
    return {
        title: document.title,
        links: links.map((href) => new URL(href, document.baseURI).href),
        ids: [...document.querySelectorAll('[id]')].map(({ id }) => id),
    };
}

/** Addresses that the forms of a page lead to: as they stand, and with each choice changed once. It runs in the page. */
function choices() {
    const urls = [];
    for (const form of document.querySelectorAll('form')) {
        if (form.method !== 'get') continue;
        const send = (change) => {
            const data = new FormData(form);
            change?.(data);
            const url = new URL(form.getAttribute('action') ?? '', document.baseURI);
            url.search = new URLSearchParams(data).toString();
            urls.push(url.href);
        };
        send();
        for (const field of form.querySelectorAll('select')) {
            for (const { value } of field.options) send((data) => data.set(field.name, value));
        }
        for (const field of form.querySelectorAll('input[type="checkbox"], input[type="radio"]')) {
            send((data) => (field.checked && field.type === 'checkbox' ? data.delete(field.name) : data.set(field.name, field.value)));
        }
    }
    return urls;
}

/** The same as {@link read} of a page as text, as the server writes it: attributes in double quotes, escaped. */
function readText(url, text) {
    const plain = (escaped) => escaped.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(code)).replace(/&quot;/g, '"').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');
    const all = (attribute) => [...text.matchAll(attribute)].map(([, value]) => plain(value));
    return {
        title: plain(text.match(/<title>([^<]*)/)?.[1] ?? ''),
        links: all(/<a\b[^>]*?\shref="([^"]*)"/g).map((href) => new URL(href, url).href),
        ids: all(/\sid="([^"]*)"/g),
    };
}

/** One walk through the view. */
class Crawl {
    constructor(seen, look) {
        this.seen = seen;
        this.look = look;
        this.base = seen.dashboard.base;
        /** What is not as it should be. */
        this.wrong = [];
        /** Address to title and places. */
        this.pages = new Map();
        /** Links to places in pages: from where, and to what. */
        this.anchors = [];
        this.known = new Set([this.base]);
        this.queue = [this.base];
        /** How many pages of a sort were come to. */
        this.opened = new Map();
    }

    async run() {
        for (let url; (url = this.queue.shift()) !== undefined; ) {
            if (this.known.size > MOST) {
                this.wrong.push(`more than ${MOST} addresses, such as ${[...this.known].slice(-3).join(' ')}`);
                return;
            }
            const path = new URL(url).pathname;
            const form = /\.(json|yaml|svg|csv|atom)$/.exec(path)?.[1];
            if (form !== undefined) await this.data(url, form);
            else if (path === new URL('theme', this.base).pathname) await this.theme(url);
            else await this.page(url);
        }
        for (const [from, target] of this.anchors) {
            const [url, id] = target.split('#');
            const page = this.pages.get(url);
            if (page && !page.ids.includes(decodeURIComponent(id))) this.wrong.push(`${from}: a link to a place that is not there: ${target}`);
        }
    }

    /** Notes where a page leads. */
    come(from, target) {
        const url = new URL(target);
        if (!url.href.startsWith(this.base)) {
            this.wrong.push(`${from}: a link out of ${this.base}: ${target}`);
            return;
        }
        if (url.hash !== '') this.anchors.push([from, url.href]);
        url.hash = '';
        if (this.known.has(url.href)) return;
        this.known.add(url.href);
        this.queue.push(url.href);
    }

    async page(url) {
        const times = (this.opened.get(sort(url)) ?? 0) + 1;
        this.opened.set(sort(url), times);
        const page = times > OPENED ? await this.text(url) : await this.browse(url, times === 1);
        this.pages.set(url, page);
        for (const target of page.links) this.come(url, target);
    }

    /** Opens a page as people do. The first of a sort has all choices, without their combinations. */
    async browse(url, first) {
        const { page, told } = this.seen;
        const answer = await page.goto(url, { waitUntil: 'load' });
        if (answer.status() !== 200) this.wrong.push(`${url}: ${answer.status()}`);
        this.wrong.push(...told.take());
        for (const line of [...(await structure(this.seen)), ...(await this.look(this.seen))]) this.wrong.push(`${url}: ${line}`);
        if (first) for (const target of await page.evaluate(choices)) this.come(url, target);
        return page.evaluate(read);
    }

    async text(url) {
        const { status, text } = await this.ask(url);
        if (status !== 200) this.wrong.push(`${url}: ${status}`);
        if (text.match(/<h1[ >]/g)?.length !== 1) this.wrong.push(`${url}: not one h1`);
        return readText(url, text);
    }

    async data(url, form) {
        const { status, headers, text } = await this.ask(url);
        if (status !== 200) this.wrong.push(`${url}: ${status}`);
        else if (!headers['content-type'].startsWith(MEDIA[form])) this.wrong.push(`${url}: sent as ${headers['content-type']}`);
        else if (form === 'json') JSON.parse(text);
    }

    async theme(url) {
        const { status, headers } = await this.ask(url);
        if (status === 303) this.come(url, new URL(headers.location, url).href);
        else this.wrong.push(`${url}: ${status}`);
    }

    ask(url) {
        return this.seen.dashboard.get(url.slice(this.base.length));
    }
}

/**
 * Follows everything from the start page on. `wrong`: what is not as it should be; `pages`: address to title.
 * `look` is called with each page that is open, and gives more lines of what is wrong.
 */
export async function crawl(seen, look = async () => []) {
    const walk = new Crawl(seen, look);
    await walk.run();
    return { wrong: [...new Set(walk.wrong)], pages: new Map([...walk.pages].map(([url, { title }]) => [url, title])) };
}

/** Titles that pages at different paths share: two entries of a history that nobody can tell apart. */
export function shared(pages) {
    const paths = new Map();
    for (const [url, title] of pages) {
        const { pathname, searchParams } = new URL(url);
        const place = searchParams.has('tab') ? `${pathname}?tab=${searchParams.get('tab')}` : pathname;
        paths.set(title, (paths.get(title) ?? new Set()).add(place));
    }
    return [...paths].filter(([, places]) => places.size > 1).map(([title, places]) => `${title}: ${[...places].join(' ')}`);
}
