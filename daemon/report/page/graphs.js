// The graphs of one endpoint or all, one above the other over the same range: latencies as smoke, warm against target, skew.
// Events are flags over all of them; a cursor goes through all of them.

const LEFT = 58, RIGHT = 8, TOP = 14, BOTTOM = 22
let shown = null // { parts: the series, xs, width }

const LOSSES = [[0, 'all rounds met their target'], [0.02, 'up to 2% were short or failed'], [0.1, 'up to 10%'], [1, 'more']]
const lossClass = (part) => LOSSES.findIndex(([most]) => lost(part) <= most)

// Round numbers of each power of ten between two durations, neither too few nor too many.
function logTicks (least, most) {
  const first = 10 ** Math.floor(Math.log10(least))
  for (const steps of [[1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8], [1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1]]) {
    const ticks = []
    for (let unit = first; unit <= most; unit *= 10) ticks.push(...steps.map((step) => one(step * unit * 10) / 10).filter((tick) => tick >= least && tick <= most))
    if (ticks.length <= 6) return ticks
  }
  return []
}

const shortDuration = (us) => us >= 1e6 ? `${us / 1e6} s` : `${us / 1e3} ms`

function drawSmoke (view) {
  const timed = view.parts.filter((part) => part.timed > 0)
  if (!timed.length) return null
  const least = Math.max(1, Math.min(...timed.map((part) => part.least))) / 1.15
  const most = Math.max(...timed.map((part) => part.max), least * 2) * 1.1
  const y = (us) => one(TOP + view.height * (1 - Math.log(Math.max(us, least) / least) / Math.log(most / least)))
  const of = (name) => view.parts.map((part) => part.timed ? y(part[name]) : null)
  const [low, p50, p99, high, max] = ['least', 'p50', 'p99', 'p99most', 'max'].map(of)
  const lines = LOSSES.map((_, k) => view.parts.map((part, i) => part.timed && lossClass(part) === k ? `M${view.xs[i]} ${p50[i]}H${view.xs[i + 1]}` : '').join(''))
  return { ticks: logTicks(least, most).map((tick) => [y(tick), shortDuration(tick)]), marks: [
    svg('path', { class: 'smoke smoke-3', d: stepArea(view.xs, high, max) }),
    svg('path', { class: 'smoke smoke-2', d: stepArea(view.xs, p99, high) }),
    svg('path', { class: 'smoke smoke-1', d: stepArea(view.xs, low, p99) }),
    svg('path', { class: 'median-thread', d: stepLine(view.xs, p50) }),
    ...lines.map((d, k) => svg('path', { class: `median loss-${k}`, d }))] }
}

function linear (view, most) {
  const top = niceMax(most)
  return { y: (v) => one(TOP + view.height * (1 - v / top)), top }
}

function drawWarm (view) {
  const values = view.parts.filter((part) => part.wanted !== null)
  if (!values.length) return null
  const { y, top } = linear(view, Math.max(1, ...values.map((part) => part.wanted)))
  const of = (name) => view.parts.map((part) => part[name] === null ? null : y(part[name]))
  const found = of('found'), wanted = of('wanted')
  return { ticks: [0, top / 2, top].filter((v) => top > 1 || Number.isInteger(v)).map((v) => [y(v), v < 10 ? String(v) : group(v)]), marks: [
    svg('path', { class: 'warm-area', d: stepArea(view.xs, found.map((v) => v === null ? null : y(0)), found) }),
    svg('path', { class: 'missing-area', d: stepArea(view.xs, found, wanted) }),
    svg('path', { class: 'target-line', d: stepLine(view.xs, wanted) })] }
}

function drawSkew (view) {
  const timed = view.parts.filter((part) => part.timed > 0)
  if (!timed.length) return null
  const { y, top } = linear(view, Math.max(...timed.map((part) => part.skew)))
  const skew = view.parts.map((part) => part.timed ? y(part.skew) : null)
  return { ticks: [0, top / 2, top].map((v) => [y(v), v ? shortDuration(v) : '0']),
    marks: [svg('path', { class: 'skew-area', d: stepArea(view.xs, skew.map((v) => v === null ? null : y(0)), skew) }),
      svg('path', { class: 'skew-line', d: stepLine(view.xs, skew) })] }
}

function drawCold (view) {
  if (!view.parts.some(rounds) || !chosen().some((endpoint) => endpoint.coldKnown)) return null
  const { y, top } = linear(view, Math.max(1, ...view.parts.map((part) => part.cold)))
  const bars = view.parts.map((part) => part.cold ? y(part.cold) : null)
  return { ticks: [0, top].map((v) => [y(v), group(v)]),
    marks: [svg('path', { class: 'cold-area', d: stepArea(view.xs, bars.map((v) => v === null ? null : y(0)), bars) })] }
}

