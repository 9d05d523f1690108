/* global document, window, LANES, ITEMS */
'use strict';
{
  const COLOURS = ['#dadce0', '#f6aea9', '#cfe2f3', '#fff2cc', '#b7e1cd', '#e6d7f5', '#eceff1', '#e8f0e0'];
  const LEFT = 130;
  const LANE = 34;
  const AXIS = 26;
  const canvas = document.getElementById('timeline');
  const details = document.getElementById('details');
  const shown = document.getElementById('window');
  const context = canvas.getContext('2d');
  const first = ITEMS.reduce((least, item) => Math.min(least, item[1]), Infinity);
  const last = ITEMS.reduce((most, item) => Math.max(most, item[1] + item[2]), -Infinity);
  const whole = ITEMS.length === 0 ? [0, 1] : [first, Math.max(last, first + 1)];
  let [from, to] = whole;
  let chosen;

  const width = () => canvas.clientWidth - LEFT;
  const x = (at) => LEFT + ((at - from) / (to - from)) * width();
  const time = (at) => from + ((at - LEFT) / width()) * (to - from);
  const format = (us) =>
    to - from < 1000
      ? `${us.toFixed(3)} us`
      : to - from < 1e6
        ? `${(us / 1e3).toFixed(4)} ms`
        : `${(us / 1e6).toFixed(4)} s`;

  function draw() {
    const scale = window.devicePixelRatio || 1;
    const height = AXIS + LANES.length * LANE;
    canvas.style.height = `${height}px`;
    canvas.width = canvas.clientWidth * scale;
    canvas.height = height * scale;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, canvas.clientWidth, height);
    context.font = '11px DejaVu Sans Mono, Menlo, Consolas, monospace';
    context.textBaseline = 'middle';
    drawAxis(height);
    LANES.forEach((lane, i) => {
      context.fillStyle = '#202124';
      context.fillText(lane, 8, AXIS + i * LANE + LANE / 2);
      context.strokeStyle = '#eceff1';
      context.strokeRect(0, AXIS + i * LANE, canvas.clientWidth, LANE);
    });
    context.save();
    context.beginPath();
    context.rect(LEFT, 0, width(), height);
    context.clip();
    const next = LANES.map(() => -Infinity);
    for (const item of ITEMS) if (item[1] <= to && item[1] + item[2] >= from) drawItem(item, next);
    context.restore();
    shown.textContent = `${format(from)} to ${format(to)}, ${ITEMS.length} things`;
  }

  function drawAxis(height) {
    const step = 10 ** Math.floor(Math.log10((to - from) / 4));
    context.fillStyle = '#6b7177';
    context.strokeStyle = '#dadce0';
    for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
      const place = x(at);
      context.beginPath();
      context.moveTo(place, 18);
      context.lineTo(place, height);
      context.stroke();
      if (Math.round(at / step) % Math.ceil((90 * (to - from)) / step / width()) === 0)
        context.fillText(format(at), place + 3, 9);
    }
  }

  function drawItem(item, next) {
    const [lane, begin, length, label] = item;
    const left = Math.max(LEFT, x(begin));
    const size = Math.max(2, x(begin + length) - left);
    // What would lie on the same pixel is not drawn again.
    if (left + size <= next[lane]) return;
    const top = AXIS + lane * LANE + 5;
    context.fillStyle = COLOURS[lane];
    context.fillRect(left, top, size, LANE - 10);
    context.strokeStyle = item === chosen ? '#202124' : '#b0b6bb';
    context.strokeRect(left, top, size, LANE - 10);
    next[lane] = left + 1;
    const room = length > 0 ? size - 6 : 120;
    if (room < 24) return;
    context.fillStyle = '#202124';
    context.fillText(label.slice(0, Math.floor(room / 6.7)), left + 4, top + (LANE - 10) / 2);
  }

  function zoom(factor, at) {
    const span = Math.min(Math.max((to - from) * factor, 0.01), 4 * (whole[1] - whole[0]));
    const share = (at - from) / (to - from);
    from = at - share * span;
    to = from + span;
    draw();
  }

  function move(by) {
    from += by;
    to += by;
    draw();
  }

  function find(event) {
    const box = canvas.getBoundingClientRect();
    const lane = Math.floor((event.clientY - box.top - AXIS) / LANE);
    const at = time(event.clientX - box.left);
    const slack = (4 / width()) * (to - from);
    let best;
    for (const item of ITEMS)
      if (item[0] === lane && item[1] <= at + slack && item[1] + item[2] >= at - slack)
        if (best === undefined || item[2] <= best[2]) best = item;
    return best;
  }

  let grabbed;
  canvas.addEventListener('wheel', (event) => {
    event.preventDefault();
    zoom(event.deltaY > 0 ? 1.25 : 0.8, time(event.clientX - canvas.getBoundingClientRect().left));
  });
  canvas.addEventListener('mousedown', (event) => (grabbed = event.clientX));
  window.addEventListener('mouseup', () => (grabbed = undefined));
  canvas.addEventListener('mousemove', (event) => {
    if (grabbed !== undefined) {
      const by = ((grabbed - event.clientX) / width()) * (to - from);
      grabbed = event.clientX;
      move(by);
      return;
    }
    const item = find(event);
    if (item === undefined || item === chosen) return;
    chosen = item;
    details.textContent = item[4];
    draw();
  });
  canvas.addEventListener('dblclick', () => {
    [from, to] = whole;
    draw();
  });
  canvas.addEventListener('keydown', (event) => {
    const span = to - from;
    if (event.key === 'ArrowLeft') move(-span / 5);
    else if (event.key === 'ArrowRight') move(span / 5);
    else if (event.key === '+') zoom(0.5, (from + to) / 2);
    else if (event.key === '-') zoom(2, (from + to) / 2);
  });
  window.addEventListener('resize', draw);
  draw();
}
