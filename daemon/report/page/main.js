// Where it begins.

function facts () {
  $('period').textContent = `${when(DATA.since)} – ${when(DATA.until)} ${local(DATA.until).year}, ${DATA.zone.name}` +
    (DATA.host ? `, host ${DATA.severalHosts ? `${DATA.host} and others` : DATA.host}` : '')
  const read = [`lambda-warmd ${DATA.program}`, `${plural(wholeSums.reduce((n, sum) => n + rounds(sum), 0), 'round')}`, `steps of ${lasting(BIN)}`]
  if (DATA.nUnusable) read.push(`${plural(DATA.nUnusable, 'entry', 'entries')} said too little to be counted`)
  if (WORST.length === WORST_MOST) read.push(`of rounds, only the ${group(WORST_MOST)} worst are listed`)
  if (DATA.nEventsLeftOut) read.push(`${plural(DATA.nEventsLeftOut, 'event')} of the most frequent kinds left out`)
  $('foot').textContent = read.join(' · ')
}

function start () {
  startTheme()
  facts()
  // Events may name endpoints of which there is no round.
  if (wholeSums.every((sum) => rounds(sum) === 0 && known(sum) === 0)) {
    document.body.classList.add('nothing')
    $('nothing').hidden = false
    $('events').hidden = EVENTS.length === 0
    startTables()
    change({})
    return
  }
  startBrush()
  startRows()
  startGraphs()
  startFigures()
  startTables()
  $('reset').addEventListener('click', () => {
    clearFilters()
    change({ a: 0, b: BINS, endpoint: ENDPOINTS.length === 1 ? 0 : -1 })
  })
  addEventListener('hashchange', readHash)
  let width = innerWidth
  addEventListener('resize', () => {
    if (width === innerWidth) return // a phone's address bar that comes and goes
    width = innerWidth
    drawBrushStrip()
    change({})
  })
  readHash()
}

start()
