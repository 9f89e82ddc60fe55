// The brush over the whole period: a new range by dragging, its ends and the whole of it by handles, which are sliders for
// the keyboard.

// Follows the pointer from where it goes down on ELEMENT. begin(x) returns a function that takes later places, and whether
// the pointer was lifted there; x is 0 to 1.
function follow (element, begin) {
  element.addEventListener('pointerdown', (down) => {
    if (down.button !== 0) return
    const box = element.getBoundingClientRect()
    const place = (event) => Math.max(0, Math.min(1, (event.clientX - box.left) / box.width))
    const take = begin(place(down), down)
    if (!take) return
    element.setPointerCapture(down.pointerId)
    const move = (event) => { if (event.pointerId === down.pointerId) take(place(event), false) }
    const end = (event) => {
      if (event.pointerId !== down.pointerId) return
      for (const [name, listener] of listeners) element.removeEventListener(name, listener)
      if (event.type === 'pointerup') take(place(event), true)
    }
    const listeners = [['pointermove', move], ['pointerup', end], ['pointercancel', end]]
    for (const [name, listener] of listeners) element.addEventListener(name, listener)
  })
}

const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity }
// moved(steps) for each key that moves a slider.
function keys (element, moved) {
  element.addEventListener('keydown', (event) => {
    if (!(event.key in KEYS) || event.ctrlKey || event.altKey || event.metaKey) return
    event.preventDefault()
    moved(KEYS[event.key] * (event.shiftKey && Math.abs(KEYS[event.key]) === 1 ? 10 : 1))
  })
}

// The range of bins between two places of the picture [first, end), at least one bin.
function between (x, y, first, end) {
  const [a, b] = [Math.min(x, y), Math.max(x, y)].map((each) => first + each * (end - first))
  return { a: Math.floor(a), b: Math.max(Math.ceil(b), Math.floor(a) + 1) }
}

function moveBy (bins) {
  const width = state.b - state.a
  const a = Math.max(0, Math.min(BINS - width, state.a + bins))
  change({ a, b: a + width })
}
function moveFrom (bins) { change({ a: Math.max(0, Math.min(state.b - 1, state.a + bins)) }) }
function moveUntil (bins) { change({ b: Math.max(state.a + 1, Math.min(BINS, state.b + bins)) }) }

function beginBrush (x, event) {
  const { a, b } = state, at = x * BINS
  if (event.target === $('brush-from')) return (now) => moveFrom(Math.round(now * BINS) - state.a)
  if (event.target === $('brush-until')) return (now) => moveUntil(Math.round(now * BINS) - state.b)
  if (event.target === $('brush-move') && !isAll()) return (now) => moveBy(Math.round(a + now * BINS - at) - state.a)
  return (now) => { if (Math.abs(now - x) * $('brush').clientWidth > 4) change(between(x, now, 0, BINS)) }
}

function drawBrush () {
  const left = state.a / BINS * 100, right = state.b / BINS * 100
  $('brush-from').style.left = $('brush-move').style.left = `${left}%`
  $('brush-until').style.left = `${right}%`
  $('brush-move').style.width = `${right - left}%`
  $('shade-before').style.width = `${left}%`
  $('shade-after').style.width = `${100 - right}%`
  $('brush').classList.toggle('all', isAll())
  const say = (id, value, text) => {
    for (const [name, its] of [['min', 0], ['max', BINS], ['now', value], ['text', text]]) $(id).setAttribute(`aria-value${name}`, its)
  }
  const until = Math.min(timeOf(state.b), DATA.until)
  say('brush-from', state.a, when(timeOf(state.a)))
  say('brush-until', state.b, when(until))
  say('brush-move', state.a, span(timeOf(state.a), until))
  const length = lasting(until - timeOf(state.a))
  $('range-words').textContent = `${isAll() ? 'The whole period' : span(timeOf(state.a), until)}: ${length}`
  $('range-hint').hidden = !isAll()
  for (const button of document.querySelectorAll('[data-hours]')) {
    const hours = Number(button.dataset.hours)
    const its = hours ? Math.max(0, BINS - Math.ceil(hours * HOUR / BIN)) : 0
    button.setAttribute('aria-pressed', state.b === BINS && state.a === its && (hours === 0 || its > 0))
  }
}

function drawBrushStrip () {
  drawStrip($('brush-strip'), cellsOf(chosen(), 0, BINS, 160), 160 * CELL)
  const width = $('brush').clientWidth, axis = $('brush-axis')
  axis.setAttribute('viewBox', `0 0 ${width} 18`)
  axis.replaceChildren(...axisTicks(SINCE, UNTIL, width, 0, 13))
}

// Marks with labels, [from, until) over WIDTH pixels from LEFT; labels that would leave the picture are left out.
function axisTicks (from, until, width, left, y) {
  return timeTicks(from, until, width, 64).flatMap(({ at, label, major }) => {
    const x = one(left + (at - from) / (until - from) * width), half = label.length * 3.4
    return [svg('path', { class: 'tick', d: `M${x} ${y - 13}v4` }),
      x - half < 0 || x + half > left + width ? null : svg('text', { x, y, class: major ? 'major' : null, 'text-anchor': 'middle' }, label)].filter(Boolean)
  })
}

function startBrush () {
  follow($('brush'), beginBrush)
  keys($('brush-from'), moveFrom)
  keys($('brush-until'), moveUntil)
  keys($('brush-move'), moveBy)
  $('brush').addEventListener('dblclick', () => preset(0))
  for (const button of document.querySelectorAll('[data-hours]')) {
    const hours = Number(button.dataset.hours)
    button.hidden = hours * HOUR >= UNTIL - SINCE
    button.addEventListener('click', () => preset(hours))
  }
  let shown = null
  onChange.push(drawBrush, () => { if (shown !== state.endpoint) { shown = state.endpoint; drawBrushStrip() } })
}
