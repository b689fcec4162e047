// The driver of KafkaJS. Its consumer cannot do without a group, so records are read with the `Broker` that its consumer is made of.
'use strict'

const {
  CompressionCodecs,
  CompressionTypes,
  ConfigResourceTypes,
  Kafka,
  Partitioners,
  logLevel,
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  ResourcePatternTypes,
} = require('kafkajs')
const lz4 = require('lz4-napi')
const snappy = require('kafkajs-snappy')
const zstd = require('@bokuweb/zstd-wasm')
const { version } = require('kafkajs/package.json')
const { converse, Unsupported, bytes, text } = require('./conversation')

// KafkaJS has gzip in it and leaves the other codecs to its users.
CompressionCodecs[CompressionTypes.Snappy] = snappy
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: encoder => lz4.compressFrame(encoder.buffer),
  decompress: buffer => lz4.decompressFrame(buffer),
})
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async encoder => Buffer.from(zstd.compress(encoder.buffer, 3)),
  decompress: async buffer => Buffer.from(zstd.decompress(buffer)),
})

const CODECS = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
}
const ACKS = { all: -1, 1: 1, 0: 0 }
const SOURCES = {
  1: 'DYNAMIC_TOPIC_CONFIG',
  2: 'DYNAMIC_BROKER_CONFIG',
  3: 'DYNAMIC_DEFAULT_BROKER_CONFIG',
  4: 'STATIC_BROKER_CONFIG',
  5: 'DEFAULT_CONFIG',
  6: 'DYNAMIC_BROKER_LOGGER_CONFIG',
}
const RESOURCES = { topic: ConfigResourceTypes.TOPIC, broker: ConfigResourceTypes.BROKER, broker_logger: ConfigResourceTypes.BROKER_LOGGER }
const TIMES = { latest: -1, earliest: -2 }

/** `retries` are few, so that errors are told soon, unless a broker that goes away is what it is about. */
function kafka(bootstrap, retries = 3) {
  return new Kafka({
    brokers: [bootstrap],
    clientId: 'kafkajs',
    logLevel: logLevel.NOTHING,
    connectionTimeout: 5000,
    retry: { retries, initialRetryTime: 50, maxRetryTime: 500 },
  })
}

/** `use` with something that must be connected before and disconnected after. */
async function connected(thing, use) {
  await thing.connect()
  try {
    return await use(thing)
  } finally {
    await thing.disconnect()
  }
}

const administer = ({ bootstrap }, use) => connected(kafka(bootstrap).admin(), use)

/** `use` with the broker that leads the partition, of the class that producers, consumers and admins of KafkaJS all speak through. */
function ask({ bootstrap, topic, partition }, use) {
  const client = kafka(bootstrap)
  const createCluster = Object.getOwnPropertySymbols(client).find(symbol => symbol.description.endsWith('createCluster'))
  return connected(client[createCluster]({ allowAutoTopicCreation: false }), async cluster => {
    await cluster.addTargetTopic(topic)
    const leader = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))[0]
    return use(await cluster.findBroker({ nodeId: leader }))
  })
}

async function offsetAt(broker, { topic, partition }, timestamp) {
  const asked = { topic, partitions: [{ partition, timestamp }] }
  const { responses } = await broker.listOffsets({ replicaId: -1, isolationLevel: 0, topics: [asked] })
  return Number(responses[0].partitions[0].offset)
}

function record({ key, value, headers, timestamp, partition }) {
  const byName = {}
  for (const [name, content] of headers ?? []) {
    if (content === null) throw new Unsupported('it cannot write a header without a value')
    ;(byName[name] ??= []).push(bytes(content))
  }
  return {
    key: bytes(key),
    value: bytes(value),
    headers: Object.fromEntries(Object.entries(byName).map(([name, values]) => [name, values.length > 1 ? values : values[0]])),
    timestamp: timestamp === null || timestamp === undefined ? undefined : String(timestamp),
    partition: partition ?? undefined,
  }
}

function headerPairs(headers) {
  return Object.entries(headers).flatMap(([name, values]) => (Array.isArray(values) ? values : [values]).map(value => [name, text(value)]))
}

/** Each record in a request of its own, with a pause after it. */
async function oneByOne(records, pause_ms, send) {
  const placed = []
  for (const one of records) {
    const [answer] = await send([one])
    placed.push([answer.partition, Number(answer.baseOffset)])
    await new Promise(resume => setTimeout(resume, pause_ms))
  }
  return placed
}

