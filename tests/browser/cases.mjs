// What must hold for a report's page, as someone sees it who reads, drags, types, or listens. Numbers are compared with the
// rounds themselves, added up here.
import assert from 'node:assert/strict'
import fs from 'node:fs'

export function readRounds (file) {
  return fs.readFileSync(file, 'utf8').trim().split('\n').filter(Boolean).map((line) => {
    const [at, endpoint, result, cold, cost, p50, p99] = line.split('\t')
    return { at: Number(at), endpoint, result, cold: Number(cold), cost: Number(cost), p50: Number(p50), p99: Number(p99) }
  })
}
// By nearest rank.
const percentile = (values, percent) => values.sort((a, b) => a - b)[Math.ceil(values.length * percent / 100) - 1]
const sum = (rounds, name) => rounds.reduce((all, round) => all + round[name], 0)
const number = (text) => Number(text.replace(/[^0-9.]/g, ''))
const within = (got, wanted, share, what) => assert.ok(Math.abs(got - wanted) <= wanted * share, `${what}: ${got}, not ${wanted}`)

async function open ({ page, url }, hash = '') {
  await page.goto(url + hash)
  await page.waitForSelector('.tile')
  await settle(page)
}
// After the next picture, when all has followed.
const settle = (page) => page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
const text = (page, selector) => page.textContent(selector)
const tile = (page, name) => text(page, `[data-tile="${name}"] .value`)
// The range that the address names; null: all.
function rangeOf (page) {
  const words = new URLSearchParams(new URL(page.url()).hash.slice(1))
  return words.has('from') ? [Date.parse(words.get('from')), Date.parse(words.get('until'))] : null
}

// All of the page's numbers are those of the rounds in [from, until) of the endpoint, or of all.
async function agrees ({ page, rounds }, range, endpoint) {
  const near = rounds.filter((round) => (!range || (round.at >= range[0] && round.at < range[1])))
  const its = near.filter((round) => !endpoint || round.endpoint === endpoint)
  assert.equal(number(await tile(page, 'rounds')), its.length)
  assert.equal(number(await tile(page, 'cold starts')), sum(its, 'cold'))
  assert.ok(Math.abs(number(await tile(page, 'spent')) - sum(its, 'cost') / 1e6) < 0.006)
  const timed = its.filter((round) => round.p50)
  // A part of the period has means.
  const mean = (name) => sum(timed, name) / timed.length
  const [p50, p99] = range
    ? [mean('p50'), mean('p99')]
    : [percentile(timed.map((round) => round.p50), 50), percentile(timed.map((round) => round.p99), 99)]
  const [, words, shown] = /(median; (?:mean )?p99|mean median; mean p99) ([\d.]+\sm?s)/.exec(await text(page, '[data-tile="latency"]'))
  assert.equal(words, range ? 'mean median; mean p99' : 'median; p99')
  within(number(await tile(page, 'latency')), p50 / 1000, 0.01, 'the median in ms')
  within(number(shown) * (shown.endsWith('ms') ? 1 : 1000), p99 / 1000, 0.01, 'the p99 in ms')
  for (const name of new Set(near.map((round) => round.endpoint))) {
    const row = page.locator('#rows tbody tr', { has: page.locator(`button.name:text-is("${name}")`) })
    assert.equal(number(await row.locator('td').nth(3).textContent()), sum(near.filter((round) => round.endpoint === name), 'cold'), name)
  }
  await hoursAgree(page, its, range)
  const times = await page.$$eval('#worst tbody th', (all) => all.length)
  const missed = its.filter((round) => round.result !== 'met').length
  assert.ok(missed === 0 || times > 0)
  assert.ok((await text(page, '#spend p')).startsWith(`${await tile(page, 'spent')} in this range`))
}

const berlin = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
function local (ms) {
  const part = Object.fromEntries(berlin.formatToParts(ms).map(({ type, value }) => [type, value]))
  return { ...part, words: `${part.weekday} ${part.month} ${part.day} ${part.hour}:${part.minute}` }
}
// The table of cold starts; only whole hours are compared.
async function hoursAgree (page, rounds, range) {
  if (range && (range[0] % 3600e3 || range[1] % 3600e3)) return
  const wanted = {}
  for (const round of rounds.filter((each) => each.cold)) {
    const t = local(round.at), key = `${t.weekday} ${t.hour}:00`
    wanted[key] = (wanted[key] ?? 0) + round.cold
  }
  const cells = await page.$$eval('#hours td[title]', (all) => all.map((cell) => cell.title))
  assert.equal(cells.length, 7 * 24)
  for (const cell of cells) {
    const [, key, n] = /^(.*): ([\d,]+) cold start/.exec(cell)
    assert.equal(number(n), wanted[key] ?? 0, key)
  }
}

