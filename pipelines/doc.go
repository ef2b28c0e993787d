// Package pipelines is the runtime of the hub: it takes records in, turns them into canonical events, and delivers each
// event through every pipeline that listens to it.
//
// # Basics
//
// [Compile] reads the pipeline files into a [Plan]; [New] builds a [Hub] over it; [Hub.Run] works until its context
// ends. Around the bus there are three streets:
//
//	intake / poll  → sihe.raw.<system> or, for records that are canonical already, sihe.<module>.<entity>
//	normalise      : sihe.raw.<system> → mapping, validation, ownership → sihe.<module>.<entity>
//	deliver        : sihe.<module>.<entity> → filter, needs, map, gate, echo → intent → Sink.Write → receipt
//
// Each step of a street stands in a file of its own that bears its pattern's name: dedupe.go, filter.go, needs.go,
// translate.go, gate.go, echo.go, intent.go, write.go, receipt.go, retry.go, resolve.go, park.go.
//
// # Order
//
// A street takes different subjects in parallel and one subject strictly in order (invariant 3). An event that cannot
// be finished at once (it waits, is retried, is unknown or parked) is kept in the store, the later events of its
// subject line up behind it there, and the offset moves on. So one bad document stops only itself.
//
// # Caveats
//
// An event may be carried more than once after a crash. What makes that harmless is decided in one transaction with
// the record of it (dedupe.go, intent.go), and a write that may have been done is looked up first (resolve.go).
package pipelines
