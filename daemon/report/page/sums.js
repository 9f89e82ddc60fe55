// Sums over bins. Latencies: the least median, the mean of medians and of p99s over the rounds that have them, the largest.

function empty () {
  return { failed: 0, short: 0, met: 0, target: 0, warm: 0, cold: 0, ok: 0, timed: 0, least: Infinity, p50: 0, p99: 0,
    p99most: 0, max: 0, skew: 0, cost: 0, unknown: 0, up: 0, gap: 0, resting: 0, elsewhere: 0 }
}

// Adds an endpoint's bins [a, b) to SUM, whose p50 and p99 are sums until `means` has divided them.
function add (sum, { columns: c }, a, b) {
  for (let i = a; i < b; i++) {
    sum.failed += c.failed[i]
    sum.short += c.short[i]
    sum.met += c.met[i]
    sum.target += c.target[i]
    sum.warm += c.warm[i]
    sum.cold += c.cold[i]
    sum.ok += c.ok[i]
    sum.cost += c.cost[i]
    sum.unknown += c.unknown[i]
    sum.up += c.up[i]
    sum.gap += c.gap[i]
    sum.resting += c.resting[i]
    sum.elsewhere += c.elsewhere[i]
    if (c.skew[i] > sum.skew) sum.skew = c.skew[i]
    const timed = c.timed[i]
    if (timed === 0) continue
    sum.timed += timed
    sum.p50 += c.p50[i] * timed
    sum.p99 += c.p99[i] * timed
    if (c.least[i] < sum.least) sum.least = c.least[i]
    if (c.p99most[i] > sum.p99most) sum.p99most = c.p99most[i]
    if (c.max[i] > sum.max) sum.max = c.max[i]
  }
}
function means (sum) {
  if (sum.timed > 0) {
    sum.p50 /= sum.timed
    sum.p99 /= sum.timed
  }
  return sum
}
// Sums, with their means, as one.
const LARGEST = new Set(['p99most', 'max', 'skew'])
function join (sums) {
  const all = empty()
  for (const sum of sums) {
    for (const name in all) {
      if (LARGEST.has(name)) all[name] = Math.max(all[name], sum[name])
      else if (name === 'least') all.least = Math.min(all.least, sum.least)
      else all[name] += name === 'p50' || name === 'p99' ? sum[name] * sum.timed : sum[name]
    }
  }
  return means(all)
}

const rounds = (sum) => sum.failed + sum.short + sum.met
const lost = (sum) => rounds(sum) ? (sum.failed + sum.short) / rounds(sum) : 0
// null: no time is known in which it should have been warm.
const share = (sum) => sum.up + sum.gap > 0 ? sum.up / (sum.up + sum.gap) : null
const known = (sum) => sum.up + sum.gap + sum.resting + sum.elsewhere

// The endpoints' sums over a range, made once for each; those over the whole period are kept.
const sumsOver = (a, b) => ENDPOINTS.map((endpoint) => { const sum = empty(); add(sum, endpoint, a, b); return means(sum) })
const wholeSums = sumsOver(0, BINS)
let rangeKey = '', rangeSums = []
function sumsOf (endpoint) {
  const key = `${state.a} ${state.b}`
  if (key !== rangeKey) {
    rangeKey = key
    rangeSums = isAll() ? wholeSums : sumsOver(state.a, state.b)
  }
  return rangeSums[endpoint.index]
}
const total = () => join(chosen().map(sumsOf))

// What a month costs at the rate of the range: the report's own estimate, in proportion. null: not known.
function monthOf (endpoint) {
  const sum = sumsOf(endpoint), whole = wholeSums[endpoint.index]
  if (endpoint.month === null || known(sum) === 0) return null
  return whole.cost > 0 ? endpoint.month * (sum.cost / known(sum)) / (whole.cost / known(whole)) : 0
}
const addKnown = (values) => values.some((v) => v !== null) ? values.reduce((sum, v) => sum + (v ?? 0), 0) : null

// The bins [a, b) in at most MOST groups of (almost) the same size: [first, end] of each.
function groups (a, b, most) {
  const n = Math.max(1, Math.min(b - a, Math.floor(most)))
  return Array.from({ length: n }, (_, i) => [a + Math.floor(i * (b - a) / n), a + Math.floor((i + 1) * (b - a) / n)])
}

// A round speaks for the time until the next: groups must not be much shorter than that, or many would lack rounds of some
// endpoints. Where some do nevertheless, and the endpoint was looked after, what was before goes on for as many groups.
const BRIDGED = 2
function mostGroups () {
  const interval = Math.min(...chosen().map((endpoint) => endpoint.interval / 1000 || Infinity))
  const least = chosen().length > 1 ? 2 * interval : interval
  return Number.isFinite(least) ? Math.max(1, (state.b - state.a) * BIN / least) : Infinity
}

// What the graphs show: for each group the sums of the chosen endpoints; target and warm as the sum of their means.
function series (parts) {
  const lasts = chosen().map(() => ({ target: 0, warm: 0, age: Infinity }))
  return bridge(parts.map(([a, b]) => {
    const all = empty()
    let wanted = 0, found = 0, some = false
    chosen().forEach((endpoint, i) => {
      const last = lasts[i], before = { ...all }
      add(all, endpoint, a, b)
      const n = rounds(all) - rounds(before)
      if (n > 0) Object.assign(last, { target: (all.target - before.target) / n, warm: (all.warm - before.warm) / n, age: 0 })
      else if (all.up + all.gap > before.up + before.gap) last.age++
      else last.age = Infinity
      if (last.age > BRIDGED) return
      some = true
      wanted += last.target
      found += last.warm
    })
    return { ...means(all), a, b, wanted: some ? wanted : null, found: some ? found : null }
  }))
}
function bridge (parts) {
  let last = null
  for (const part of parts) {
    if (rounds(part) > 0) last = part
    else if (part.wanted === null) last = null
    else if (last) for (const name of ['timed', 'least', 'p50', 'p99', 'p99most', 'max', 'skew']) part[name] = last[name]
  }
  return parts
}

// Latencies of the rounds in the range. For all of the period the report knows the median of their medians and the 99th
// percentile of their p99s, as the terminal has them; for a part there are only means. null: no round says.
function latencyOf (endpoints, sum) {
  if (sum.timed === 0) return null
  const exact = isAll() && (endpoints.length === 1 ? endpoints[0] : endpoints.length === ENDPOINTS.length ? DATA : null)
  return exact ? { p50: exact.p50, p99: exact.p99, mean: '' } : { p50: sum.p50, p99: sum.p99, mean: 'mean ' }
}
const latencyHead = () => isAll() ? 'p50 – p99' : 'mean p50 – p99'
