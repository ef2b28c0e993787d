// Package sihe is the language of the house: the few words that every room speaks and nothing else. It imports no
// other package of this module.
//
// # Words
//
// An [Event] is one immutable fact about one document. A [Connector] knows one product; what it can do is what it
// implements of [Source], [Webhook], [Sink] and [Finder]. A [Bus] carries messages durably and in order per key.
// [Decimal] is the only fractional number. An [Error] carries a stable code and tells the runtime, by its class, what
// to do next.
//
// # Invariants
//
// The line of code that enforces one cites its number.
//
//  1. Nothing is acknowledged before it is durable in the next room (202, cursor, offset).
//  2. The same event twice is the same as once: ids are computed, never drawn, from what caused them.
//  3. Order holds per subject, also through retries and parking.
//  4. No event vanishes: received = delivered + unchanged + filtered + rejected + parked + in flight.
//  5. A field changes only by its owner, or by a listed write-back that carries absolute values and the owner's version.
//  6. Money is exact; a journal entry balances per currency; posted entries never change.
//  7. A write whose outcome is unknown is looked up before it is repeated.
//  8. No secret appears in an event, a log, an error or a page.
//  9. A value read back is the value written: everything stored carries its own checksum.
package sihe