async function drag (page, selector, from, to) {
  const box = await page.locator(selector).boundingBox()
  const at = (share) => [box.x + share * box.width, box.y + box.height / 2]
  await page.mouse.move(...at(from))
  await page.mouse.down()
  await page.mouse.move(...at((from + to) / 2), { steps: 4 })
  await page.mouse.move(...at(to), { steps: 4 })
  await page.mouse.up()
  await settle(page)
}

export async function quiet (t) {
  await open(t)
  assert.match(await text(t.page, 'h1'), /endpoints were [\d.]+% warm/)
  await agrees(t, null)
  assert.equal(await t.page.locator('#rows tbody tr').count(), new Set(t.rounds.map((round) => round.endpoint)).size)
  // The policy forbids what it says it forbids.
  assert.equal(await t.page.evaluate(() => fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'refused')), 'refused')
  assert.deepEqual(await t.page.evaluate(() => window.violations.splice(0)), ['connect-src'])
  t.complaints.splice(0) // the refusal is on the console
}

export async function mouse (t) {
  const { page } = t
  await open(t)
  const before = await page.getAttribute('#graph-warm [role=slider]', 'aria-valuetext')
  assert.equal(await page.isVisible('#range-hint'), true)
  await drag(page, '#brush', 0.25, 0.5)
  assert.equal(await page.isVisible('#range-hint'), false, 'who has used the strip knows how')
  const range = rangeOf(page)
  const since = t.rounds[0].at, length = 7 * 24 * 3600e3
  within(range[0] - since, length * 0.25, 0.02, 'it begins')
  within(range[1] - since, length * 0.5, 0.02, 'it ends')
  await agrees(t, range)
  assert.ok((await text(page, '#range-words')).startsWith(local(range[0]).words))
  assert.notEqual(await page.getAttribute('#graph-warm [role=slider]', 'aria-valuetext'), before)
  // Its ends and the whole of it.
  await drag(page, '#brush', 0.5, 0.7)
  within(rangeOf(page)[1] - since, length * 0.7, 0.02, 'its end')
  assert.equal(rangeOf(page)[0], range[0])
  await drag(page, '#brush', 0.4, 0.3)
  within(rangeOf(page)[0] - since, length * 0.15, 0.04, 'moved')
  await agrees(t, rangeOf(page))
  // Within a graph, of what it shows.
  await page.click('#reset')
  await settle(page)
  await page.locator('#graph-smoke').scrollIntoViewIfNeeded()
  await drag(page, '#graph-smoke [role=slider]', 0.5, 0.75)
  const zoomed = rangeOf(page)
  assert.ok(zoomed && zoomed[0] > since + length * 0.4 && zoomed[1] < since + length * 0.8)
  await agrees(t, zoomed)
}

export async function keyboard (t) {
  const { page } = t
  await open(t)
  await page.focus('#brush-from')
  for (const key of ['ArrowRight', 'ArrowRight', 'PageUp', 'Shift+ArrowRight', 'ArrowLeft']) await page.keyboard.press(key)
  await settle(page)
  const bin = (rangeOf(page)[0] - t.rounds[0].at) / 21
  await page.focus('#brush-until')
  await page.keyboard.press('PageDown')
  await settle(page)
  const [from, until] = rangeOf(page)
  assert.equal(Math.round((t.rounds[0].at + 7 * 24 * 3600e3 - until) / bin), 10)
  await agrees(t, [from, until])
  assert.equal(await page.getAttribute('#brush-from', 'aria-valuetext'), local(from).words)
  await page.focus('#brush-move')
  await page.keyboard.press('Home')
  await settle(page)
  assert.deepEqual(rangeOf(page), [t.rounds[0].at, until - from + t.rounds[0].at])
  await agrees(t, rangeOf(page))
  await page.focus('#brush-from')
  await page.keyboard.press('End')
  await settle(page)
  within(rangeOf(page)[1] - rangeOf(page)[0], bin, 0.01, 'at least one step')
  // Read a graph.
  await page.click('#reset')
  await settle(page)
  await page.focus('#graph-smoke [role=slider]')
  await page.keyboard.press('ArrowRight')
  assert.match(await page.getAttribute('#graph-smoke [role=slider]', 'aria-valuetext'), /^Mon Oct 19 .*: median .* ms/)
  assert.equal(await page.isVisible('#tip'), true)
  await page.focus('#flags button')
  await page.keyboard.press('ArrowRight')
  assert.equal(await page.evaluate(() => document.activeElement === document.querySelectorAll('#flags button')[1]), true)
}

