// What pages can do more with a script: keys, copying, following edits. Every page works without.
(() => {
  'use strict';
  const body = document.body;
  const base = body.dataset.base;
  const store = { get: (key) => { try { return localStorage.getItem(key); } catch { return null; } }, set: (key, value) => { try { localStorage.setItem(key, value); } catch { /* Not kept. */ } } };
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // Copying.

  async function copy(button) {
    const text = one(button.dataset.copy)?.textContent ?? '';
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Not allowed';
    }
    setTimeout(() => { button.textContent = label; }, 1500);
  }

  async function copyYaml() {
    const href = one('[data-yaml]')?.getAttribute('href');
    if (!href) return;
    const answer = await fetch(href);
    if (answer.ok) await navigator.clipboard.writeText(await answer.text());
    say('YAML copied');
  }

  function say(text) {
    const line = one('#following');
    if (!line) return;
    line.hidden = false;
    line.textContent = text;
  }

  // Following edits: the page is fetched again and its changed parts are put in place; focus and scroll stay.

  let paused = false;
  // The state that is drawn: its number, and whether a newer one could not be read.
  let drawn = body.dataset.state;
  let newest = drawn;

  async function refresh() {
    await htmx.ajax('GET', location.pathname + location.search, { target: '#main', select: '#main', swap: 'outerMorph' });
    drawn = newest;
    ready();
    if (!one('[data-again]')) say('Updated');
  }

  function follow() {
    if (!('live' in body.dataset) || !window.EventSource) return;
    let failures = 0;
    const events = new EventSource(`${base}/events`);
    events.addEventListener('state', async (event) => {
      failures = 0;
      newest = event.data;
      if (newest === drawn) return;
      if (paused) say('Paused: there is a newer state'); else await refresh();
    });
    events.addEventListener('error', () => {
      failures += 1;
      say(failures < 3 ? 'Reconnecting' : 'Not connected: what is shown may be old');
    });
    events.addEventListener('open', () => { if (failures) say('Connected'); failures = 0; });
  }

  function pause() {
    if (!('live' in body.dataset)) return;
    paused = !paused;
    say(paused ? 'Paused' : 'Following edits');
    if (!paused && newest !== drawn) refresh();
  }

  // Keys.

  const places = { o: '/', t: '/topology', s: '/services', p: '/policies', m: '/access', c: '/capabilities', x: '/playground' };
  let going = false;
  const keysAreOn = () => store.get('meshglot-keys') !== 'off';

  function row(step) {
    const rows = all('tbody tr').filter((line) => one('a', line) && line.offsetParent);
    if (!rows.length) return;
    const at = rows.findIndex((line) => line.contains(document.activeElement));
    const next = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1)];
    one('a', next).focus();
    next.scrollIntoView({ block: 'nearest' });
  }

  function tab(step) {
    const tabs = all('.tabs a');
    const at = tabs.findIndex((link) => link.hasAttribute('aria-current'));
    tabs[at + step]?.click();
  }

  function cell(event) {
    const here = event.target.closest('[role="grid"] td, [role="grid"] th');
    const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -999], End: [0, 999] };
    const step = steps[event.key];
    if (!here || !step) return false;
    const line = here.parentElement;
    const lines = all('tr', here.closest('table'));
    const to = lines[Math.min(Math.max(lines.indexOf(line) + step[0], 1), lines.length - 1)];
    const cells = to ? [...to.children] : [];
    const next = cells[Math.min(Math.max([...line.children].indexOf(here) + step[1], 1), cells.length - 1)];
    const link = next && one('a', next);
    if (!link) return false;
    all('[role="grid"] td a').forEach((other) => { other.tabIndex = -1; });
    link.tabIndex = 0;
    link.focus();
    event.preventDefault();
    return true;
  }

  document.addEventListener('keydown', (event) => {
    const field = event.target.closest('input, textarea, select, [contenteditable]');
    if (event.key === 'Escape') { going = false; (field ?? document.activeElement)?.blur(); return; }
    if (field || event.ctrlKey || event.metaKey || event.altKey || !keysAreOn()) return;
    if (cell(event)) return;
    if (going) {
      going = false;
      const place = places[event.key];
      if (place) location.assign(`${base}${place}`);
      return;
    }
    const does = {
      g: () => { going = true; },
      '?': () => location.assign(`${base}/keys`),
      '/': () => (one('main input[type="search"]') ?? one('main input, main textarea'))?.focus(),
      j: () => row(1),
      k: () => row(-1),
      '[': () => tab(-1),
      ']': () => tab(1),
      d: () => one('.tabs a[data-tab="diff"]')?.click(),
      y: copyYaml,
      p: pause,
    }[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  });

  document.addEventListener('click', (event) => {
    const button = event.target.closest('button[data-copy]');
    if (button) copy(button);
  });

  // Fields that apply themselves when they change; without a script there is a button.
  document.addEventListener('change', (event) => {
    const form = event.target.closest('form[data-auto]');
    if (form && event.target.type !== 'search') form.requestSubmit();
  });

  // The playground: its text in the address, behind the #, which no server sees.

  async function through(stream, bytes) {
    const answer = new Response(new Blob([bytes]).stream().pipeThrough(stream));
    return new Uint8Array(await answer.arrayBuffer());
  }

  async function packed(text) {
    const bytes = await through(new CompressionStream('deflate-raw'), new TextEncoder().encode(text));
    const letters = btoa(bytes.reduce((all, byte) => all + String.fromCharCode(byte), ''));
    return letters.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  }

  async function unpacked(word) {
    const letters = atob(word.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true }).decode(await through(new DecompressionStream('deflate-raw'), bytes));
  }

  async function playground() {
    const form = one('#play');
    if (!form || !window.CompressionStream) return;
    const text = one('#text', form);
    const share = one('#share', form);
    share.hidden = false;
    share.onclick = async () => {
      history.replaceState(null, '', `${location.pathname}#s=${await packed(text.value)}`);
      await navigator.clipboard.writeText(location.href).catch(() => {});
      share.textContent = 'Copied';
      setTimeout(() => { share.textContent = 'Copy link'; }, 1500);
    };
    if (!location.hash.startsWith('#s=')) return;
    const shared = await unpacked(location.hash.slice(3)).catch(() => null);
    if (shared === null) { say('This link holds no policy'); return; }
    if (shared !== text.value) { text.value = shared; form.requestSubmit(); }
  }

  // What only works with a script shows itself when there is one.
  function ready() {
    all('button.copy').forEach((button) => { button.hidden = false; });
    if (one('[data-again]')) setTimeout(refresh, 1000);
    const grid = all('[role="grid"] td a');
    grid.forEach((link, at) => { link.tabIndex = at === 0 ? 0 : -1; });
    const keys = one('#keys-switch');
    if (!keys) return;
    const show = () => { keys.textContent = keysAreOn() ? 'Keys are on: turn off' : 'Keys are off: turn on'; keys.setAttribute('aria-pressed', String(keysAreOn())); };
    keys.hidden = false;
    keys.onclick = () => { store.set('meshglot-keys', keysAreOn() ? 'off' : 'on'); show(); };
    show();
  }

  ready();
  follow();
  playground();
})();
