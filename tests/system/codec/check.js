// SPDX-License-Identifier: Apache-2.0
// Random objects of every type of the definitions, through ripple-binary-codec and through our renderer, both ways.
// Usage: node check.js RENDERER DEFINITIONS SEED ROUNDS. Prints {"passed": n, "failed": n} last.
//
//   codec.encode(object) = bytes;  our render(bytes) = codec.decode(bytes);  codec.encode(our render(bytes)) = bytes
'use strict'
const { spawnSync } = require('child_process')
const fs = require('fs')
const codec = require('ripple-binary-codec')
const address = require('ripple-address-codec')

const [renderer, definitionsFile, seedText, roundsText] = process.argv.slice(2)
const answer = JSON.parse(fs.readFileSync(definitionsFile))
const source = answer.result || answer
const definitions = new codec.XrplDefinitions(source)
// What definitions of one's own lack there.
for (const part of ['granularPermissions', 'delegatablePermissions']) definitions[part] = definitions[part] || codec.DEFAULT_DEFINITIONS[part]
definitions.field.PermissionValue.associatedType = codec.DEFAULT_DEFINITIONS.field.PermissionValue.associatedType
const fields = new Map(source.FIELDS)

let state = BigInt(seedText) * 0x9E3779B97F4A7C15n + 1n
function below(n) { // xorshift64*: the same everywhere
  state ^= state >> 12n
  state = (state ^ state << 25n) & 0xFFFFFFFFFFFFFFFFn
  state ^= state >> 27n
  return Number((state * 0x2545F4914F6CDD1Dn & 0xFFFFFFFFFFFFFFFFn) >> 11n) % n
}
const pick = (list) => list[below(list.length)]
const hex = (n) => Array.from({ length: n }, () => below(256).toString(16).padStart(2, '0')).join('').toUpperCase()
const account = () => address.encodeAccountID(Buffer.from(hex(20), 'hex'))
const names = (table) => Object.entries(table).filter(([, code]) => code >= 0).map(([name]) => name)
const currency = () => pick(['USD', 'EUR', 'x$z', hex(20).replace(/^00/, '01')])
const u64 = () => BigInt(`0x${hex(1 + below(8))}`)
const mptAmount = () => (u64() & 0x7FFFFFFFFFFFFFFFn).toString()

function decimal() {
  const digits = String(1 + below(9)) + Array.from({ length: below(15) }, () => below(10)).join('')
  return `${pick(['', '-'])}${digits}e${below(60) - 40}`
}

const base10 = new Set(['MaximumAmount', 'OutstandingAmount', 'MPTAmount', 'LockedAmount', 'ConfidentialOutstandingAmount'])
const special = {
  TransactionType: () => pick(names(source.TRANSACTION_TYPES)),
  LedgerEntryType: () => pick(names(source.LEDGER_ENTRY_TYPES)),
  TransactionResult: () => pick(names(source.TRANSACTION_RESULTS)),
  PermissionValue: () => pick(names(source.TRANSACTION_TYPES)),
  FeeAmountDelta: () => pick(['', '-']) + String(u64() % 10n ** 17n || 1n)
}
const make = {
  UInt8: () => below(256),
  UInt16: () => below(65536),
  UInt32: () => Number(u64() & 0xFFFFFFFFn),
  UInt64: (name) => base10.has(name) ? mptAmount() : u64().toString(16).toUpperCase(),
  Int32: () => Number(u64() & 0xFFFFFFFFn) | 0,
  Hash128: () => hex(16),
  Hash160: () => hex(20),
  Hash192: () => hex(24),
  Hash256: () => hex(32),
  UInt96: () => hex(12),
  Blob: () => hex(1 + below(pick([8, 300, 13000]))),
  AccountID: account,
  Currency: currency,
  Number: decimal,
  Vector256: () => Array.from({ length: below(4) }, () => hex(32)),
  Issue: () => pick([() => ({ currency: 'XRP' }), () => ({ currency: currency(), issuer: account() }),
    () => ({ mpt_issuance_id: hex(24) })])(),
  Amount: () => pick([() => String(u64() % 10n ** 17n), () => ({ currency: currency(), issuer: account(), value: decimal() }),
    () => ({ mpt_issuance_id: hex(24), value: mptAmount() })])(),
  XChainBridge: () => ({ LockingChainDoor: account(), LockingChainIssue: { currency: 'XRP' }, IssuingChainDoor: account(),
    IssuingChainIssue: { currency: currency(), issuer: account() } }),
  PathSet: () => Array.from({ length: 1 + below(3) }, () => Array.from({ length: 1 + below(3) }, () =>
    pick([() => ({ account: account() }), () => ({ currency: currency(), issuer: account() }), () => ({ currency: 'XRP' })])()))
}
const can = (f) => f.isSerialized && make[f.type] && codec.coreTypes[f.type]
const inner = [...fields].filter(([, f]) => can(f)).map(([name]) => name)
const wrappers = [...fields].filter(([name, f]) => f.isSerialized && f.type === 'STObject' && f.nth > 1).map(([name]) => name)
const arrays = [...fields].filter(([name, f]) => f.isSerialized && f.type === 'STArray' && f.nth > 1).map(([name]) => name)

