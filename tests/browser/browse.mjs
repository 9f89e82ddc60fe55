// Pages in a real browser: browse.mjs CASE:PAGE... CASE is a function of cases.mjs, which looks at PAGE.html; PAGE.rounds is what
// tests/report/pages printed. Writes CASE-PAGE.passed, or why not to CASE-PAGE.failed. Whatever the case, a page must say nothing
// on the console, ask nothing of a network, and violate no policy.
import fs from 'node:fs'
import { chromium } from 'playwright-core'
import * as cases from './cases.mjs'

async function complaintsOf (browser, its, name) {
  const complaints = []
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
  const url = new URL(`file://${fs.realpathSync(`${name}.html`)}`).href
  try {
    await its({ page, url, context, browser, rounds: cases.readRounds(`${name}.rounds`), complaints })
    complaints.push(...(await page.evaluate(() => window.violations)).map((each) => `its policy was violated: ${each}`))
  } catch (error) {
    complaints.push(error.stack)
  }
  await context.close()
  return complaints
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--disable-background-networking']
})
try {
  for (const each of process.argv.slice(2)) {
    const [name, page] = each.split(':')
    const complaints = await complaintsOf(browser, cases[name], page)
    fs.writeFileSync(`${name}-${page}.${complaints.length ? 'failed' : 'passed'}`, complaints.join('\n') + '\n')
  }
} finally {
  await browser.close()
}
