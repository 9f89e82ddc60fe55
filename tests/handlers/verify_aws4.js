// Are requests, as lambda-sim --record has written them, signed as npm's aws4 signs them?
// node verify_aws4.js RECORD                           secrets by access key are in the environment: SECRET_<ACCESS_KEY>
// Each line's Authorization is made again by aws4 from the bytes that came, and compared. Prints how many were right;
// what is wrong goes to stderr, and the exit status is 1.
const { readFileSync } = require('fs')
const { RequestSigner } = require('aws4')

// Of characters that stand for bytes.
const text = (latin) => Buffer.from(latin, 'latin1').toString('utf8')

function check(line) {
  const request = JSON.parse(line)
  const all = request.headers.map(([name, value]) => [name.toLowerCase(), text(value)])
  if (!all.some(([name]) => name === 'host')) all.push(['host', text(request.authority)])
  const sent = all.filter(([name]) => name === 'authorization').map(([, value]) => value)
  if (sent.length !== 1) return `${sent.length} Authorization headers`
  const [, key, region, service, signed] =
    sent[0].match(/Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+),/) ?? []
  if (!key) return `what is this: ${sent[0]}`
  const names = signed.split(';')
  const headers = {}
  for (const [name, value] of all.filter(([name]) => names.includes(name))) {
    const one = value.trim().replace(/\s+/g, ' ')
    headers[name] = name in headers ? `${headers[name]},${one}` : one
  }
  // It knows no content-type but its own, and no header but one of each name.
  const again = new RequestSigner({
    service, region, headers, method: request.method, path: text(request.target), doNotModifyHeaders: true,
    body: Buffer.from(request.body_base64, 'base64'), extraHeadersToInclude: Object.fromEntries(names.map((n) => [n, true])),
  }, { accessKeyId: key, secretAccessKey: process.env[`SECRET_${key}`] })
  again.datetime = headers['x-amz-date']
  const expected = again.authHeader()
  return expected === sent[0] ? null : `sent ${sent[0]}\n  aws4 ${expected}\n${again.canonicalString()}`
}

let right = 0
let wrong = 0
readFileSync(process.argv[2], 'latin1').trimEnd().split('\n').forEach((line, index) => {
  const complaint = check(line)
  complaint ? wrong++ : right++
  if (complaint) console.error(`${index + 1}: ${line.slice(0, 300)}\n  ${complaint}`)
})
console.log(right)
process.exitCode = wrong ? 1 : 0