// Steps that are shorter than an interval don't make holes, or other targets.
export async function steady (t) {
  const { page } = t
  await open(t)
  await page.focus('#graph-warm [role=slider]')
  await page.keyboard.press('Home')
  const said = []
  for (let i = 0; i < 100; i++) {
    said.push(await page.getAttribute('#graph-warm [role=slider]', 'aria-valuetext'))
    await page.keyboard.press('ArrowRight')
  }
  assert.deepEqual(said.filter((each) => !/: [\d.]+ of 35 warm$/.test(each)), [])
  assert.equal((await page.getAttribute('#graph-smoke .median-thread', 'd')).match(/M/g).length, 1)
}

export async function touch (t) {
  const { page } = t
  await open(t)
  const box = await page.locator('#brush').boundingBox()
  const client = await t.context.newCDPSession(page)
  const at = (type, share) => client.send('Input.dispatchTouchEvent', { type, touchPoints: share === null ? [] : [{ x: box.x + share * box.width, y: box.y + box.height / 2 }] })
  await at('touchStart', 0.2)
  for (let share = 0.25; share <= 0.601; share += 0.05) await at('touchMove', share)
  await at('touchEnd', null)
  await settle(page)
  within(rangeOf(page)[1] - t.rounds[0].at, 7 * 24 * 3600e3 * 0.6, 0.03, 'it ends')
  await agrees(t, rangeOf(page))
}
touch.context = { hasTouch: true, isMobile: true, viewport: { width: 390, height: 800 } }

export async function links (t) {
  const { page } = t
  await open(t)
  await page.click('[data-hours="24"]')
  await settle(page)
  const range = rangeOf(page)
  within(range[1] - range[0], 24 * 3600e3, 0.02, 'a day')
  await page.click('button.name:text-is("orders")')
  await settle(page)
  await agrees(t, range, 'orders')
  assert.equal(await text(page, '#graphs-title'), 'orders')
  const hash = new URL(page.url()).hash
  await page.goto('about:blank')
  await open(t, hash)
  assert.deepEqual(rangeOf(page), range)
  await agrees(t, range, 'orders')
  await page.click('#reset')
  await settle(page)
  assert.equal(new URL(page.url()).hash, '')
  await agrees(t, null)
  // A link that is followed while the page is open, and ones that say nothing sensible.
  await page.evaluate((its) => { location.hash = its }, hash)
  await page.waitForFunction(() => document.querySelector('#graphs-title').textContent === 'orders')
  await settle(page)
  await agrees(t, range, 'orders')
  for (const bad of ['#from=never&until=&endpoint=nobody', '#from=1999-01-01T00:00:00Z&until=1999-01-02T00:00:00Z', '#%', '#endpoint=__proto__']) {
    await page.goto('about:blank')
    await open(t, bad)
    assert.match(await tile(page, 'rounds'), /\d/)
  }
}

export async function endpoints (t) {
  const { page } = t
  await open(t)
  await page.fill('#find', 'il')
  assert.deepEqual(await page.$$eval('#rows button.name', (all) => all.map((each) => each.textContent)), ['billing', 'mail'])
  assert.equal(await text(page, '#found'), '2 of 12 endpoints')
  await page.fill('#find', '')
  await page.selectOption('#order', 'cold')
  const cold = await page.$$eval('#rows tbody tr', (all) => all.map((row) => Number(row.cells[4].textContent)))
  assert.deepEqual(cold, [...cold].sort((a, b) => b - a))
  await page.selectOption('#choose', { label: 'images' })
  await settle(page)
  await agrees(t, null, 'images')
  assert.equal(await page.getAttribute('button.name:text-is("images")', 'aria-pressed'), 'true')
  await page.hover('#rows tr.chosen svg')
  assert.match(await text(page, '#tip'), /images/)
}

