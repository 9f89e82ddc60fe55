// What Lambda's Node runtime is to a handler, for lambda-sim --exec: node bootstrap.mjs FILE [EXPORT]
// A request is a JSON line on stdin, {"event", "context"}; an answer one on stdout, {"result"} or {"error"}, and "log".
// FILE may be an ES module or CommonJS; a handler may be async, return a promise, or call its callback.
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { format } from 'node:util'
import { resolve } from 'node:path'
import { writeSync } from 'node:fs'

const [file, name = 'handler'] = process.argv.slice(2)
let log = '' // of the request at hand
let requestId = ''
let handler

// As the runtime writes them: time, request, level, and the values as util.format has them; or JSON, where that is on.
for (const [method, level] of Object.entries({ log: 'INFO', info: 'INFO', warn: 'WARN', error: 'ERROR', debug: 'DEBUG' })) {
  console[method] = (...values) => {
    const timestamp = new Date().toISOString()
    const message = values.length === 1 && typeof values[0] === 'object' ? values[0] : format(...values)
    log += process.env.AWS_LAMBDA_LOG_FORMAT === 'JSON'
      ? `${JSON.stringify({ timestamp, level, requestId, message })}\n`
      : `${timestamp}\t${requestId}\t${level}\t${format(...values)}\n`
  }
}
process.stdout.write = (chunk) => { log += chunk; return true }

// The module is loaded by the first request, when the function's name is known: many read it as they load.
async function load(context) {
  process.env.AWS_LAMBDA_FUNCTION_NAME = context.functionName
  process.env.AWS_LAMBDA_FUNCTION_VERSION = context.functionVersion
  const module = await import(pathToFileURL(resolve(file)))
  return module[name] ?? module.default?.[name]
}

function call(event, context) {
  return new Promise((done, fail) => {
    context.done = (error, value) => (error ? fail(error) : done(value))
    const value = handler(event, context, context.done)
    if (typeof value?.then === 'function') value.then(done, fail)
  })
}

for await (const line of createInterface({ input: process.stdin })) {
  const { event, context } = JSON.parse(line)
  const answer = {}
  requestId = context.awsRequestId
  log = ''
  try {
    handler ??= await load(context)
    answer.result = (await call(event, { ...context, getRemainingTimeInMillis: () => 3000 })) ?? null
  } catch (error) {
    answer.error = { errorType: error?.name ?? 'Error', errorMessage: error?.message ?? String(error) }
  }
  if (log) answer.log = log
  writeSync(1, `${JSON.stringify(answer)}\n`)
}
