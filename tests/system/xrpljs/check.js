// SPDX-License-Identifier: Apache-2.0
// Ask a server what wallets and explorers ask by xrpl.js. Usage: node check.js WS_URL ACCOUNT CLASSIC_ACCOUNT TX_HASH
// Prints a line for each check, then {"passed": n, "failed": n}.
'use strict'
const assert = require('assert')
const xrpl = require('xrpl')

const [url, account, other, hash] = process.argv.slice(2)
const checks = {
  async 'server_info tells the ledgers held'(client) {
    const { result } = await client.request({ command: 'server_info' })
    assert.match(result.info.complete_ledgers, /^3-\d+$/)
    assert.strictEqual(typeof result.info.validated_ledger.seq, 'number')
  },
  async 'the network is known after connecting'(client) {
    assert.strictEqual(client.networkID, 21338)
  },
  async 'account_info'(client) {
    const { result } = await client.request({ command: 'account_info', account, ledger_index: 'validated' })
    assert.strictEqual(result.account_data.Account, account)
    assert.strictEqual(result.validated, true)
  },
  async 'balances by the library'(client) {
    const drops = (await client.request({ command: 'account_info', account, ledger_index: 'validated' })).result.account_data.Balance
    assert.strictEqual(String(await client.getXrpBalance(account)), String(xrpl.dropsToXrp(drops)))
    assert.ok(Array.isArray(await client.getBalances(other)))
  },
  async 'account_lines, all pages'(client) {
    const pages = await client.requestAll({ command: 'account_lines', account: other, ledger_index: 'validated', limit: 10 })
    const lines = pages.flatMap((p) => p.result.lines)
    assert.ok(lines.length > 0)
    for (const line of lines) assert.ok(xrpl.isValidClassicAddress(line.account))
  },
  async 'account_objects, all pages'(client) {
    const pages = await client.requestAll({ command: 'account_objects', account: other, ledger_index: 'validated', limit: 10 })
    const objects = pages.flatMap((p) => p.result.account_objects)
    assert.strictEqual(new Set(objects.map((o) => o.index)).size, objects.length)
  },
  async 'account_tx, pages, each once, and hashes that the library computes'(client) {
    const seen = new Set()
    let marker
    for (let page = 0; page < 4; page++) {
      const { result } = await client.request({ command: 'account_tx', account: other, limit: 10, ledger_index_min: -1, marker })
      for (const { tx_json: tx, hash: h, meta } of result.transactions) {
        assert.strictEqual(typeof meta.TransactionResult, 'string')
        assert.strictEqual(tx.TransactionType.length > 0, true)
        assert.ok(!seen.has(h))
        seen.add(h)
      }
      marker = result.marker
      if (!marker) break
    }
    assert.ok(seen.size > 0)
  },
  async 'tx, and its bytes decode to the same'(client) {
    const plain = (await client.request({ command: 'tx', transaction: hash })).result
    const binary = (await client.request({ command: 'tx', transaction: hash, binary: true })).result
    const decoded = xrpl.decode(binary.tx_blob)
    for (const [key, value] of Object.entries(decoded)) assert.deepStrictEqual(plain.tx_json[key === 'Amount' && plain.tx_json.DeliverMax ? 'DeliverMax' : key], value, key)
    assert.strictEqual(xrpl.hashes.hashSignedTx(binary.tx_blob), hash)
    assert.strictEqual(plain.validated, true)
  },
  async 'ledger with transactions, whose header hash the library computes'(client) {
    const { result } = await client.request({ command: 'ledger', ledger_index: 'validated', transactions: true })
    assert.strictEqual(result.ledger.ledger_hash, result.ledger_hash)
    const { ledger } = result
    assert.strictEqual(xrpl.hashes.hashLedgerHeader({ ...ledger, ledger_index: Number(ledger.ledger_index) }), result.ledger_hash)
  },
  async 'the newest ledger by the library'(client) {
    assert.strictEqual(typeof (await client.getLedgerIndex()), 'number')
  },
  async 'autofill: fee and last ledger'(client) {
    // The sequence is asked at ledger_index "current", which is rippled's to answer and not recorded.
    const info = (await client.request({ command: 'account_info', account, ledger_index: 'validated' })).result
    const { Sequence } = info.account_data
    const tx = await client.autofill({ TransactionType: 'Payment', Account: account, Destination: other, Amount: '1', Sequence })
    assert.ok(Number(tx.Fee) >= 10)
    assert.ok(tx.LastLedgerSequence > info.ledger_index - 10)
  },
  async 'order book by the library'(client) {
    const book = await client.getOrderbook({ currency: 'XRP' }, { currency: 'USD', issuer: other })
    assert.ok(Array.isArray(book.buy) && Array.isArray(book.sell))
  },
  async 'an error is an error of the library'(client) {
    await assert.rejects(client.request({ command: 'account_info', account: 'rrrrrrrrrrrrrrrrrrrrBZbvji', ledger_index: 'validated' }),
      (e) => e instanceof xrpl.RippledError && e.data.error === 'actNotFound')
  },
  async 'many requests at once'(client) {
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) =>
      client.request({ command: 'ledger', ledger_index: 3 + i })))
    answers.forEach((a, i) => assert.strictEqual(a.result.ledger_index, 3 + i))
  }
}

async function main() {
  const count = { passed: 0, failed: 0 }
  const client = new xrpl.Client(url)
  await client.connect()
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check(client)
      count.passed++
      console.log(`ok      ${name}`)
    } catch (e) {
      count.failed++
      console.log(`FAILED  ${name}: ${String(e.stack).split('\n').slice(0, 4).join(' | ')}`)
    }
  }
  await client.disconnect()
  console.log(JSON.stringify(count))
}

main().catch((e) => { console.log(`FAILED  ${e.stack}`); process.exit(1) })
