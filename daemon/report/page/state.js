// What is looked at: a range of bins [a, b), and an endpoint (-1: all). The address's hash says the same, so that a link
// shows what its sender saw.

const state = { a: 0, b: BINS, endpoint: ENDPOINTS.length === 1 ? 0 : -1 }
const onChange = []
let waiting = null

const timeOf = (bin) => SINCE + bin * BIN
const binOf = (ms) => (ms - SINCE) / BIN
const isAll = () => state.a === 0 && state.b === BINS
const chosen = () => state.endpoint < 0 ? ENDPOINTS : [ENDPOINTS[state.endpoint]]
const concerns = (endpoint) => state.endpoint < 0 || endpoint < 0 || endpoint === state.endpoint
const inRange = (ms) => ms >= timeOf(state.a) && ms < timeOf(state.b)

// Everything is drawn again, once, before the next picture.
function change (what) {
  Object.assign(state, what)
  state.a = Math.max(0, Math.min(BINS - 1, Math.round(state.a)))
  state.b = Math.max(state.a + 1, Math.min(BINS, Math.round(state.b)))
  if (waiting) return
  waiting = requestAnimationFrame(() => {
    waiting = null
    for (const draw of onChange) draw()
    writeHash()
  })
}

function writeHash () {
  const words = []
  if (!isAll()) {
    words.push(`from=${new Date(timeOf(state.a)).toISOString()}`, `until=${new Date(timeOf(state.b)).toISOString()}`)
  }
  if (ENDPOINTS.length > 1 && state.endpoint >= 0) words.push(`endpoint=${encodeURIComponent(ENDPOINTS[state.endpoint].name)}`)
  const hash = words.length ? '#' + words.join('&') : ''
  if (hash !== location.hash) history.replaceState(null, '', hash || location.pathname + location.search)
}

function readHash () {
  const words = new URLSearchParams(location.hash.slice(1))
  const from = Date.parse(words.get('from') ?? ''), until = Date.parse(words.get('until') ?? '')
  const found = ENDPOINTS.findIndex((endpoint) => endpoint.name === words.get('endpoint'))
  change({
    a: Number.isFinite(from) ? binOf(from) : 0,
    b: Number.isFinite(until) ? binOf(until) : BINS,
    endpoint: ENDPOINTS.length === 1 ? 0 : found
  })
}

// The last HOURS of the period; 0: all of it.
function preset (hours) {
  change({ a: hours ? Math.max(0, BINS - Math.ceil(hours * HOUR / BIN)) : 0, b: BINS })
}