const GRAPHS = [
  { id: 'smoke', title: 'Latency', height: 190, draw: drawSmoke,
    note: 'from the release to the last byte of an answer; line: the rounds’ median; shades from dark to light: up to the mean p99, the largest p99, the maximum',
    words: (p) => p.timed ? `median ${duration(p.p50)} (least ${duration(p.least)}), p99 ${duration(p.p99)} (largest ${duration(p.p99most)}), maximum ${duration(p.max)}` : 'no latencies' },
  { id: 'warm', title: 'Warm against target', height: 84, draw: drawWarm, note: 'instances, a mean of the rounds; between them: what was missing',
    words: (p) => p.wanted === null ? 'no rounds' : `${one(p.found)} of ${one(p.wanted)} warm` },
  { id: 'cold', title: 'Cold starts', height: 54, draw: drawCold, note: 'new instances that answered',
    words: (p) => plural(p.cold, 'cold start') },
  { id: 'skew', title: 'Skew', height: 54, draw: drawSkew, note: 'from the first release to the last; the largest',
    words: (p) => p.timed ? `skew ${duration(p.skew)}` : 'no skew' }]

function partWords (part) {
  const n = rounds(part)
  return [span(timeOf(part.a), Math.min(timeOf(part.b), DATA.until)),
    n ? `${plural(n, 'round')}${part.short ? `, ${part.short} short` : ''}${part.failed ? `, ${part.failed} failed` : ''}` : 'no rounds',
    ...(n ? GRAPHS.map((graph) => graph.words(part)) : [])]
}

// Events of the range at their places, those that would overlap as one flag.
function flagsOf (left, width) {
  const flags = []
  for (const event of EVENTS) {
    if (!inRange(event.at) || !concerns(event.endpoint)) continue
    const x = left + (event.at - timeOf(state.a)) / (timeOf(state.b) - timeOf(state.a)) * width
    const last = flags.at(-1)
    if (last && x - last.x < 22) last.events.push(event)
    else flags.push({ x: one(x), events: [event] })
  }
  for (const flag of flags) flag.bad = flag.events.some((event) => event.bad)
  return flags
}
const eventWords = (event) => [when(event.at), event.endpoint < 0 ? null : ENDPOINTS[event.endpoint].name, event.flag].filter(Boolean).join(' · ') + (event.message ? `: ${event.message}` : '')
function flagWords (flag) {
  const most = flag.events.slice(0, 6).map(eventWords)
  return flag.events.length > 6 ? [...most, `and ${flag.events.length - 6} more`] : most
}

// The kind where there is room for it, else how many there are, or a letter; "!" for trouble.
function flagLabel (flag, room) {
  const word = flag.events.length === 1 ? flag.events[0].flag : `${flag.events.length} events`
  const short = flag.events.length > 1 ? String(flag.events.length) : flag.bad ? '' : word[0]
  return (flag.bad ? '!' : '') + (room > word.length * 7 + 24 ? (flag.bad ? ' ' : '') + word : short)
}

function drawFlags (flags, width) {
  const had = $('flags').contains(document.activeElement)
  $('flags').replaceChildren(...flags.map((flag, i) => {
    const words = [flag.events.length === 1 ? flag.events[0].flag : `${flag.events.length} events`, ...flagWords(flag)]
    const button = el('button', { type: 'button', class: flag.bad ? 'flag bad' : 'flag', tabindex: i ? -1 : 0, 'aria-label': words.join('; '),
      on: { pointerenter: (event) => showTip(words, event.clientX, event.clientY), pointerleave: hideTip, blur: hideTip,
        focus: () => { const box = button.getBoundingClientRect(); showTip(words, box.left, box.bottom) } } },
    flagLabel(flag, (flags[i + 1]?.x ?? width) - flag.x))
    button.style.left = `${flag.x}px`
    return button
  }))
  if (had) $('flags').firstElementChild?.focus()
  $('flags').classList.toggle('none', flags.length === 0)
}

function drawGraph (graph, view, flags) {
  const picture = graph.picture, height = TOP + graph.height + BOTTOM
  const drawn = graph.draw({ ...view, height: graph.height })
  picture.setAttribute('viewBox', `0 0 ${view.width} ${height}`)
  const from = timeOf(state.a), until = timeOf(state.b), end = view.width - RIGHT
  const marks = drawn
    ? [...drawn.ticks.flatMap(([y, label]) => [svg('path', { class: 'grid', d: `M${LEFT} ${y}H${end}` }), svg('text', { x: LEFT - 8, y: y + 4, 'text-anchor': 'end' }, label)]), ...drawn.marks]
    : [svg('text', { x: (LEFT + end) / 2, y: TOP + graph.height / 2 + 4, 'text-anchor': 'middle' }, 'Nothing is known about this range.')]
  const poles = flags.map((flag) => svg('path', { class: flag.bad ? 'pole bad' : 'pole', d: `M${flag.x} 0V${TOP + graph.height}` }))
  graph.cursor = svg('path', { class: 'cursor', d: '' })
  picture.replaceChildren(...marks, ...poles, graph.cursor,
    svg('g', { transform: `translate(0 ${TOP + graph.height})` }, svg('path', { class: 'axis', d: `M${LEFT} 0H${end}` }), ...axisTicks(from, until, end - LEFT, LEFT, 16)))
}

