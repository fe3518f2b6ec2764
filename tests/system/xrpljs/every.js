// SPDX-License-Identifier: Apache-2.0
// A request of every type that xrpl.js declares, with API versions 1 and 2. Usage: node every.js WS_URL REQUESTS.json
// Prints a line for each failure, then {"passed": n, "failed": n}.
'use strict'
const assert = require('assert')
const fs = require('fs')
const path = require('path')
const xrpl = require('xrpl')

const [url, file] = process.argv.slice(2)
const requests = JSON.parse(fs.readFileSync(file))
// Methods of the library's own requests; it declares streams' events in the same files.
const methods = path.join(path.dirname(require.resolve('xrpl')), 'models/methods')
const declared = new Set()
for (const name of fs.readdirSync(methods).filter((n) => n.endsWith('.d.ts'))) {
  const text = fs.readFileSync(path.join(methods, name), 'utf8')
  for (const [, body] of text.matchAll(/extends BaseRequest[^{]*\{([^]*?)\n\}/g)) {
    const command = body.match(/command: '([a-z_]+)'/)
    if (command) declared.add(command[1])
  }
}

async function ask(client, command, params, expected) {
  try {
    const reply = await client.request({ command, ...params })
    assert.ok(expected === null || !expected.startsWith('!'), `answered, expected ${expected}`)
    assert.strictEqual(reply.type, 'response')
    if (expected && expected !== '*') assert.ok(expected in reply.result, `no ${expected} in ${JSON.stringify(reply.result).slice(0, 200)}`)
  } catch (error) {
    if (!(error instanceof xrpl.RippledError)) throw error
    assert.ok(expected && (expected === '*' || `!${error.data.error}` === expected), `${error.data.error}: ${error.message}`)
  }
}

async function main() {
  const count = { passed: 0, failed: 0 }
  const note = (what, error) => {
    count[error ? 'failed' : 'passed'] += 1
    if (error) console.log(`FAILED  ${what}: ${error.message}`)
  }
  assert.ok(declared.size > 35, `only ${declared.size} requests found in the library`)
  for (const command of declared) note(`a test of ${command}`, command in requests ? null : new Error('there is none'))
  for (const version of [1, 2]) {
    const client = new xrpl.Client(url, { timeout: 20000 })
    client.apiVersion = version
    await client.connect()
    for (const command of declared)
      for (const [params, expected] of requests[command] || [])
        await ask(client, command, params, expected).then(
          () => note(command),
          (error) => note(`version ${version}: ${command} ${JSON.stringify(params)}`, error),
        )
    await client.disconnect()
  }
  console.log(JSON.stringify(count))
}

main().catch((error) => {
  console.log(error)
  process.exit(1)
})
