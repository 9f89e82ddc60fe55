// Heat strips, and the table of endpoints that has one in each row. What a cell means is in its height and marks as well as
// in its colour.

const CELL = 8, STRIP = 24 // units of the picture, which is stretched to its place

// Whether a cell says that rounds failed: of one endpoint any, of many together no few.
const failedMark = (cell) => cell.failed > 0 && (cell.single || cell.failed > cell.rounds / 20)
// 0: no gap, to 4: hardly ever warm. A failed round is never a small thing.
function gapLevel (cell) {
  const least = failedMark(cell) ? 2 : 0
  if (cell.gap === 0) return least
  const gap = cell.gap / (cell.up + cell.gap)
  return Math.max(least, 1, gap > 0.5 ? 4 : gap > 0.1 ? 3 : gap > 0.01 ? 2 : 1)
}

function cellsOf (endpoints, a, b, most) {
  return groups(a, b, most).map(([first, end]) => {
    const cell = { a: first, b: end, single: endpoints.length === 1, rounds: 0, failed: 0, short: 0, unknown: 0, up: 0, gap: 0, resting: 0, elsewhere: 0 }
    for (const { columns: { failed, short, met, up, gap, resting, elsewhere } } of endpoints) {
      for (let i = first; i < end; i++) {
        cell.rounds += failed[i] + short[i] + met[i]
        cell.failed += failed[i]
        cell.short += short[i]
        cell.up += up[i]
        cell.gap += gap[i]
        cell.resting += resting[i]
        cell.elsewhere += elsewhere[i]
      }
    }
    return cell
  })
}

const rect = (x, y, w, h) => `M${one(x)} ${one(y)}h${one(w)}v${one(h)}h${one(-w)}z`
// The marks of a cell: what it is drawn with, by class.
function cellPaths (cell, x, w, paths) {
  const level = gapLevel(cell), top = STRIP * level / 4
  if (cell.up + cell.gap > 0 || cell.failed) {
    if (level < 4) paths.up += rect(x, top, w, STRIP - top)
    if (level) paths[level > 2 ? 'gap-much' : 'gap'] += rect(x, 0, w, top)
  } else if (cell.resting > 0) {
    paths.resting += rect(x + w / 2 - 1, STRIP / 2 - 1.2, 2, 2.4)
  } else if (cell.elsewhere > 0) {
    paths.elsewhere += `M${one(x)} ${STRIP - 4}L${one(x + w)} 4`
  }
  if (failedMark(cell)) paths.fail += rect(x + w / 2 - 0.9, 2, 1.8, 6) + rect(x + w / 2 - 0.9, 9.4, 1.8, 2.2)
}

function drawStrip (picture, cells, width) {
  const w = width / cells.length, space = w >= CELL ? 0.8 : w >= 5 ? 0.4 : 0
  const paths = { base: rect(0, STRIP - 1, width, 1), up: '', gap: '', 'gap-much': '', resting: '', elsewhere: '', fail: '' }
  cells.forEach((cell, i) => cellPaths(cell, i * w, w - space, paths))
  picture.setAttribute('viewBox', `0 0 ${width} ${STRIP}`)
  picture.replaceChildren(...Object.entries(paths).filter(([, d]) => d).map(([name, d]) => svg('path', { class: `cell-${name}`, d })))
}

function cellWords (cell) {
  const to = Math.min(timeOf(cell.b), DATA.until)
  const shown = share(cell)
  return [span(timeOf(cell.a), to), shown === null ? null : `${percent(shown)} warm`,
    cell.gap ? `${lasting(cell.gap)} in gaps` : null,
    cell.failed + cell.short ? `${[cell.failed && `${cell.failed} failed`, cell.short && `${cell.short} short`].filter(Boolean).join(', ')} rounds` : null,
    cell.resting ? `${lasting(cell.resting)} resting` : null,
    cell.elsewhere ? `${lasting(cell.elsewhere)} on another host` : null,
    known(cell) ? null : 'nothing is known']
}

const LEGEND = [
  ['warm all the time', { up: 1 }], ['up to 1% in gaps', { up: 999, gap: 1 }], ['up to 10%', { up: 95, gap: 5 }],
  ['up to 50%', { up: 7, gap: 3 }], ['more', { gap: 1 }], ['a round failed', { up: 9, gap: 1, failed: 1 }],
  ['resting', { resting: 1 }], ['on another host', { elsewhere: 1 }], ['nothing known', {}]]
function drawLegend () {
  $('legend').replaceChildren(...LEGEND.map(([words, cell]) => {
    const picture = svg('svg', { class: 'strip', 'aria-hidden': 'true', preserveAspectRatio: 'none' })
    drawStrip(picture, new Array(2).fill({ single: true, failed: 0, up: 0, gap: 0, resting: 0, elsewhere: 0, ...cell }), 2 * CELL)
    return el('li', null, picture, words)
  }))
}

