// The driver of @confluentinc/kafka-javascript, through its native interface: librdkafka for Node.js.
'use strict'

const rdkafka = require('@confluentinc/kafka-javascript')
const { version } = require('@confluentinc/kafka-javascript/package.json')
const { converse, Unsupported, bytes, text } = require('./conversation')

const PATIENCE_MS = 15000
const TIMES = { latest: rdkafka.OffsetSpec?.LATEST, earliest: rdkafka.OffsetSpec?.EARLIEST, max_timestamp: rdkafka.OffsetSpec?.MAX_TIMESTAMP }
const NAMES = Object.fromEntries(Object.entries(rdkafka.CODES.ERRORS).map(([name, code]) => [code, name.replace(/^ERR_/, '')]))

const settings = bootstrap => ({ 'bootstrap.servers': bootstrap, 'reconnect.backoff.max.ms': 100, log_level: 0 })

/** The result of a call whose last argument is a callback. */
const called = call => new Promise((resolve, reject) => call((error, result) => (error ? reject(error) : resolve(result))))

async function administer(bootstrap, use) {
  const admin = rdkafka.AdminClient.create(settings(bootstrap))
  try {
    return await use(admin)
  } finally {
    admin.disconnect()
  }
}

async function connected(client, use) {
  await called(done => client.connect({}, done))
  try {
    return await use(client)
  } finally {
    await called(done => client.disconnect(done))
  }
}

const reader = (bootstrap, more = {}) =>
  new rdkafka.KafkaConsumer({ ...settings(bootstrap), 'group.id': 'unused', 'enable.auto.commit': false, ...more }, { 'auto.offset.reset': 'error' })

const node = ({ id, host, port }) => ({ id, host, port })

const operations = {
  async produce({ bootstrap, topic, records, codec = 'none', acks = 'all', idempotent = false, max_bytes, pause_ms = 0 }) {
    const producer = new rdkafka.Producer(
      {
        ...settings(bootstrap),
        'enable.idempotence': idempotent,
        'message.max.bytes': max_bytes ?? 1000000,
        'compression.codec': codec,
        'linger.ms': 5,
        dr_cb: true,
        'delivery.timeout.ms': pause_ms ? 60000 : PATIENCE_MS,
      },
      { acks: acks === 'all' ? -1 : Number(acks) },
    )
    return connected(producer, async () => {
      producer.setPollInterval(10)
      const placed = await new Promise((resolve, reject) => {
        const places = new Array(records.length)
        let open = records.length
        producer.on('delivery-report', (error, { partition, offset, opaque }) => {
          if (error) return reject(error)
          places[opaque] = [partition, acks === '0' ? null : offset]
          if (--open === 0) resolve(places)
        })
        const hand = async () => {
          for (const [row, { partition, key, value, headers, timestamp }] of records.entries()) {
            const named = (headers ?? []).map(([name, content]) => ({ [name]: bytes(content) }))
            if ((headers ?? []).some(([, content]) => content === null)) throw new Unsupported('it cannot write a header without a value')
            producer.produce(topic, partition ?? null, bytes(value), bytes(key), timestamp ?? null, row, named)
            if (pause_ms) await new Promise(resume => setTimeout(resume, pause_ms))
          }
        }
        hand().catch(reject)
      })
      return { placed }
    })
  },

  async consume({ bootstrap, topic, partition, offset, count, timeout_ms = 10000, committed = false }) {
    const level = committed ? 'read_committed' : 'read_uncommitted'
    return connected(reader(bootstrap, { 'isolation.level': level, 'enable.partition.eof': false }), async consumer => {
      const at = typeof offset === 'number' ? offset : { earliest: -2, latest: -1 }[offset]
      consumer.setDefaultConsumeTimeout(200)
      const failed = new Promise((_, reject) => consumer.on('event.error', error => NAMES[error.code] && error.code > 0 && reject(error)))
      failed.catch(() => {})
      consumer.assign([{ topic, partition, offset: at }])
      const found = []
      const deadline = Date.now() + timeout_ms
      while (found.length < count && Date.now() < deadline) {
        const more = called(done => consumer.consume(count - found.length, done))
        found.push(...(await Promise.race([more, failed])))
      }
      const records = found.map(message => ({
        offset: message.offset,
        timestamp: message.timestamp ?? null,
        timestamp_type: null,
        key: text(message.key),
        value: text(message.value),
        headers: (message.headers ?? []).map(header => Object.entries(header)[0]).map(([name, value]) => [name, text(value)]),
      }))
      return { records }
    })
  },

  offset({ bootstrap, topic, partition, at }) {
    return administer(bootstrap, async admin => {
      const offset = typeof at === 'number' ? new rdkafka.OffsetSpec(at) : TIMES[at]
      const asked = [{ topic, partition, offset }]
      const [found] = await called(done => admin.listOffsets(asked, { timeout: PATIENCE_MS }, done))
      if (found.error) throw found.error
      return { offset: found.offset, timestamp: found.timestamp >= 0 ? found.timestamp : null }
    })
  },

  async create_topic({ bootstrap, topic, partitions, replication, configs = {}, validate_only = false }) {
    if (validate_only) throw new Unsupported('it cannot only validate')
    const asked = { topic, num_partitions: partitions, replication_factor: replication, config: configs }
    await administer(bootstrap, admin => called(done => admin.createTopic(asked, PATIENCE_MS, done)))
    return {}
  },

  async delete_topic({ bootstrap, topic }) {
    await administer(bootstrap, admin => called(done => admin.deleteTopic(topic, PATIENCE_MS, done)))
    return {}
  },

  async list_topics({ bootstrap }) {
    return { topics: await administer(bootstrap, admin => called(done => admin.listTopics({ timeout: PATIENCE_MS }, done))) }
  },

  describe_topic({ bootstrap, topic }) {
    return administer(bootstrap, async admin => {
      const [found] = await called(done => admin.describeTopics([topic], { timeout: PATIENCE_MS }, done))
      if (found.error) throw found.error
      const partitions = found.partitions.map(({ partition, leader, replicas, isr }) => ({
        partition,
        leader: leader?.id ?? -1,
        replicas: replicas.map(({ id }) => id),
        isr: isr.map(({ id }) => id),
      }))
      return { topic_id: found.topicId?.base64 ?? null, partitions }
    })
  },

  async create_partitions({ bootstrap, topic, total, validate_only = false }) {
    if (validate_only) throw new Unsupported('it cannot only validate')
    await administer(bootstrap, admin => called(done => admin.createPartitions(topic, total, PATIENCE_MS, done)))
    return {}
  },

  delete_records({ bootstrap, topic, partition, before }) {
    return administer(bootstrap, async admin => {
      const asked = [{ topic, partition, offset: before }]
      const [done] = await called(told => admin.deleteRecords(asked, { timeout: PATIENCE_MS }, told))
      if (done.error) throw done.error
      return { low_watermark: done.lowWatermark }
    })
  },

  async describe_cluster({ bootstrap }) {
    return connected(new rdkafka.Producer(settings(bootstrap)), async producer => {
      const { brokers } = await called(done => producer.getMetadata({ timeout: PATIENCE_MS }, done))
      return { cluster_id: null, controller: null, brokers: brokers.map(node) }
    })
  },
}

function explain(error) {
  return { code: error.code > 0 ? error.code : null, name: NAMES[error.code] ?? error.name, text: error.message }
}

converse({ client: '@confluentinc/kafka-javascript', version: `${version} (librdkafka ${rdkafka.librdkafkaVersion})`, operations, explain })
