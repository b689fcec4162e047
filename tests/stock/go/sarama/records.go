// Producing and reading records, and which offset belongs to a time.
package main

import (
	"errors"
	"strconv"
	"time"

	"github.com/IBM/sarama"

	. "stock/conversation"
)

var codecs = map[string]sarama.CompressionCodec{
	"none": sarama.CompressionNone, "gzip": sarama.CompressionGZIP, "snappy": sarama.CompressionSnappy, "lz4": sarama.CompressionLZ4, "zstd": sarama.CompressionZSTD,
}

var acks = map[string]sarama.RequiredAcks{"all": sarama.WaitForAll, "1": sarama.WaitForLocal, "0": sarama.NoResponse}

// Records go to the asynchronous producer, as the synchronous one would wait between them; what came of each is gathered by its place.
// The producer is closed when all are answered: one that is being closed does not try again what has failed.
func produce(asked *Asked) (Object, error) {
	producer, err := sarama.NewAsyncProducer(addresses(asked), producerSettings(asked))
	if err != nil {
		return nil, err
	}
	go func() {
		for index, given := range asked.Records {
			producer.Input() <- message(asked.Topic, index, given)
			time.Sleep(time.Duration(asked.PauseMs) * time.Millisecond)
		}
	}()

	placed := make([][]any, len(asked.Records))
	failures := make([]error, len(asked.Records))
	for range asked.Records {
		select {
		case message := <-producer.Successes():
			placed[message.Metadata.(int)] = []any{message.Partition, message.Offset}
			if Word(asked.Acks) == "0" {
				placed[message.Metadata.(int)][1] = nil
			}
		case failure := <-producer.Errors():
			failures[failure.Msg.Metadata.(int)] = failure.Err
		}
	}
	if err := producer.Close(); err != nil {
		return nil, err
	}
	return Object{"placed": placed}, First(failures)
}

func producerSettings(asked *Asked) *sarama.Config {
	config := settings()
	config.Producer.Return.Successes = true
	config.Producer.RequiredAcks = acks[Word(asked.Acks)]
	config.Producer.Compression = codecs[asked.Codec]
	config.Producer.Partitioner = newPartitioner
	if asked.Idempotent {
		config.Producer.Idempotent = true
		config.Net.MaxOpenRequests = 1
	}
	if asked.MaxBytes != nil {
		config.Producer.MaxMessageBytes = int(*asked.MaxBytes)
	}
	if asked.PauseMs > 0 {
		config.Producer.Retry.Max = 240
		config.Producer.Retry.Backoff = 250 * time.Millisecond
		config.Metadata.Timeout = time.Minute
		config.Metadata.Retry.Max = 240
	}
	return config
}

// Partitioner takes the partition that was asked for, and else what the client takes by itself.
type partitioner struct {
	byKey sarama.Partitioner
}

const anyPartition = -1

func newPartitioner(topic string) sarama.Partitioner {
	return &partitioner{byKey: sarama.NewHashPartitioner(topic)}
}

func (p *partitioner) Partition(message *sarama.ProducerMessage, count int32) (int32, error) {
	if message.Partition != anyPartition {
		return message.Partition, nil
	}
	return p.byKey.Partition(message, count)
}

func (p *partitioner) RequiresConsistency() bool { return true }

func message(topic string, index int, given Record) *sarama.ProducerMessage {
	message := &sarama.ProducerMessage{Topic: topic, Partition: anyPartition, Metadata: index}
	if given.Key != nil {
		message.Key = sarama.ByteEncoder(Bytes(given.Key))
	}
	if given.Value != nil {
		message.Value = sarama.ByteEncoder(Bytes(given.Value))
	}
	if given.Partition != nil {
		message.Partition = *given.Partition
	}
	if given.Timestamp != nil {
		message.Timestamp = time.UnixMilli(*given.Timestamp)
	}
	for _, header := range given.Headers {
		message.Headers = append(message.Headers, sarama.RecordHeader{Key: []byte(header.Name), Value: header.Value})
	}
	return message
}

func consume(asked *Asked) (Object, error) {
	config := settings()
	config.Consumer.Return.Errors = true
	if asked.Committed {
		config.Consumer.IsolationLevel = sarama.ReadCommitted
	}
	from, err := place(Word(asked.Offset))
	if err != nil {
		return nil, err
	}
	consumer, err := sarama.NewConsumer(addresses(asked), config)
	if err != nil {
		return nil, err
	}
	defer consumer.Close()
	reading, err := consumer.ConsumePartition(asked.Topic, asked.Partition, from)
	if err != nil {
		return nil, err
	}
	defer reading.Close()

	records := []Object{}
	inTime := time.After(time.Duration(asked.TimeoutMs) * time.Millisecond)
	for len(records) < asked.Count {
		select {
		case message := <-reading.Messages():
			records = append(records, told(message))
		case failed := <-reading.Errors():
			return nil, failed.Err
		case <-inTime:
			return Object{"records": records}, nil
		}
	}
	return Object{"records": records}, nil
}

func told(message *sarama.ConsumerMessage) Object {
	headers := []Header{}
	for _, header := range message.Headers {
		headers = append(headers, Header{Name: string(header.Key), Value: header.Value})
	}
	return Object{
		"offset": message.Offset, "timestamp": message.Timestamp.UnixMilli(), "timestamp_type": nil,
		"key": message.Key, "value": message.Value, "headers": headers,
	}
}

func offset(admin sarama.ClusterAdmin, asked *Asked) (Object, error) {
	at, err := place(Word(asked.At))
	if err != nil {
		return nil, err
	}
	listed, err := admin.ListOffsets(map[string]map[int32]int64{asked.Topic: {asked.Partition: at}}, nil)
	if err != nil {
		return nil, err
	}
	found := listed[asked.Topic][asked.Partition]
	if found == nil {
		return nil, errors.New("the client tells no offset of this partition")
	}
	result := Object{"offset": found.Offset, "timestamp": nil}
	if found.Timestamp >= 0 {
		result["timestamp"] = found.Timestamp
	}
	if found.Err != nil && found.Err != sarama.ErrNoError {
		return nil, found.Err
	}
	return result, nil
}

// Place is an offset as the client wants it: a number of its own, or one that stands for a place.
func place(word string) (int64, error) {
	switch word {
	case "earliest":
		return sarama.OffsetOldest, nil
	case "latest":
		return sarama.OffsetNewest, nil
	case "max_timestamp":
		return 0, Unsupported("the client asks in a version that has no such place")
	}
	return strconv.ParseInt(word, 10, 64)
}
