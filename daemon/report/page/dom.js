// Elements, without ever reading text as markup; the tooltip; pictures in SVG.

const $ = (id) => document.getElementById(id)
const SVG = 'http://www.w3.org/2000/svg'

function fill (element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue
    if (name === 'on') for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener)
    else element.setAttribute(name, value === true ? '' : value)
  }
  element.append(...(children ?? []).filter((child) => child !== null && child !== undefined))
  return element
}
const el = (name, attributes, ...children) => fill(document.createElement(name), attributes, children)
const svg = (name, attributes, ...children) => fill(document.createElementNS(SVG, name), attributes, children)
const options = (select, pairs) =>
  select.replaceChildren(...pairs.map(([value, label]) => el('option', { value }, label)))

// LINES of text beside the point (x, y) of the window; the first is the heading.
function showTip (lines, x, y) {
  const tip = $('tip')
  tip.replaceChildren(...lines.filter(Boolean).map((line, i) => el(i ? 'p' : 'strong', null, line)))
  tip.hidden = false
  const box = tip.getBoundingClientRect(), room = document.documentElement.clientWidth
  tip.style.left = `${Math.max(4, x + 16 + box.width > room ? x - 16 - box.width : x + 16)}px`
  tip.style.top = `${Math.max(4, Math.min(innerHeight - box.height - 4, y + 16))}px`
}
const hideTip = () => { $('tip').hidden = true }

// An area between two lines of steps; xs has one more than there are values. null: nothing there.
function stepArea (xs, lows, highs) {
  let path = '', i = 0
  while (i < highs.length) {
    if (highs[i] === null) { i++; continue }
    let end = i, back = ''
    while (end < highs.length && highs[end] !== null) end++
    path += `M${xs[i]} ${highs[i]}`
    for (let k = i; k < end; k++) {
      path += `V${highs[k]}H${xs[k + 1]}`
      back = `V${lows[k]}H${xs[k]}` + back
    }
    path += back + 'Z'
    i = end
  }
  return path
}
function stepLine (xs, ys) {
  let path = ''
  ys.forEach((y, i) => {
    if (y === null) return
    path += (i > 0 && ys[i - 1] !== null ? `V${y}` : `M${xs[i]} ${y}`) + `H${xs[i + 1]}`
  })
  return path
}
const one = (x) => Math.round(x * 10) / 10

// Where the hours and days of [from, until) are marked, by local time, no closer than APART of WIDTH pixels.
function timeTicks (from, until, width, apart) {
  const steps = [1 / 12, 1 / 4, 1 / 2, 1, 2, 3, 6, 12, 24, 48, 96, 168, 336, 672, 1344, 2688].map((hours) => hours * HOUR)
  const step = steps.find((each) => each * width / (until - from) >= apart) ?? steps.at(-1)
  const ticks = []
  // Monday, 5 January 1970, so that weeks begin on Mondays.
  const base = 4 * DAY
  for (let t = Math.ceil((from + offsetAt(from) - base) / step) * step + base; ; t += step) {
    const at = t - offsetAt(t - offsetAt(t))
    if (at >= until) break
    if (at < from) continue
    const words = local(at), midnight = words.hour === 0 && words.minute === 0
    ticks.push({ at, major: midnight, label: step >= 7 * DAY ? `${MONTHS[words.month]} ${words.day}` : step >= DAY || midnight ? `${WEEKDAYS[words.weekday]} ${words.day}` : clock(words) })
  }
  return ticks
}

function niceMax (value) {
  if (value <= 0) return 1
  const unit = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 2.5, 5, 10].map((m) => m * unit).find((each) => each >= value * 0.999)
}

// The theme: as the system has it, or as the reader wants it; kept where the browser allows.
const THEMES = [['', 'Auto', 'as the system has them'], ['light', 'Light', 'light'], ['dark', 'Dark', 'dark']]
function useTheme (name) {
  const [theme, label, words] = THEMES.find(([each]) => each === name) ?? THEMES[0]
  if (theme) document.documentElement.dataset.theme = theme
  else delete document.documentElement.dataset.theme
  $('theme').textContent = label
  for (const name of ['aria-label', 'title']) $('theme').setAttribute(name, `Colours: ${words}`)
  try { localStorage.setItem('lambda-warmd-theme', theme) } catch { /* it isn't kept, then */ }
}
function startTheme () {
  let theme = ''
  try { theme = localStorage.getItem('lambda-warmd-theme') ?? '' } catch { /* as above */ }
  useTheme(theme)
  $('theme').addEventListener('click', () => {
    const now = document.documentElement.dataset.theme ?? ''
    useTheme(THEMES[(THEMES.findIndex(([each]) => each === now) + 1) % THEMES.length][0])
  })
}
