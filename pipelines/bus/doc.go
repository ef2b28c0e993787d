// Package bus carries messages between the rooms: durably, at least once, in order per key. It has two bodies behind
// [sihe.Bus] that pass the same suite (package bustest).
//
// # Basics
//
// [OpenEmbedded] keeps the log in one file of this process, for one machine with nothing to install. [OpenKafka] uses
// an Apache Kafka cluster. A message's partition is murmur2(key) mod N, Java's rule, in both, so that a topic can be
// moved from one to the other with its order.
//
// # Caveats
//
// Delivery is at least once: receivers deduplicate by the id that a message carries. An error of Publish means that
// the outcome is unknown unless its class is permanent, which means that nothing was sent. Transactions, delayed
// delivery and more partitions for an existing topic are not offered.
package bus