function value(name, depth) {
  const { type } = fields.get(name)
  if (special[name]) return special[name]()
  if (type === 'STObject') return object(depth + 1)
  if (type === 'STArray') return Array.from({ length: below(3) }, () => ({ [pick(wrappers)]: object(depth + 1) }))
  return make[type](name)
}
function object(depth) {
  const result = {}
  for (let n = 1 + below(4); n > 0; n--) {
    const name = pick(depth < 3 && below(4) === 0 ? wrappers : inner)
    if (name !== 'TransactionType' && name !== 'LedgerEntryType') result[name] = value(name, depth)
  }
  return result
}

// An object of a format: everything required, of the rest some.
function filled(start, formats) {
  const result = { ...start }
  for (const { name, optionality } of formats) {
    const f = fields.get(name)
    if (name in result || !f || !(can(f) || f.type === 'STObject' || f.type === 'STArray')) continue
    if (optionality === 0 || below(2)) result[name] = value(name, 1)
  }
  return result
}

function samples(rounds) {
  const list = []
  for (let round = 0; round < rounds; round++) {
    for (const type of names(source.TRANSACTION_TYPES)) {
      const common = source.TRANSACTION_FORMATS.common.filter((f) => f.name !== 'TransactionType')
      list.push([type, filled({ TransactionType: type }, [...common, ...(source.TRANSACTION_FORMATS[type] || [])])])
    }
    for (const type of names(source.LEDGER_ENTRY_TYPES)) {
      const common = (source.LEDGER_ENTRY_FORMATS.common || []).filter((f) => f.name !== 'LedgerEntryType')
      list.push([type, filled({ LedgerEntryType: type }, [...common, ...(source.LEDGER_ENTRY_FORMATS[type] || [])])])
    }
    for (const name of [...inner, ...wrappers, ...arrays]) list.push([name, { [name]: value(name, 0), Flags: below(1000) }])
    list.push(['metadata', { TransactionIndex: below(1000), TransactionResult: special.TransactionResult(), AffectedNodes: [
      { CreatedNode: { LedgerEntryType: 'Offer', LedgerIndex: hex(32), NewFields: object(2) } },
      { ModifiedNode: { LedgerEntryType: 'AccountRoot', LedgerIndex: hex(32), FinalFields: object(2), PreviousFields: object(2) } }] }])
  }
  return list
}