const operations = {
  async produce({ bootstrap, topic, records, codec = 'none', acks = 'all', idempotent = false, pause_ms = 0 }) {
    const chosen = []
    const createPartitioner = () => {
      const choose = Partitioners.DefaultPartitioner()
      return given => {
        const partition = choose(given)
        chosen.push(partition)
        return partition
      }
    }
    const producer = kafka(bootstrap, pause_ms ? 100 : 3).producer({ createPartitioner, idempotent, allowAutoTopicCreation: true })
    return connected(producer, async () => {
      const send = some => producer.send({ topic, messages: some.map(record), acks: ACKS[acks], compression: CODECS[codec] })
      if (pause_ms) return { placed: await oneByOne(records, pause_ms, send) }
      const sent = await send(records)
      const places = chosen.slice(-records.length)
      const next = new Map((sent ?? []).map(answer => [answer.partition, Number(answer.baseOffset)]))
      const placed = places.map(partition => {
        if (!next.has(partition)) return [partition, null]
        next.set(partition, next.get(partition) + 1)
        return [partition, next.get(partition) - 1]
      })
      return { placed }
    })
  },

  async consume({ bootstrap, topic, partition, offset, count, timeout_ms = 10000, committed = false }) {
    return ask({ bootstrap, topic, partition }, async broker => {
      let position = typeof offset === 'number' ? offset : await offsetAt(broker, { topic, partition }, TIMES[offset])
      const found = []
      const deadline = Date.now() + timeout_ms
      while (found.length < count && Date.now() < deadline) {
        const partitions = [{ partition, fetchOffset: String(position), maxBytes: 64 << 20 }]
        const topics = [{ topic, partitions }]
        const { responses } = await broker.fetch({ replicaId: -1, isolationLevel: committed ? 1 : 0, maxWaitTime: 200, maxBytes: 64 << 20, topics })
        for (const message of responses[0].partitions[0].messages) {
          if (Number(message.offset) < position || message.isControlRecord) continue
          position = Number(message.offset) + 1
          found.push(message)
        }
      }
      const records = found.slice(0, count).map(({ offset: at, timestamp, batchContext, key, value, headers }) => ({
        offset: Number(at),
        timestamp: Number(timestamp),
        timestamp_type: batchContext ? (batchContext.timestampType === 1 ? 'append' : 'create') : null,
        key: text(key),
        value: text(value),
        headers: headerPairs(headers),
      }))
      return { records }
    })
  },

  async offset({ bootstrap, topic, partition, at }) {
    if (at === 'max_timestamp') throw new Unsupported('its ListOffsets is too old to ask for the largest timestamp')
    if (typeof at === 'string') {
      const found = await administer({ bootstrap }, admin => admin.fetchTopicOffsets(topic))
      const { high, low } = found.find(entry => entry.partition === partition)
      return { offset: Number(at === 'earliest' ? low : high), timestamp: null }
    }
    // Its admin answers a time behind the last record with the end offset; the broker says -1, as its own requests do.
    return ask({ bootstrap, topic, partition }, async broker => ({
      offset: await offsetAt(broker, { topic, partition }, at),
      timestamp: null,
    }))
  },

  create_topic({ bootstrap, topic, partitions, replication, configs = {}, validate_only = false }) {
    return administer({ bootstrap }, async admin => {
      const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }))
      const topics = [{ topic, numPartitions: partitions, replicationFactor: replication, configEntries }]
      const made = await admin.createTopics({ validateOnly: validate_only, waitForLeaders: !validate_only, topics })
      if (made === false) throw Object.assign(new Error('it says only that no topic was made'), { code: 36, type: 'TOPIC_ALREADY_EXISTS' })
      return {}
    })
  },

  async delete_topic({ bootstrap, topic }) {
    await administer({ bootstrap }, admin => admin.deleteTopics({ topics: [topic] }))
    return {}
  },

  async list_topics({ bootstrap }) {
    return { topics: await administer({ bootstrap }, admin => admin.listTopics()) }
  },

  async describe_topic({ bootstrap, topic }) {
    const { topics } = await administer({ bootstrap }, admin => admin.fetchTopicMetadata({ topics: [topic] }))
    const partitions = topics[0].partitions
      .map(({ partitionId, leader, replicas, isr }) => ({ partition: partitionId, leader, replicas, isr }))
      .sort((one, other) => one.partition - other.partition)
    return { topic_id: null, partitions }
  },

  async create_partitions({ bootstrap, topic, total, validate_only = false }) {
    const asked = { validateOnly: validate_only, topicPartitions: [{ topic, count: total }] }
    await administer({ bootstrap }, admin => admin.createPartitions(asked))
    return {}
  },

  async describe_configs({ bootstrap, resource, name }) {
    if (!(resource in RESOURCES)) throw new Unsupported('it does not know such resources')
    const resources = [{ type: RESOURCES[resource], name }]
    const answer = await administer({ bootstrap }, admin => admin.describeConfigs({ includeSynonyms: false, resources }))
    const configs = {}
    for (const { configName, configValue, readOnly, configSource, isSensitive } of answer.resources[0].configEntries) {
      configs[configName] = { value: configValue, source: SOURCES[configSource] ?? null, read_only: readOnly, sensitive: isSensitive }
    }
    return { configs }
  },

  async replace_configs({ bootstrap, resource, name, configs, validate_only = false }) {
    if (!(resource in RESOURCES)) throw new Unsupported('it does not know such resources')
    const configEntries = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
    const resources = [{ type: RESOURCES[resource], name, configEntries }]
    await administer({ bootstrap }, admin => admin.alterConfigs({ validateOnly: validate_only, resources }))
    return {}
  },

  async delete_records({ bootstrap, topic, partition, before }) {
    const partitions = [{ partition, offset: String(before) }]
    await administer({ bootstrap }, async admin => {
      await admin.fetchTopicOffsets(topic) // Else it does not know who leads the partition, and does not ask.
      await admin.deleteTopicRecords({ topic, partitions })
    })
    const { offset } = await operations.offset({ bootstrap, topic, partition, at: 'earliest' })
    return { low_watermark: offset }
  },

  async describe_cluster({ bootstrap }) {
    const { clusterId, controller, brokers } = await administer({ bootstrap }, admin => admin.describeCluster())
    return { cluster_id: clusterId, controller, brokers: brokers.map(({ nodeId, host, port }) => ({ id: nodeId, host, port })) }
  },

  async list_reassignments({ bootstrap }) {
    const { topics } = await administer({ bootstrap }, admin => admin.listPartitionReassignments({ topics: null }))
    return { reassignments: topics }
  },

  async reassign({ bootstrap, topic, partition, replicas }) {
    if (replicas === null) throw new Unsupported('it cannot cancel a reassignment')
    const topics = [{ topic, partitionAssignment: [{ partition, replicas }] }]
    await administer({ bootstrap }, admin => admin.alterPartitionReassignments({ topics }))
    return {}
  },

  async describe_acls({ bootstrap }) {
    const filter = {
      resourceType: AclResourceTypes.ANY,
      resourcePatternType: ResourcePatternTypes.ANY,
      operation: AclOperationTypes.ANY,
      permissionType: AclPermissionTypes.ANY,
    }
    const { resources } = await administer({ bootstrap }, admin => admin.describeAcls(filter))
    return { acls: resources }
  },

  async api_versions({ bootstrap }) {
    const client = kafka(bootstrap)
    const createCluster = Object.getOwnPropertySymbols(client).find(symbol => symbol.description.endsWith('createCluster'))
    return connected(client[createCluster]({}), async cluster => {
      await cluster.refreshMetadata()
      const broker = await cluster.findControllerBroker()
      const versions = await broker.apiVersions()
      return { apis: Object.fromEntries(Object.entries(versions).map(([key, { minVersion, maxVersion }]) => [key, [minVersion, maxVersion]])) }
    })
  },
}

/** The innermost error is what the broker said; the others are about retries and aggregates. */
function explain(error) {
  let inner = error
  for (;;) {
    const next = inner.errors?.[0] ?? inner.partitions?.[0]?.error ?? inner.cause ?? inner.originalError
    if (!next || inner.type) break
    inner = next
  }
  return { code: typeof inner.code === 'number' ? inner.code : null, name: inner.type ?? inner.name, text: inner.message }
}

zstd.init().then(() => converse({ client: 'kafkajs', version, operations, explain }))
