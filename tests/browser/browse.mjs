// A page in a real browser: browse.mjs CASE PAGE [ROUNDS]. CASE is a function of cases.mjs; ROUNDS is what tests/report/pages
// printed. Whatever the case, the page must say nothing on the console, ask nothing of a network, and violate no policy.
import fs from 'node:fs'
import { chromium } from 'playwright-core'
import * as cases from './cases.mjs'

const [name, file, roundsFile] = process.argv.slice(2)
const its = cases[name]
const complaints = []
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--disable-background-networking']
})
try {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...its.context })
  context.setDefaultTimeout(30000)
  await context.route(/^(?!file:)/, (route) => {
    complaints.push(`asked for ${route.request().url()}`)
    return route.abort()
  })
  const page = await context.newPage()
  page.on('console', (message) => complaints.push(`on the console: ${message.text()}`))
  page.on('pageerror', (error) => complaints.push(`an error: ${error.stack}`))
  page.on('dialog', (dialog) => { complaints.push(`a dialog: ${dialog.message()}`); return dialog.dismiss() })
  await page.addInitScript(() => {
    window.violations = []
    document.addEventListener('securitypolicyviolation', (event) => window.violations.push(event.violatedDirective))
  })
  const url = new URL(`file://${fs.realpathSync(file)}`).href
  await its({ page, url, context, browser, rounds: roundsFile ? cases.readRounds(roundsFile) : [], complaints })
  complaints.push(...(await page.evaluate(() => window.violations)).map((each) => `its policy was violated: ${each}`))
} finally {
  await browser.close()
}
for (const complaint of complaints) console.error(complaint)
process.exit(complaints.length ? 1 : 0)
