// The conversation of a driver: one JSON object per line in, one per line out, in order. `../README.md` says what is said.
'use strict'

const readline = require('node:readline')

/** Says that the client has no such operation. */
class Unsupported extends Error {}

const bytes = text => (text === null || text === undefined ? null : Buffer.from(text, 'base64'))
const text = value => (value === null || value === undefined ? null : Buffer.from(value).toString('base64'))

/** Answers every line with what the operation of its name gives; `explain` turns the client's errors into code, name and text. */
async function converse({ client, version, operations, explain }) {
  const known = {
    ...operations,
    hello: () => ({ client, version, operations: Object.keys(operations) }),
  }
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { id, op, ...asked } = JSON.parse(line)
    const answer = { id }
    try {
      if (!Object.hasOwn(known, op)) throw new Unsupported('the client has no such operation')
      answer.result = await known[op](asked)
    } catch (error) {
      if (error instanceof Unsupported) answer.unsupported = error.message
      else answer.error = explain(error)
    }
    process.stdout.write(JSON.stringify(answer) + '\n')
  }
  process.exit(0)
}

module.exports = { converse, Unsupported, bytes, text }
