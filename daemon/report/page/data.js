// What the report says, read from the page: columns of numbers, the zone's offsets, and words for all of them.

const DATA = JSON.parse(document.getElementById('data').textContent)
for (const name of ['since', 'until', 'bin']) DATA[name] /= 1000 // milliseconds, as the browser has them
const SINCE = DATA.since, BIN = DATA.bin, BINS = DATA.bins
const UNTIL = SINCE + BIN * BINS // the last bin may reach beyond the report's end

const COLUMNS = ['failed', 'short', 'met', 'target', 'warm', 'cold', 'ok', 'timed', 'least', 'p50', 'p99', 'p99most',
  'max', 'skew', 'cost', 'unknown', 'up', 'gap', 'resting', 'elsewhere']
const FINE = new Set(['least', 'p50', 'p99', 'p99most', 'max', 'skew'])

// 64 characters: five bits of a number each, the least first; the sixth says that more follow.
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const DIGIT = new Uint8Array(128)
for (let i = 0; i < 64; i++) DIGIT[DIGITS.charCodeAt(i)] = i

// Numbers as differences from the one before; "." and a number: so many times no difference. What is left out at the end
// is like the last one.
function decode (text, n, fine) {
  const out = new Float64Array(n)
  let at = 0, value = 0, i = 0
  const number = () => {
    let result = 0, unit = 1, digit
    do {
      digit = DIGIT[text.charCodeAt(at++)]
      result += (digit & 31) * unit
      unit *= 32
    } while (digit & 32)
    return result
  }
  while (at < text.length && i < n) {
    if (text[at] === '.') {
      at++
      const end = Math.min(n, i + number()), same = fine ? coarse(value) : value
      while (i < end) out[i++] = same
      continue
    }
    const zigzag = number()
    value += zigzag % 2 ? -(zigzag + 1) / 2 : zigzag / 2
    out[i++] = fine ? coarse(value) : value
  }
  return out.fill(fine ? coarse(value) : value, i)
}

// Times are written with ten significant bits: nine of them in the lower bits of the code, the power of two above.
function coarse (code) {
  if (code < 1024) return code
  const power = Math.floor(code / 512) - 1
  return (512 + code % 512) * 2 ** power
}

const ENDPOINTS = DATA.endpoints.map((endpoint, index) => {
  const columns = {}
  COLUMNS.forEach((name, i) => { columns[name] = decode(endpoint.columns[i], BINS, FINE.has(name)) })
  const flat = decode(endpoint.coldHours, endpoint.nColdHours * 2, false)
  const coldHours = []
  for (let i = 0; i < endpoint.nColdHours; i++) coldHours.push([flat[i], flat[endpoint.nColdHours + i]])
  const inUsd = (micro) => micro === null ? null : micro / 1e6
  return { ...endpoint, index, columns, coldHours, month: inUsd(endpoint.month), provisioned: inUsd(endpoint.provisioned) }
})
const RESULTS = ['failed', 'short', 'met']
const WORST = DATA.worst.map(([at, endpoint, n, result, target, warm, ok, cold, p99, skew, round, host, errors], rank) =>
  ({ at: at / 1000, endpoint, n, result: RESULTS[result], target, warm, ok, cold, p99, skew, round, host, errors, rank }))
const EVENTS = DATA.events.map(([at, kind, endpoint, message, host]) =>
  ({ at: at / 1000, flag: DATA.flags[kind][0], bad: DATA.flags[kind][1] === 1, endpoint, message, host }))

// Local time of the machine that wrote the report, wherever it is read.
const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const HOUR = 3600e3, DAY = 24 * HOUR

function offsetAt (ms) {
  let offset = DATA.zone.offsets[0][1]
  for (const [from, its] of DATA.zone.offsets) if (from * 1000 <= ms) offset = its
  return offset * 1000
}
function local (ms) {
  const date = new Date(ms + offsetAt(ms))
  return { year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate(), hour: date.getUTCHours(),
    minute: date.getUTCMinutes(), second: date.getUTCSeconds(), weekday: (date.getUTCDay() + 6) % 7 }
}
const two = (n) => String(n).padStart(2, '0')
const clock = (t, seconds) => `${two(t.hour)}:${two(t.minute)}${seconds ? ':' + two(t.second) : ''}`
const dayWords = (t) => `${WEEKDAYS[t.weekday]} ${MONTHS[t.month]} ${t.day}`
const when = (ms, seconds) => { const t = local(ms); return `${dayWords(t)} ${clock(t, seconds)}` }
function span (from, until) {
  const a = local(from), b = local(until)
  const same = a.year === b.year && a.month === b.month && a.day === b.day
  return `${dayWords(a)} ${clock(a)} – ${same ? '' : dayWords(b) + ' '}${clock(b)}`
}

const group = (n) => Math.round(n).toString().replace(/\B(?=(\d{3})+$)/g, ',')
const plural = (n, one, many) => `${group(n)} ${n === 1 ? one : many ?? one + 's'}`
function lasting (ms) {
  const minutes = Math.round(ms / 60e3), days = Math.floor(minutes / 1440), hours = Math.floor(minutes / 60) % 24
  if (minutes < 1) return ms > 0 ? `${Math.max(1, Math.round(ms / 1000))} s` : '0 min'
  if (days) return `${plural(days, 'day')}${hours ? ` ${hours} h` : ''}`
  return [hours && `${hours} h`, minutes % 60 && `${minutes % 60} min`].filter(Boolean).join(' ')
}
// Microseconds, with three digits.
function duration (us) {
  const [value, unit] = us >= 999.5e3 ? [us / 1e6, 's'] : [us / 1e3, 'ms']
  return `${value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) : value.toFixed(2)} ${unit}`
}
function usd (value) {
  if (value >= 99.995) return `$${group(value)}`
  const digits = value >= 0.9995 || value === 0 ? 2 : value >= 0.001 ? 3 : Math.min(9, Math.ceil(-Math.log10(value)))
  return `$${value.toFixed(digits)}`
}
// As the terminal's report has it: rounded down, so that it is never 100% of what isn't all, and never 0% of something.
function percent (share) {
  if (share === 1 || share === 0) return `${share * 100}%`
  const scale = share >= 0.999 ? 100 : 10
  return `${Math.max(Math.floor(share * 100 * scale + 1e-9) / scale, 0.1).toFixed(scale > 10 ? 2 : 1)}%`
}