function drawGraphs () {
  const width = Math.max(260, $('plots').clientWidth), plot = width - LEFT - RIGHT
  const parts = series(groups(state.a, state.b, Math.min(plot / 3, mostGroups())))
  const xs = [...parts.map((part) => part.a), state.b].map((bin) => one(LEFT + (bin - state.a) / (state.b - state.a) * plot))
  shown = { parts, xs, width }
  const flags = flagsOf(LEFT, plot)
  $('graphs-title').textContent = state.endpoint < 0 ? 'All endpoints' : ENDPOINTS[state.endpoint].name
  $('choose').value = state.endpoint
  drawFlags(flags, width)
  for (const graph of GRAPHS) {
    drawGraph(graph, shown, flags)
    const slider = graph.picture.parentElement
    slider.setAttribute('aria-valuemax', parts.length - 1)
    point(graph, Math.min(graph.at ?? 0, parts.length - 1), null)
  }
}

// Puts the cursor at part I: of all graphs if a place for the words is given.
function point (graph, i, place) {
  const part = shown.parts[i], slider = graph.picture.parentElement
  graph.at = i
  slider.setAttribute('aria-valuenow', i)
  slider.setAttribute('aria-valuetext', `${span(timeOf(part.a), timeOf(part.b))}: ${rounds(part) ? graph.words(part) : 'no rounds'}`)
  if (!place) return
  const x = one((shown.xs[i] + shown.xs[i + 1]) / 2)
  for (const each of GRAPHS) each.cursor.setAttribute('d', `M${x} ${TOP}v${each.height}`)
  showTip(partWords(part), place[0], place[1])
}
function unpoint () {
  for (const graph of GRAPHS) graph.cursor.setAttribute('d', '')
  hideTip()
}

function startGraph (graph) {
  graph.picture = svg('svg', { class: 'plot', 'aria-hidden': 'true' })
  const slider = el('div', { class: 'plot-box', role: 'slider', tabindex: 0, 'aria-label': `${graph.title}: read it at a time`, 'aria-valuemin': 0, 'aria-valuenow': 0 }, graph.picture, el('div', { class: 'selection', hidden: true }))
  const place = (x) => (x * shown.width - LEFT) / (shown.width - LEFT - RIGHT)
  const indexAt = (x) => shown.parts.findIndex((part) => part.b > state.a + Math.max(0, Math.min(0.9999, place(x))) * (state.b - state.a))
  slider.addEventListener('pointermove', (event) => {
    const box = slider.getBoundingClientRect()
    if (event.pointerType === 'mouse') point(graph, indexAt((event.clientX - box.left) / box.width), [event.clientX, event.clientY])
  })
  slider.addEventListener('pointerleave', unpoint)
  slider.addEventListener('blur', unpoint)
  keys(slider, (steps) => {
    const i = Math.max(0, Math.min(shown.parts.length - 1, graph.at + steps)), box = slider.getBoundingClientRect()
    point(graph, i, [box.left + (shown.xs[i] + shown.xs[i + 1]) / 2, box.top])
  })
  follow(slider, (x) => (now, done) => {
    const mark = slider.lastElementChild, [a, b] = [Math.min(x, now), Math.max(x, now)]
    mark.hidden = done || (b - a) * slider.clientWidth < 4
    mark.style.left = `${a * 100}%`
    mark.style.width = `${(b - a) * 100}%`
    const clamp = (v) => Math.max(0, Math.min(1, place(v)))
    if (done && (b - a) * slider.clientWidth >= 4 && clamp(b) > clamp(a)) change(between(clamp(a), clamp(b), state.a, state.b))
  })
  return el('figure', { id: `graph-${graph.id}` }, el('figcaption', null, el('h3', null, graph.title), el('span', { class: 'muted small' }, graph.note)), slider)
}

// One stop of the Tab key; the arrow keys go on from there.
function moveAlongFlags (steps) {
  const buttons = [...$('flags').children], at = buttons.indexOf(document.activeElement)
  const next = buttons[Math.max(0, Math.min(buttons.length - 1, at + steps))]
  for (const button of buttons) button.tabIndex = button === next ? 0 : -1
  next?.focus()
}

function startGraphs () {
  keys($('flags'), moveAlongFlags)
  $('plots').replaceChildren(...GRAPHS.map(startGraph))
  const key = el('ul', { class: 'legend', 'aria-label': 'The colours of the median' }, ...LOSSES.map(([, words], k) =>
    el('li', null, svg('svg', { viewBox: '0 0 24 12', class: 'key', 'aria-hidden': 'true' }, svg('path', { class: `median loss-${k}`, d: 'M0 6H24' })), words)))
  $('graph-smoke').append(key)
  const all = ENDPOINTS.length === 1 ? [] : [[-1, 'all endpoints']]
  options($('choose'), [...all, ...ENDPOINTS.map((endpoint) => [endpoint.index, endpoint.name])])
  $('choose').addEventListener('input', () => change({ endpoint: Number($('choose').value) }))
  onChange.push(drawGraphs)
}
