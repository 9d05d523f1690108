/* global document, window, location, LANES, ITEMS */
'use strict';
{
  /** Fill and edge of each lane's bars, by its name. */
  const COLOURS = {
    steps: ['#e8eaed', '#9aa0a6'],
    breaches: ['#d93025', '#a50e0e'],
    commands: ['#cfe2f3', '#5b8db8'],
    frames: ['#fff2cc', '#bf9000'],
    INT_AP_L: ['#57a86b', '#2e7d43'],
    'power and reset': ['#d7c4ee', '#7e57c2'],
    log: ['#dde3e6', '#78909c'],
    console: ['#dcead0', '#7cb342'],
  };
  /** As in the pictures: header, wait bytes, ready byte, data. */
  const PHASES = { header: '#cfe2f3', wait: '#eceff1', ready: '#b7e1cd', data: '#fff2cc' };
  const INK = '#202124';
  const GREY = '#5f6368';
  const LEFT = 128;
  const AXIS = 26;
  const PAD = 4;
  const LETTER = 6.7;
  /** Width of a byte from which on it is written out. */
  const BYTE = 16;

  const canvas = document.getElementById('timeline');
  const details = document.getElementById('details');
  const shown = document.getElementById('window');
  const context = canvas.getContext('2d');
  const lanes = LANES.map((name, index) => ({
    name,
    height: name === 'frames' ? 58 : 30,
    items: ITEMS.filter((item) => item[0] === index),
  })).filter(({ name, items }) => items.length > 0 || name === 'frames');
  let top = AXIS;
  for (const lane of lanes) {
    lane.top = top;
    top += lane.height;
  }
  const height = top;

  const first = ITEMS.reduce((least, item) => Math.min(least, item[1]), Infinity);
  const last = ITEMS.reduce((most, item) => Math.max(most, item[1] + item[2]), -Infinity);
  const margin = Math.max((last - first) / 50, 1);
  const whole = ITEMS.length === 0 ? [0, 1] : [first - margin, last + margin];
  let [from, to] = whole;
  let chosen;

  const width = () => Math.max(canvas.clientWidth - LEFT, 50);
  const x = (at) => LEFT + ((at - from) / (to - from)) * width();
  const time = (at) => from + ((at - LEFT) / width()) * (to - from);
  /** As many digits as the window needs. */
  function format(us) {
    const [unit, size] = Math.abs(us) < 1e3 ? ['us', 1] : Math.abs(us) < 1e6 ? ['ms', 1e3] : ['s', 1e6];
    const digits = Math.ceil(Math.log10((size * 100) / (to - from)));
    return `${(us / size).toFixed(Math.min(Math.max(digits, 0), 9))} ${unit}`;
  }

  function draw() {
    const scale = window.devicePixelRatio || 1;
    canvas.style.height = `${height}px`;
    canvas.width = canvas.clientWidth * scale;
    canvas.height = height * scale;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.fillStyle = '#fff';
    context.fillRect(0, 0, canvas.clientWidth, height);
    context.font = '11px DejaVu Sans Mono, Menlo, Consolas, monospace';
    context.textBaseline = 'middle';
    for (const lane of lanes) {
      context.fillStyle = INK;
      context.fillText(lane.name, 8, lane.top + lane.height / 2);
      context.fillStyle = '#dadce0';
      context.fillRect(0, lane.top, canvas.clientWidth, 1);
    }
    context.save();
    context.beginPath();
    context.rect(LEFT, 0, width(), height);
    context.clip();
    drawAxis();
    for (const lane of lanes) drawLane(lane);
    context.restore();
    shown.textContent = `${format(from)} to ${format(to)}`;
  }

  /** A line at round times, about 110 pixels apart, each with its time. */
  function drawAxis() {
    const least = ((to - from) * 110) / width();
    const power = 10 ** Math.floor(Math.log10(least));
    const step = power * [1, 2, 5, 10].find((factor) => factor * power >= least);
    for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
      context.fillStyle = '#e8eaed';
      context.fillRect(x(at), 18, 1, height);
      context.fillStyle = GREY;
      context.fillText(format(at), x(at) + 3, 10);
    }
  }

  function drawLane({ name, top, height, items }) {
    const [fill, edge] = COLOURS[name];
    let drawn = -Infinity;
    items.forEach((item, i) => {
      const [, begin, length] = item;
      if (begin > to || begin + length < from) return;
      const left = Math.max(x(begin), LEFT - 2);
      const size = Math.max(Math.min(x(begin + length), LEFT + width() + 2) - left, 2);
      // What would lie on the same pixel is not drawn again.
      if (left + size <= drawn && item !== chosen) return;
      drawn = left + 1;
      const box = [left, top + PAD, size, height - 2 * PAD];
      context.fillStyle = size > 6 || name === 'breaches' ? fill : edge;
      context.fillRect(...box);
      if (item[5] !== undefined && size > 8) drawPhases(item, box);
      if (item === chosen || size > 6) {
        context.strokeStyle = item === chosen ? INK : edge;
        context.lineWidth = item === chosen ? 2 : 1;
        context.strokeRect(...box);
      }
      const following = items[i + 1];
      const room = length > 0 ? size - 6 : (following === undefined ? Infinity : x(following[1])) - left - 8;
      if (item[5] === undefined || !hasBytes(item)) drawLabel(item[3], box, room);
    });
  }

  function drawLabel(label, [left, top, , height], room) {
    const letters = Math.min(Math.floor(room / LETTER), label.length);
    if (letters < Math.min(4, label.length)) return;
    const text = letters < label.length ? `${label.slice(0, letters - 1)}…` : label;
    context.fillStyle = INK;
    context.fillText(text, left + 4, top + height / 2);
  }

  /** Room for the bytes themselves. */
  const hasBytes = ([, begin, length, , , bytes]) => (x(begin + length) - x(begin)) / bytes[2] >= BYTE;

  /** The phases of a frame in their colours, and its bytes, MOSI above MISO, where there is room. */
  function drawPhases(item, [, top, , height]) {
    const [, begin, length, , , [sent, received, count, dataAt]] = item;
    const at = (byte) => x(begin + (length * byte) / count);
    const part = (phase, a, b) => {
      context.fillStyle = PHASES[phase];
      if (b > a) context.fillRect(at(a), top, at(b) - at(a), height);
    };
    part('header', 0, Math.min(4, count));
    part('wait', 4, dataAt - 1);
    part('ready', Math.max(dataAt - 1, 4), dataAt);
    part('data', dataAt, count);
    if (!hasBytes(item)) return;
    context.fillStyle = INK;
    for (let i = 0; 2 * i < sent.length; i++) {
      if (at(i) > LEFT + width()) return;
      context.fillText(sent.slice(2 * i, 2 * i + 2), at(i + 0.5) - LETTER, top + height / 4);
      context.fillText(received.slice(2 * i, 2 * i + 2), at(i + 0.5) - LETTER, top + (3 * height) / 4);
    }
  }

  function show(begin, end) {
    from = begin;
    to = end;
    draw();
  }

  function zoom(factor, at) {
    const span = Math.min(Math.max((to - from) * factor, 0.01), 4 * (whole[1] - whole[0]));
    const begin = at - ((at - from) / (to - from)) * span;
    show(begin, begin + span);
  }

  const zoomAtMiddle = (factor) => zoom(factor, (from + to) / 2);
  const move = (by) => show(from + by, to + by);

  function choose(item) {
    if (item === undefined || item === chosen) return;
    chosen = item;
    details.textContent = item[4];
    draw();
  }

  /** What comes next in the lane of what is chosen: of breaches where there are any, else of frames. */
  function step(by) {
    const breaches = lanes.find(({ name }) => name === 'breaches');
    const lane = lanes.find(({ items }) => items.includes(chosen)) ?? breaches ?? lanes.at(-1);
    const current = lane.items.indexOf(chosen);
    const item = lane.items[Math.min(Math.max(current + by, 0), lane.items.length - 1)];
    if (item === undefined) return;
    chosen = undefined;
    const span = Math.min(to - from, Math.max(3 * item[2], 1000));
    const middle = item[1] + item[2] / 2;
    [from, to] = [middle - span / 2, middle + span / 2];
    choose(item);
  }

  function find(event) {
    const box = canvas.getBoundingClientRect();
    const y = event.clientY - box.top;
    const lane = lanes.find(({ top, height }) => y >= top && y < top + height);
    const at = time(event.clientX - box.left);
    const slack = (4 / width()) * (to - from);
    let best;
    for (const item of lane?.items ?? [])
      if (item[1] <= at + slack && item[1] + item[2] >= at - slack)
        if (best === undefined || item[2] <= best[2]) best = item;
    return best;
  }

  let grabbed;
  canvas.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      zoom(event.deltaY > 0 ? 1.25 : 0.8, time(event.clientX - canvas.getBoundingClientRect().left));
    },
    { passive: false },
  );
  canvas.addEventListener('mousedown', (event) => (grabbed = event.clientX));
  window.addEventListener('mouseup', () => (grabbed = undefined));
  canvas.addEventListener('mousemove', (event) => {
    if (grabbed === undefined) {
      choose(find(event));
      return;
    }
    const by = ((grabbed - event.clientX) / width()) * (to - from);
    grabbed = event.clientX;
    move(by);
  });
  const ACTS = {
    all: () => show(...whole),
    in: () => zoomAtMiddle(0.5),
    out: () => zoomAtMiddle(2),
    left: () => move((from - to) / 5),
    right: () => move((to - from) / 5),
    previous: () => step(-1),
    next: () => step(1),
  };
  const KEYS = {
    ArrowLeft: 'left',
    ArrowRight: 'right',
    '+': 'in',
    '-': 'out',
    p: 'previous',
    n: 'next',
    0: 'all',
  };
  canvas.addEventListener('dblclick', ACTS.all);
  for (const button of document.querySelectorAll('button')) button.onclick = () => ACTS[button.value]();
  window.addEventListener('keydown', ({ key }) => ACTS[KEYS[key]]?.());
  window.addEventListener('resize', draw);

  // An address that ends in #FROM-TO, in ms, opens with that window.
  const [, begin, end] = /^#(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(location.hash) ?? [];
  if (Number(end) > Number(begin)) show(1e3 * begin, 1e3 * end);
  else draw();
}
