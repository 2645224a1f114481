// What every page is made of, whatever it shows: read from the document as it stands.

/** Rules that a page breaks, one line each. It runs in the page, so it uses nothing from outside. */
function broken() {
    const all = (selector) => [...document.querySelectorAll(selector)];
    const shown = (element) => element.outerHTML.replace(/\s+/g, ' ').slice(0, 100);
    const wrong = [];
    const count = (selector, wanted) => {
        const found = all(selector).length;
        if (found !== wanted) wrong.push(`${found} of ${selector}, not ${wanted}`);
    };
    count('h1', 1);
    count('main#main', 1);
    count('body > header', 1);
    count('body > footer', 1);
    count('header nav[aria-label]', 1);
    if (document.documentElement.lang === '') wrong.push('no language');
    if (document.querySelector('a[href]')?.getAttribute('href') !== '#main') wrong.push('the first link does not skip to the content');
    for (const table of all('table')) {
        if (table.caption === null || table.caption.textContent.trim() === '') wrong.push(`a table without a caption: ${shown(table)}`);
    }
    for (const head of all('th:not([scope])')) wrong.push(`a heading of a table without scope: ${shown(head)}`);
    for (const element of all('[style], style, script:not([src])')) wrong.push(`inline: ${shown(element)}`);
    for (const element of all('*')) {
        for (const { name } of element.attributes) if (name.startsWith('on')) wrong.push(`a handler in the page: ${shown(element)}`);
    }
    for (const link of all('a[href^="#"]')) {
        const id = decodeURIComponent(link.getAttribute('href').slice(1));
        if (id !== '' && document.getElementById(id) === null) wrong.push(`a link to a place that is not there: #${id}`);
    }
    const ids = all('[id]').map(({ id }) => id);
    const twice = ids.filter((id, at) => ids.indexOf(id) !== at);
    if (twice.length > 0) wrong.push(`ids that occur twice: ${[...new Set(twice)].join(', ')}`);
    for (const mark of all('.badge')) {
        if (!/[a-z]{2}/i.test(mark.textContent)) wrong.push(`a verdict without a word: ${shown(mark)}`);
    }
    return wrong;
}

/** Rules that the open page breaks. */
export function structure({ page }) {
    return page.evaluate(broken);
}

/** The command that the page says answers the same, or `undefined`. */
export async function command({ page }) {
    const line = page.locator('footer .cli code');
    return (await line.count()) === 1 ? line.textContent() : undefined;
}