// Two ways of writing the same: 64-bit numbers in hex (the codec pads them), decimal numbers by their value, an account of no
// bytes (of the UNLModify pseudo-transaction; rippled and we show it empty).
function number(text) {
  const m = /^(-?)0*(\d*)\.?(\d*?)(?:[eE]([+-]?\d+))?$/.exec(text)
  if (!m) return text
  const digits = (m[2] + m[3]).replace(/^0+/, ''), stripped = digits.replace(/0+$/, '')
  return stripped === '' ? '0' : `${m[1]}${stripped}e${Number(m[4] || 0) - m[3].length + digits.length - stripped.length}`
}
function normal(v, name) {
  const type = name && fields.get(name) ? fields.get(name).type : undefined
  if (type === 'UInt64' && !base10.has(name)) return BigInt(`0x${v}`).toString()
  if (type === 'Number') return number(v)
  if (type === 'AccountID' && v === '') return 'rrrrrrrrrrrrrrrrrrrrrhoLvTp'
  if (Array.isArray(v)) return v.map((e) => normal(e))
  if (v && typeof v === 'object') {
    const entries = Object.entries(v).filter(([k]) => k !== 'type' && k !== 'type_hex')
    return Object.fromEntries(entries.sort().map(([k, e]) => [k, k === 'value' ? number(e) : normal(e, k)]))
  }
  return v
}
const text = (v) => JSON.stringify(normal(v))
// For encoding: the codec wants hex in capitals.
function encodable(v, name) {
  const type = name && fields.get(name) ? fields.get(name).type : undefined
  if (type === 'UInt64' && !base10.has(name)) return v.toUpperCase()
  if (Array.isArray(v)) return v.map((e) => encodable(e))
  if (v && typeof v === 'object') return Object.fromEntries(Object.entries(v).map(([k, e]) => [k, encodable(e, k)]))
  return v
}

const count = { passed: 0, failed: 0 }
function check(what, hexText, line) {
  const ours = JSON.parse(line), theirs = codec.decode(hexText, definitions)
  const problem = ours === null ? 'not rendered' : text(ours) !== text(theirs) ? 'rendered differently'
    : codec.encode(encodable(ours), definitions) !== hexText ? 'not encoded to the same bytes' : null
  count[problem ? 'failed' : 'passed']++
  if (problem && count.failed <= 10) console.log(`FAILED  ${what}: ${problem}\n  bytes ${hexText.slice(0, 600)}\n  ours   ${text(ours).slice(0, 900)}\n  theirs ${text(theirs).slice(0, 900)}`)
}

// Nothing of the definitions is left out: every type of transaction and entry, every field that is serialized (but the ends of
// objects and arrays), that the codec has a type for.
function leftOut(list) {
  const seen = new Set()
  const walk = (v, name) => {
    if (name) seen.add(name)
    if (special[name]) seen.add(`${name} ${v}`)
    if (Array.isArray(v)) v.forEach((e) => walk(e))
    else if (v && typeof v === 'object') Object.entries(v).forEach(([k, e]) => walk(e, k))
  }
  list.forEach(([, o]) => walk(o))
  const wanted = [...names(source.TRANSACTION_TYPES).map((n) => `TransactionType ${n}`),
    ...names(source.LEDGER_ENTRY_TYPES).map((n) => `LedgerEntryType ${n}`),
    ...[...fields].filter(([, f]) => f.isSerialized && f.nth >= 0 && codec.coreTypes[f.type] && !(/^ST(Object|Array)$/.test(f.type) && f.nth === 1))
      .map(([name]) => name)]
  return wanted.filter((name) => !seen.has(name))
}

const objects = samples(Number(roundsText))
const missing = leftOut(objects)
count[missing.length ? 'failed' : 'passed']++
if (missing.length) console.log(`FAILED  left out: ${missing.join(', ')}`)
const list = objects.map(([what, o]) => [what, codec.encode(o, definitions)])
const run = spawnSync(renderer, { input: list.map(([, h]) => `${h}\n`).join(''), maxBuffer: 1 << 30 })
const lines = run.stdout.toString().split('\n')
list.forEach(([what, hexText], i) => {
  try {
    check(what, hexText, lines[i])
  } catch (e) {
    count.failed++
    if (count.failed <= 10) console.log(`FAILED  ${what}: ${e.message}\n  bytes ${hexText.slice(0, 600)}\n  ours ${lines[i].slice(0, 900)}`)
  }
})
console.log(JSON.stringify(count))