export async function filter (t) {
  const { page } = t
  await open(t)
  const shown = () => page.$$eval('#worst tbody tr', (all) => all.map((row) => [...row.cells].map((cell) => cell.textContent)))
  const all = number(await text(page, '#rounds-count'))
  await page.selectOption('#filter-result', 'failed')
  assert.ok((await shown()).every((row) => row[2] === 'failed'))
  const failed = t.rounds.filter((round) => round.result === 'failed')
  assert.match(await text(page, '#rounds-count'), new RegExp(`^${failed.length} of `))
  await page.selectOption('#filter-endpoint', { label: 'billing' })
  const its = failed.filter((round) => round.endpoint === 'billing')
  assert.equal((await shown()).length, its.length)
  assert.ok((await shown()).every((row) => row[1] === 'billing' && /^5 refusedjournalctl WARM_ROUND=[0-9a-f]{32}Copy$/.test(row[7])))
  await page.selectOption('#filter-result', '')
  await page.fill('#filter-text', 'THROTTLED')
  assert.ok((await shown()).every((row) => row[7].includes('throttled')))
  await page.fill('#filter-text', 'nothing is like this')
  assert.equal((await shown()).length, 1)
  await page.click('#reset')
  assert.equal(number(await text(page, '#rounds-count')), all)
  await page.click('#rounds-more')
  assert.equal((await shown()).length, all)
  await page.click('#worst [data-by="at"]')
  assert.equal(await page.getAttribute('#worst th[aria-sort]', 'aria-sort'), 'descending')
  assert.equal(await page.evaluate(() => document.activeElement.dataset.by), 'at')
  await page.click('#worst [data-by="p99"]')
  const p99 = (await shown()).map((row) => row[5]).filter((each) => each !== '–').map((each) => Number.parseFloat(each) * (each.endsWith(' s') ? 1000 : 1))
  assert.deepEqual(p99, [...p99].sort((a, b) => b - a))
}

// Text and what is behind it, by WCAG's formula.
const dim = () => {
  const channels = (colour) => {
    const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
    context.fillStyle = colour
    context.fillRect(0, 0, 1, 1)
    return [...context.getImageData(0, 0, 1, 1).data]
  }
  const light = (rgb) => rgb.slice(0, 3).map((c) => c / 255).map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((all, c, i) => all + c * [0.2126, 0.7152, 0.0722][i], 0)
  const found = new Map()
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
    if (!own || !element.checkVisibility({ checkVisibilityCSS: true }) || element.closest('.hidden, script, noscript, option')) continue
    const style = getComputedStyle(element), colour = element instanceof SVGElement ? style.fill : style.color
    let behind = element, back
    do {
      back = channels(getComputedStyle(behind).backgroundColor)
      behind = behind.parentElement
    } while (back[3] < 255 && behind)
    const [a, b] = [light(channels(colour)), light(back)].sort((x, y) => y - x)
    const ratio = (a + 0.05) / (b + 0.05)
    if (ratio < 4.5) found.set(`${element.tagName}.${element.className.baseVal ?? element.className}`, `${ratio.toFixed(2)}: ${element.textContent.slice(0, 20)}`)
  }
  return [...found]
}

export async function colours (t) {
  const { page } = t
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  for (const scheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: scheme })
    await open(t)
    assert.deepEqual(await page.evaluate(dim), [], scheme)
  }
  const dark = await background()
  await page.click('#theme')
  assert.match(await page.getAttribute('#theme', 'aria-label'), /light/)
  assert.notEqual(await background(), dark)
  await page.emulateMedia({ colorScheme: 'light' })
  await page.click('#theme')
  assert.equal(await background(), dark)
  await page.click('#theme')
  assert.notEqual(await background(), dark)
}

export async function paper (t) {
  const { page } = t
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
  await open(t)
  for (const selector of ['#theme', '#brush-from', '[data-hours]', '.copy', '#find']) assert.equal(await page.locator(selector).first().isVisible(), false, selector)
  for (const selector of ['h1', '.tile', '#rows', '#graph-smoke svg', '#hours table', '#worst']) assert.equal(await page.locator(selector).first().isVisible(), true, selector)
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(255, 255, 255)')
  assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll('.scroll')].filter((box) => box.scrollHeight > box.clientHeight + 1).map((box) => box.className)), [])
  const pdf = await page.pdf({ format: 'A4' })
  assert.equal(pdf.subarray(0, 5).toString(), '%PDF-')
}

export async function phone (t) {
  const { page } = t
  await open(t)
  const wide = () => page.evaluate(() => [document.documentElement.scrollWidth, ...[...document.querySelectorAll('.scroll, .card, .tile')].filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => box.id || box.className)])
  assert.deepEqual(await wide(), [360])
  await page.click('button.name >> nth=0')
  await settle(page)
  assert.deepEqual(await wide(), [360])
  const sizes = await page.$$eval('#brush .handle', (all) => all.map((handle) => handle.getBoundingClientRect().width))
  assert.ok(sizes.every((width) => width >= 24))
}
phone.context = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }

export async function empty ({ page, url }) {
  await page.goto(url)
  assert.match(await text(page, 'h1'), /no round/i)
  assert.equal(await page.isVisible('#nothing'), true)
  for (const selector of ['#range', '#endpoints', '#graphs', '#hours', '#rounds']) assert.equal(await page.isVisible(selector), false, selector)
}

