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

  async function refresh(quietly = false) {
    await htmx.ajax('GET', location.pathname + location.search, { target: '#main', select: '#main', swap: 'outerMorph' });
    drawn = newest;
    ready();
    if (!quietly && !one('[data-again]')) say('Updated');
  }

  async function state(text) {
    newest = text;
    if (newest === drawn) return;
    if (paused) say('Paused: there is a newer state'); else await refresh();
  }

  function follow() {
    if (rows() || !('live' in body.dataset) || !window.EventSource) return;
    let failures = 0;
    const events = new EventSource(`${base}/sse/state`);
    events.addEventListener('state', (event) => { failures = 0; return state(event.data); });
    events.addEventListener('error', () => {
      failures += 1;
      say(failures < 3 ? 'Reconnecting' : 'Not connected: what is shown may be old');
    });
    events.addEventListener('open', () => { if (failures) say('Connected'); failures = 0; });
  }

  // Numbers of a mesh that runs grow old: such a page is fetched again from time to time, where somebody looks.
  function repeat() {
    const every = Number(one('[data-every]')?.dataset.every ?? 0);
    if (!every) return;
    setInterval(() => { if (!paused && !document.hidden) refresh(true).catch(() => say('Not connected: what is shown may be old')); }, every * 1000);
  }

  function pause() {
    const streaming = rows();
    if (!streaming && !('live' in body.dataset) && !one('[data-every]')) return;
    paused = !paused;
    if (streaming) { stream.pause(); return; }
    say(paused ? 'Paused' : 'Following edits');
    if (!paused && newest !== drawn) refresh();
  }

  // Rows of a mesh that runs, as they come: put in at the top, in batches; focus and scroll stay.

  const rows = () => one('[data-stream]');

  // Text that is there already is left alone: a change of nothing would be read aloud again.
  const write = (element, text) => { if (element.textContent !== text) element.textContent = text; };

  const stream = {
    most: 200,
    // Milliseconds: between two changes of the page, between two of what is read aloud, between two questions without a stream.
    batch: 150, aloud: 10_000, poll: 10_000,
    events: null, failures: 0, polling: null,
    // What came and is not shown yet, the oldest first; and what is to be read aloud.
    waiting: [], rates: null, missed: 0, drawing: false, renew: false, came: 0, denied: 0,

    open() {
      const at = rows();
      if (!at || !window.EventSource) return;
      this.events?.close();
      // The page tells where it goes on; a browser that reconnects by itself tells more exactly.
      const events = new EventSource(at.dataset.stream);
      this.events = events;
      const on = (name, does) => events.addEventListener(name, (event) => { if (this.events === events) does(event.data); });
      on('open', () => {
        this.failures = 0;
        clearInterval(this.polling);
        this.polling = null;
        this.tell();
      });
      on('row', (data) => { this.waiting.push(data); this.count(data); this.later(); });
      on('gone', (data) => { this.waiting.push({ gone: data }); this.later(); });
      on('rates', (data) => { this.rates = data; this.later(); });
      on('gap', (data) => { this.missed += Number(data); this.later(); });
      // Numbers of another process mean nothing here: the whole page is asked for.
      on('restart', () => { if (paused) { events.close(); this.renew = true; } else this.again(); });
      on('state', (data) => state(data).then(() => this.later()));
      on('error', () => {
        this.failures += 1;
        // A browser does not come back to what is refused.
        if (this.failures >= 3 || events.readyState === EventSource.CLOSED) this.fall(); else this.tell();
      });
      this.tell();
    },

    async again() {
      this.events?.close();
      this.events = null;
      this.waiting = [];
      try { await refresh(true); } catch { this.fall(); return; }
      this.open();
    },

    // Asks for the page instead, and tries the stream again each time that it is there.
    fall() {
      this.events?.close();
      this.events = null;
      if (this.polling === null) this.polling = setInterval(() => { if (!paused && !document.hidden) this.ask(); }, this.poll);
      this.tell();
    },

    async ask() {
      const answer = await fetch(location.href, { headers: { accept: 'text/html' } }).catch(() => null);
      if (answer?.ok) await this.again();
    },

    pause() {
      this.tell();
      if (paused) return;
      if (this.renew) { this.renew = false; this.again(); return; }
      this.show();
      if (newest !== drawn) refresh().then(() => this.later());
    },

    tell() {
      const what = rows()?.dataset.what;
      const line = one('#streaming');
      const button = one('#pause');
      if (!line || !button) return;
      button.hidden = false;
      write(button, paused ? 'Go on' : 'Pause');
      write(line, paused ? `Paused: new ${what} wait` : this.connection(what));
    },

    connection(what) {
      if (this.polling !== null) return `Not connected: asking every ${this.poll / 1000} s`;
      if (this.failures > 0) return 'Reconnecting';
      return this.events?.readyState === EventSource.OPEN ? `New ${what} show as they come` : 'Connecting';
    },

    count(data) {
      this.came += 1;
      if (/<span class="badge bad">/.test(data)) this.denied += 1;
    },

    later() {
      // No more is kept than is shown.
      if (this.waiting.length > this.most) this.waiting.splice(0, this.waiting.length - this.most);
      if (paused || this.drawing) return;
      this.drawing = true;
      setTimeout(() => { this.drawing = false; if (!paused) this.show(); }, this.batch);
    },

    show() {
      const at = rows();
      const list = at && one(at.dataset.rows);
      if (!list) return;
      const fresh = document.createDocumentFragment();
      for (const data of this.waiting.splice(0)) {
        if (data.gone) { (document.getElementById(`e${data.gone}`) ?? fresh.querySelector(`#e${data.gone}`))?.remove(); continue; }
        const template = document.createElement('template');
        template.innerHTML = data;
        const line = template.content.firstElementChild;
        // What is there already came twice: the newer one counts, in its place.
        const known = list.querySelector(`#${line.id}`) ?? fresh.querySelector(`#${line.id}`);
        if (known) known.replaceWith(line); else fresh.prepend(line);
      }
      if (fresh.childElementCount) this.put(list, fresh);
      if (this.rates !== null) { const box = one('#rates'); if (box) box.innerHTML = this.rates; this.rates = null; }
      const none = one('#none');
      if (none) none.hidden = list.childElementCount > 0;
      const gap = one('#gap');
      if (gap && this.missed) { gap.hidden = false; gap.textContent = `${this.missed} ${at.dataset.what} at most are not shown: they are not remembered, or came too fast.`; }
    },

    // The line that somebody looks at stays where it is: what is above it grows, the page is scrolled as much.
    put(list, fresh) {
      const held = list.contains(document.activeElement) ? document.activeElement.closest('tr') : scrollY > 0 ? [...list.children].find((line) => line.getBoundingClientRect().bottom > 0) : null;
      const before = held?.getBoundingClientRect().top;
      list.prepend(fresh);
      // A line with the focus in it is never taken away.
      for (let last = list.lastElementChild; list.childElementCount > this.most && last;) {
        const next = last.previousElementSibling;
        if (!last.contains(document.activeElement)) last.remove();
        last = next;
      }
      if (held?.isConnected) { const moved = held.getBoundingClientRect().top - before; if (moved) scrollBy({ top: moved, behavior: 'instant' }); }
    },

    aloudLine() {
      const line = one('#summary');
      if (!line || paused || this.came === 0) return;
      const what = rows().dataset.what;
      line.textContent = what === 'calls' ? `${this.came} calls, ${this.denied} denied` : `${this.came} new ${what}`;
      this.came = 0;
      this.denied = 0;
    },
  };

  function listen() {
    if (!rows()) return;
    stream.open();
    setInterval(() => stream.aloudLine(), stream.aloud);
  }

  // Keys.

  const places = { o: '/', t: '/topology', s: '/services', p: '/policies', m: '/access', c: '/capabilities', y: '/playground', l: '/live', x: '/proxies', e: '/events' };
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
    if (event.target.closest('#pause')) pause();
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
    if (stream.events || stream.polling !== null) stream.tell();
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
  listen();
  repeat();
  playground();
})();
