// Requests without a browser: any method, any Host and Origin, no redirect followed.

import { request } from 'node:http';

/**
 * Asks for a URL. `headers` may hold `Host` and `Origin`, which a browser would not let us choose; `path` is sent as it
 * is, in place of that of the URL.
 * The answer's `bytes` are as they came over the wire, compressed if the request allowed it.
 */
export function ask(url, { method = 'GET', headers = {}, body, ...more } = {}) {
    return new Promise((resolve, reject) => {
        // No connection is kept, so that a server that ends never waits for us.
        const sent = request(url, { method, headers, agent: false, ...more }, (response) => {
            const chunks = [];
            response.on('data', (chunk) => chunks.push(chunk));
            response.on('error', reject);
            response.on('end', () => {
                const bytes = Buffer.concat(chunks);
                resolve({ status: response.statusCode, headers: response.headers, bytes, text: bytes.toString('utf8') });
            });
        });
        sent.setTimeout(30_000, () => sent.destroy(new Error(`no answer within 30 s: ${method} ${url}`)));
        sent.on('error', reject);
        sent.end(body);
    });
}

/** `name=value` of the first cookie that the answer sets, and its attributes in lower case. */
export function cookie(answer) {
    const [line] = answer.headers['set-cookie'] ?? [];
    if (line === undefined) return undefined;
    const [pair, ...attributes] = line.split(';').map((part) => part.trim());
    return { pair, attributes: attributes.map((attribute) => attribute.toLowerCase()) };
}
