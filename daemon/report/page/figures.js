// The figures of the range: tiles, cold starts by hour and weekday, spend.

function drawTiles () {
  const sum = total(), n = rounds(sum), warm = share(sum), endpoints = chosen()
  const coldKnown = endpoints.some((endpoint) => endpoint.coldKnown), costKnown = endpoints.some((endpoint) => endpoint.costKnown)
  const month = addKnown(endpoints.map(monthOf)), latency = latencyOf(endpoints, sum)
  const tiles = [
    ['Warm', warm === null ? '–' : percent(warm), warm === null ? 'no time is known' : sum.gap ? `${lasting(sum.gap)} in gaps${endpoints.length > 1 ? ', all together' : ''}` : 'no gap'],
    ['Rounds', group(n), n === sum.met && n ? 'all met' : `${group(sum.met)} met, ${group(sum.short)} short, ${group(sum.failed)} failed`],
    ['Cold starts', coldKnown ? group(sum.cold) : '–', !coldKnown ? 'no answer says' : sum.ok ? `in ${plural(sum.ok, 'answer')}` : 'no answers'],
    ['Latency', latency ? duration(latency.p50) : '–', latency ? `${latency.mean}median; ${latency.mean}p99 ${duration(latency.p99)}, at most ${duration(sum.p99most)}` : 'no round says'],
    ['Skew', sum.timed ? duration(sum.skew) : '–', 'the largest'],
    ['Spent', costKnown ? usd(sum.cost / 1e6) : '–', month === null ? 'a month: not known' : `${usd(month)} a month at this rate`]]
  $('tiles').replaceChildren(...tiles.map(([label, value, note]) =>
    el('div', { class: 'tile', 'data-tile': label.toLowerCase() }, el('dt', null, label), el('dd', { class: 'value' }, value), el('dd', { class: 'muted small' }, note))))
}

// Cold starts by local weekday and hour. What is counted are UTC's hours, from that on in which the period begins; in zones
// that are half an hour off, one belongs where its middle lies. The range takes in hours of which it has a part.
function coldHours () {
  const table = WEEKDAYS.map(() => new Array(24).fill(0))
  let sum = 0
  for (const endpoint of chosen()) {
    for (const [hour, n] of endpoint.coldHours) {
      const at = (Math.floor(SINCE / HOUR) + hour) * HOUR
      if (at + HOUR <= timeOf(state.a) || at >= timeOf(state.b)) continue
      const t = local(at + HOUR / 2)
      table[t.weekday][t.hour] += n
      sum += n
    }
  }
  return { table, sum }
}

const narrow = matchMedia('(max-width: 560px)')
function drawHours () {
  const { table, sum } = coldHours(), some = table.flat().filter((n) => n > 0)
  const least = Math.min(...some), most = Math.max(...some)
  const hours = Array.from({ length: 24 }, (_, h) => h)
  const cell = (day, hour) => {
    const n = table[day][hour], level = n ? 1 + Math.round(4 * Math.sqrt((n - least + 1) / (most - least + 1))) : 0
    return el('td', { class: `heat heat-${level}`, title: `${WEEKDAYS[day]} ${two(hour)}:00: ${plural(n, 'cold start')}` }, n ? (n > 999 ? `${Math.round(n / 1000)}k` : String(n)) : el('span', { class: 'hidden' }, '0'))
  }
  const rows = narrow.matches
    ? [el('tr', null, el('td'), ...WEEKDAYS.map((day) => el('th', { scope: 'col' }, day))),
        ...hours.map((hour) => el('tr', null, el('th', { scope: 'row' }, two(hour)), ...WEEKDAYS.map((_, day) => cell(day, hour))))]
    : [el('tr', null, el('td'), ...hours.map((hour) => el('th', { scope: 'col' }, two(hour)))),
        ...WEEKDAYS.map((name, day) => el('tr', null, el('th', { scope: 'row' }, name), ...hours.map((hour) => cell(day, hour))))]
  $('hours').replaceChildren(el('table', { class: 'hours' }, el('caption', { class: 'hidden' }, 'Cold starts by hour and weekday'), el('tbody', null, ...rows)))
  const peak = table.flatMap((day, d) => day.map((n, h) => [n, d, h])).reduce((best, each) => each[0] > best[0] ? each : best)
  $('hours-words').textContent = !chosen().some((endpoint) => endpoint.coldKnown) ? 'No answer says whether its instance was new.'
    : sum ? `${plural(sum, 'cold start')}, the most on ${WEEKDAYS[peak[1]]} ${two(peak[2])}:00–${two((peak[2] + 1) % 24)}:00, ${DATA.zone.name}.` : 'None in this range.'
}

function drawSpend () {
  const endpoints = chosen(), sum = total()
  const month = addKnown(endpoints.map(monthOf)), provisioned = addKnown(endpoints.map((endpoint) => endpoint.provisioned))
  const both = endpoints.filter((endpoint) => endpoint.provisioned !== null && monthOf(endpoint) !== null)
  const [ours, theirs] = [addKnown(both.map(monthOf)), addKnown(both.map((endpoint) => endpoint.provisioned))]
  const most = Math.max(month ?? 0, provisioned ?? 0)
  const bar = (label, value, kind) => el('div', { class: 'bar-line' }, el('span', null, label), el('strong', null, value === null ? 'not known' : usd(value)),
    svg('svg', { viewBox: '0 0 100 6', preserveAspectRatio: 'none', class: 'bar', 'aria-hidden': 'true' },
      svg('rect', { width: 100, height: 6, class: 'bar-back' }), svg('rect', { width: value && most ? Math.max(0.5, value / most * 100) : 0, height: 6, class: kind })))
  const costKnown = endpoints.some((endpoint) => endpoint.costKnown)
  const whose = both.length < endpoints.length ? ` (of the ${plural(both.length, 'endpoint')} with both figures)` : ''
  const words = ours > 0
    ? theirs >= ours ? `Provisioned concurrency for the same targets would cost ${theirs / ours > 20 ? group(theirs / ours) : one(theirs / ours)} times as much${whose}.` : `Provisioned concurrency for the same targets would cost less${whose}.` : null
  $('spend').replaceChildren(
    el('p', null, costKnown ? `${usd(sum.cost / 1e6)} in this range, for ${plural(sum.ok, 'answered request')}.` : 'The cost is not known.'),
    bar('A month at this rate', month, 'bar-own'), bar('Provisioned concurrency, a month', provisioned, 'bar-other'),
    ...(words ? [el('p', { class: 'muted' }, words)] : []),
    el('p', { class: 'muted small' }, 'Estimates for 30 days, by the prices of the daemon that wrote the journal.'))
}

function startFigures () {
  onChange.push(drawTiles, drawHours, drawSpend)
  narrow.addEventListener('change', drawHours)
}