// A row for each endpoint, made once; `update` changes its texts and picture.
function makeRow (endpoint) {
  const picture = svg('svg', { class: 'strip', preserveAspectRatio: 'none', role: 'img' })
  const choose = el('button', { type: 'button', class: 'name', title: endpoint.name, 'aria-pressed': 'false', on: {
    click: () => change({ endpoint: state.endpoint === endpoint.index ? -1 : endpoint.index }) } }, endpoint.name)
  const cell = (label, kind) => el('td', { role: 'cell', 'data-label': label, class: kind ?? 'number' })
  const parts = { warm: cell('warm'), target: cell('target'), cold: cell('cold'), latency: cell(latencyHead()), skew: cell('skew'),
    spent: cell('spent'), month: cell('a month'), provisioned: cell('provisioned') }
  const strip = cell('when it was warm', 'strip-cell')
  strip.append(picture)
  const row = el('tr', { role: 'row' }, el('th', { role: 'rowheader', scope: 'row' }, choose), strip, ...Object.values(parts))
  let cells = []
  picture.addEventListener('pointermove', (event) => {
    const box = picture.getBoundingClientRect()
    const cellThere = cells[Math.floor((event.clientX - box.left) / box.width * cells.length)]
    if (cellThere) showTip([endpoint.name, ...cellWords(cellThere)], event.clientX, event.clientY)
  })
  picture.addEventListener('pointerleave', hideTip)
  row.endpoint = endpoint
  row.update = () => {
    const sum = sumsOf(endpoint), warm = share(sum), month = monthOf(endpoint), latency = latencyOf([endpoint], sum)
    parts.warm.textContent = warm === null ? '–' : percent(warm)
    parts.warm.classList.toggle('bad', warm !== null && warm < 0.99)
    parts.target.textContent = rounds(sum) ? group(sum.target / rounds(sum)) : '–'
    parts.cold.textContent = endpoint.coldKnown ? group(sum.cold) : '–'
    parts.latency.dataset.label = latencyHead()
    parts.latency.textContent = latency ? `${duration(latency.p50)} – ${duration(latency.p99)}` : '–'
    parts.skew.textContent = sum.timed ? duration(sum.skew) : '–'
    parts.spent.textContent = endpoint.costKnown ? usd(sum.cost / 1e6) : '–'
    parts.month.textContent = month === null ? '–' : usd(month)
    parts.provisioned.textContent = endpoint.provisioned === null ? '–' : usd(endpoint.provisioned)
    cells = cellsOf([endpoint], state.a, state.b, 80)
    drawStrip(picture, cells, 80 * CELL)
    picture.setAttribute('aria-label', warm === null ? 'nothing is known' : `${percent(warm)} warm, ${lasting(sum.gap)} in gaps`)
    row.classList.toggle('chosen', state.endpoint === endpoint.index)
    choose.setAttribute('aria-pressed', state.endpoint === endpoint.index)
  }
  return row
}

const ORDERS = {
  name: (a, b) => a.index - b.index,
  warm: (a, b) => (share(sumsOf(a)) ?? 2) - (share(sumsOf(b)) ?? 2) || a.index - b.index,
  cold: (a, b) => sumsOf(b).cold - sumsOf(a).cold || a.index - b.index,
  cost: (a, b) => sumsOf(b).cost - sumsOf(a).cost || a.index - b.index
}

function startRows () {
  const rows = ENDPOINTS.map(makeRow), body = $('rows').tBodies[0]
  // Rows in sight are drawn at once, the others when there is time.
  const late = new Set()
  const sight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      target.inSight = isIntersecting
      if (isIntersecting && late.delete(target)) target.update()
    }
  }, { rootMargin: '200px' })
  const catchUp = (deadline) => {
    for (const row of late) {
      if (deadline.timeRemaining() < 2 && !deadline.didTimeout) break
      late.delete(row)
      row.update()
    }
    if (late.size) requestIdleCallback(catchUp, { timeout: 2000 })
  }
  const arrange = () => {
    const wanted = $('find').value.trim().toLowerCase()
    const found = rows.filter((row) => row.endpoint.name.toLowerCase().includes(wanted))
    found.sort((x, y) => ORDERS[$('order').value](x.endpoint, y.endpoint))
    if (found.length !== body.rows.length || found.some((row, i) => row !== body.rows[i])) body.replaceChildren(...found)
    $('found').textContent = wanted ? `${found.length} of ${plural(rows.length, 'endpoint')}` : plural(rows.length, 'endpoint')
  }
  const draw = (everything) => {
    const idle = late.size === 0
    $('latency-head').textContent = latencyHead()
    for (const row of rows) {
      if (row.inSight || rows.length <= 40 || everything === true) row.update()
      else late.add(row)
    }
    if (idle && late.size) requestIdleCallback(catchUp, { timeout: 2000 })
    arrange()
  }
  $('find').addEventListener('input', arrange)
  $('order').addEventListener('input', arrange)
  if (rows.length > 12) $('order').value = 'warm'
  addEventListener('beforeprint', () => draw(true))
  onChange.push(draw)
  arrange()
  for (const row of rows) sight.observe(row)
  drawLegend()
}
