// The worst rounds and the events: filters, order, and what to type to see more.

const AT_FIRST = 50 // rows
const NUMBERS = new Set(['warm', 'cold', 'p99', 'skew'])
const table = { worst: { by: 'rank', down: false, all: false }, happened: { by: 'at', down: true, all: false } }

// The command that shows a round; a summary, and a round of unknown id, by its endpoint and second.
function journalLine (round) {
  const start = `journalctl ${DATA.journal ? DATA.journal + ' ' : ''}`
  if (round.round) return `${start}WARM_ROUND=${round.round}`
  const at = Math.floor(round.at / 1000)
  return `${start}WARM_EVENT=${round.n > 1 ? 'summary' : 'round'} WARM_ENDPOINT=${ENDPOINTS[round.endpoint].name} --since @${at} --until @${at + 1}`
}

async function copy (button, text) {
  try {
    await navigator.clipboard.writeText(text)
    button.textContent = 'Copied'
  } catch {
    getSelection().selectAllChildren(button.previousSibling) // the reader copies it, then
    button.textContent = 'Selected'
  }
}
function command (text) {
  const button = el('button', { type: 'button', class: 'copy', 'aria-label': `Copy: ${text}`, on: { click: () => copy(button, text) } }, 'Copy')
  return el('span', { class: 'command' }, el('code', null, text), button)
}

const hostWords = (host) => DATA.severalHosts && host ? ` on ${host}` : ''
const WORST_COLUMNS = [
  ['Time', 'at', (r) => el('th', { scope: 'row' }, when(r.at, true))],
  ['Endpoint', 'endpoint', (r) => el('td', null, ENDPOINTS[r.endpoint].name)],
  ['Result', 'result', (r) => el('td', null, el('span', { class: `result ${r.result}` }, r.result), r.n > 1 ? ` × ${group(r.n)}` : '')],
  ['Warm', 'warm', (r) => el('td', { class: 'number', 'data-label': 'warm' }, `${group(r.warm)}/${group(r.target)}`)],
  ['Cold', 'cold', (r) => el('td', { class: 'number', 'data-label': 'cold' }, r.cold === null ? '–' : group(r.cold))],
  ['p99', 'p99', (r) => el('td', { class: 'number', 'data-label': 'p99' }, r.p99 ? duration(r.p99) : '–')],
  ['Skew', 'skew', (r) => el('td', { class: 'number', 'data-label': 'skew' }, r.p99 || r.skew ? duration(r.skew) : '–')],
  ['Cause, and how to see it', 'rank', (r) => el('td', { class: 'cause' }, el('span', null, causeWords(r) + hostWords(r.host)), command(journalLine(r)))]]
// How many times the endpoint's mean p99 the round's is.
function lateness (r) {
  const mean = wholeSums[r.endpoint].p99
  return mean > 0 ? r.p99 / mean : 0
}
function causeWords (r) {
  if (r.errors) return r.errors
  if (r.result !== 'met') return r.ok >= r.target ? 'too few distinct instances' : 'no cause is given'
  return [r.cold && plural(r.cold, 'cold start'), lateness(r) >= LATE && `p99 ${one(lateness(r))} times the mean`].filter(Boolean).join(', ')
}
// Where there are few bad rounds, the report has good ones as well.
const LATE = 2
const BAD_ROUNDS = WORST.filter((r) => r.result !== 'met' || r.cold || lateness(r) >= LATE)
const WORST_MOST = 1000
const EVENT_COLUMNS = [
  ['Time', 'at', (e) => el('th', { scope: 'row' }, when(e.at, true))],
  ['Event', 'flag', (e) => el('td', null, el('span', { class: e.bad ? 'result failed' : 'result met' }, e.flag))],
  ['Endpoint', 'endpoint', (e) => el('td', null, e.endpoint < 0 ? 'the daemon' : ENDPOINTS[e.endpoint].name)],
  ['Message', 'message', (e) => el('td', { class: 'cause' }, e.message + hostWords(e.host))]]

// Fills the table ID: its headers are buttons that sort it.
function drawTable (id, columns, items, none, redraw) {
  const its = table[id], element = $(id)
  const sorted = [...items].sort((x, y) => {
    const a = x[its.by] ?? -1, b = y[its.by] ?? -1
    return (a < b ? -1 : a > b ? 1 : 0) * (its.down ? -1 : 1) || (x.rank ?? x.at) - (y.rank ?? y.at)
  })
  const most = its.all ? sorted.length : AT_FIRST, focused = document.activeElement?.dataset?.by
  element.tHead.replaceChildren(el('tr', null, ...columns.map(([label, by]) => el('th', { scope: 'col', class: NUMBERS.has(by) ? 'number' : null, 'aria-sort': its.by === by ? (its.down ? 'descending' : 'ascending') : null },
    el('button', { type: 'button', 'data-by': by, on: { click: () => {
      Object.assign(its, its.by === by ? { down: !its.down } : { by, down: NUMBERS.has(by) || by === 'at' })
      redraw()
    } } }, label)))))
  if (focused) element.tHead.querySelector(`[data-by="${focused}"]`)?.focus()
  element.tBodies[0].replaceChildren(...sorted.slice(0, most).map((item) => el('tr', null, ...columns.map(([,, cell]) => cell(item)))),
    ...(sorted.length ? [] : [el('tr', null, el('td', { colspan: columns.length, class: 'muted' }, none))]))
  return sorted.length > most ? sorted.length : 0
}

function drawWorst () {
  const text = $('filter-text').value.trim().toLowerCase(), endpoint = Number($('filter-endpoint').value), result = $('filter-result').value
  const near = BAD_ROUNDS.filter((round) => inRange(round.at) && concerns(round.endpoint))
  const found = near.filter((round) => (endpoint < 0 || round.endpoint === endpoint) && (!result || round.result === result) &&
    (!text || `${ENDPOINTS[round.endpoint].name} ${round.result} ${causeWords(round)} ${round.round} ${round.host} ${when(round.at, true)}`.toLowerCase().includes(text)))
  const more = drawTable('worst', WORST_COLUMNS, found,
    near.length ? 'No round is like that.' : rounds(total()) === 0 ? 'No round is in this range.'
    : WORST.length < WORST_MOST ? 'Every round of this range met its target, warm and in time.' : `None of the ${group(WORST_MOST)} worst rounds is in this range.`, drawWorst)
  $('rounds-count').textContent = found.length === near.length ? plural(found.length, 'round') : `${group(found.length)} of ${plural(near.length, 'round')}`
  $('rounds-more').hidden = !more
  $('rounds-more').textContent = `Show all ${group(more)}`
}
function drawEvents () {
  const found = EVENTS.filter((event) => inRange(event.at) && concerns(event.endpoint))
  const more = drawTable('happened', EVENT_COLUMNS, found, 'Nothing happened in this range.', drawEvents)
  $('events-count').textContent = plural(found.length, 'event')
  $('events-more').hidden = !more
  $('events-more').textContent = `Show all ${group(more)}`
}

function startTables () {
  options($('filter-endpoint'), [[-1, 'any'], ...ENDPOINTS.map((endpoint) => [endpoint.index, endpoint.name])])
  for (const id of ['filter-text', 'filter-endpoint', 'filter-result']) $(id).addEventListener('input', drawWorst)
  $('rounds-more').addEventListener('click', () => { table.worst.all = true; drawWorst() })
  $('events-more').addEventListener('click', () => { table.happened.all = true; drawEvents() })
  onChange.push(drawWorst, drawEvents)
}
function clearFilters () {
  $('filter-text').value = $('find').value = $('filter-result').value = ''
  $('filter-endpoint').value = -1
}