export async function hostile (t) {
  const { page } = t
  await open(t)
  assert.equal(await page.locator('img').count(), 0)
  assert.equal(await page.locator('script').count(), 2)
  assert.match(await text(page, '#worst tbody'), /<\/script><img src=x onerror=alert\(1\)>/)
  assert.match(await text(page, '#happened tbody'), /<img src=x onerror=alert\(2\)>/)
  await page.locator('#flags button').first().hover()
  await page.fill('#filter-text', '<img')
  assert.ok(number(await text(page, '#rounds-count')) > 0)
}

export async function access (t) {
  const { page } = t
  await open(t)
  assert.deepEqual(await page.evaluate(() => {
    const named = (element) => element.getAttribute('aria-label') || element.labels?.[0]?.textContent.trim() ||
      document.getElementById(element.getAttribute('aria-labelledby'))?.textContent ||
      (element.getAttribute('role') !== 'slider' && element.textContent.trim()) // which is no name for one
    return [...document.querySelectorAll('button, input, select, a, [tabindex="0"]')].filter((each) => !named(each)).map((each) => each.outerHTML.slice(0, 120))
  }), [])
  assert.deepEqual(await page.$$eval('table', (all) => all.filter((each) => !each.caption || !each.querySelector('th')).map((each) => each.id)), [])
  assert.deepEqual(await page.$$eval('th', (all) => all.filter((each) => !each.scope).map((each) => each.outerHTML)), [])
  assert.deepEqual(await page.$$eval('[role=slider]', (all) => all.filter((each) => ['min', 'max', 'now', 'text'].some((part) => each.getAttribute(`aria-value${part}`) === null)).map((each) => each.outerHTML.slice(0, 120))), [])
  assert.equal(await page.locator('[tabindex]:not([tabindex="0"]):not([tabindex="-1"])').count(), 0)
  assert.deepEqual(await page.$$eval('[id]', (all) => all.map((each) => each.id).filter((id, i, ids) => ids.indexOf(id) !== i)), [])
  assert.deepEqual(await page.$$eval('h1, h2, h3', (all) => all.map((each) => Number(each.tagName[1])).filter((level, i, levels) => i > 0 && level > levels[i - 1] + 1)), [])
  for (const landmark of ['header', 'main', 'footer', 'html[lang=en]', '[aria-live=polite]']) assert.ok(await page.locator(landmark).count() >= 1, landmark)
  // In the order of the page, and seen: first the link over everything to the endpoints.
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip')
  const tops = []
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press('Tab')
    tops.push(await page.evaluate(() => {
      const style = getComputedStyle(document.activeElement)
      return style.outlineStyle === 'none' || Number.parseFloat(style.outlineWidth) < 2 ? document.activeElement.outerHTML.slice(0, 80) : document.activeElement.id
    }))
  }
  assert.deepEqual(tops.filter((each) => each.startsWith('<')), [])
  assert.deepEqual(tops.slice(0, 1).concat(tops.filter((id) => id.startsWith('brush'))), ['theme', 'brush-move', 'brush-from', 'brush-until'])
  assert.equal(await page.evaluate(() => [...document.querySelectorAll('*')].some((each) => Number.parseFloat(getComputedStyle(each).transitionDuration) > 0)), false)
}

// Seconds of processor time of the page's own process, so that others' load doesn't count for much.
async function busy ({ page, browser }, act) {
  const client = await browser.newBrowserCDPSession()
  const now = async () => sum((await client.send('SystemInfo.getProcessInfo')).processInfo.filter((each) => each.type === 'renderer'), 'cpuTime')
  const before = await now()
  await act()
  await settle(page)
  return await now() - before
}
export async function many (t) {
  const { page } = t
  const opened = await busy(t, () => open(t))
  assert.equal(await page.locator('#rows tbody tr').count(), 300)
  assert.equal(number(await tile(page, 'rounds')), t.rounds.length)
  const brushed = await busy(t, () => page.focus('#brush-from').then(() => page.keyboard.press('PageUp')))
  // Twice what it may take on a machine with nothing else to do.
  assert.ok(opened < 4 && brushed < 2, `opened in ${opened} s, brushed in ${brushed} s`)
  await page.fill('#find', 'orders-12')
  assert.equal(await page.locator('#rows tbody tr').count(), 2)
  await page.fill('#find', '')
  await page.waitForFunction(() => [...document.querySelectorAll('#rows tbody tr')].every((row) => row.cells[2].textContent))

}
