// lambda-warmd's pings, for Node: paste this, and wrap your handler in warm(), as at the end.
// In CommonJS the imports are `const { randomUUID } = require('node:crypto')` and
// `const { setTimeout: sleep } = require('node:timers/promises')`, and the export is `exports.handler = warm(…)`.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

const HOLD_MAX_MS = 1000 // anyone may send the header: nobody shall keep instances busy for long
let instance // this instance's id; made by its first request, for a snapshot is shared by many instances

const warm = (handler) => (event, ...rest) => {
  const cold = instance ? '0' : '1'
  instance ??= randomUUID()
  const headers = Object.entries(event?.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])
  const { 'x-lambda-warm': ping, 'x-lambda-warm-hold': hold } = Object.fromEntries(headers)
  if (!ping) return handler(event, ...rest)
  const holdMs = Math.min(Math.max(Number(hold) || 0, 0), HOLD_MAX_MS)
  return sleep(holdMs, { statusCode: 204, headers: { 'X-Lambda-Instance': instance, 'X-Lambda-Cold': cold } })
}

export const handler = warm(async (event, context) => {
  return { statusCode: 200, body: 'what it does for users' }
})
