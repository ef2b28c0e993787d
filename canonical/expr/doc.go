// Package expr is the expression language of mappings, pipelines, entity formulas and checks: typed, decimal, bounded
// and pure. The same record, variables and event time give the same value on every hub and in every replay.
//
// # Use
//
// [Compile] checks a text against a [Scope] (what can be named, and of which [Type] it is) and returns a [Program], or
// all its [Problem]s at once. [Program.Eval] computes it over a [Frame]. A Program is immutable and may be shared; a
// Frame belongs to one goroutine and one event, so that its budget covers all expressions of that event.
//
// # Rules of the language
//
// There is no float: a number is an int (64 bit, overflow is an error) or an exact decimal of at most 34 digits.
// A `/` stands inside round(…) or div(…), where the quotient is kept as a fraction and rounded once.
//
// Null is tracked: where a value may be null, an operator wants a default (`x ?? 0`) or a test before it
// (`if(x != null, x + 1, 0)`, `x != null && x > 1`); a default for what is never null is an error too. `==` and `!=`
// accept null. A field of a record that may be null may be null; a list that is null counts as empty.
//
// A path through a list is a list: `lines.amount`, so `sum(lines.amount)`.
//
// Money is a decimal whose currency is that of the nearest record around it that has a currency field. Two constant
// currencies never mix (compile error); others are compared when both are known (run error).
//
// Text positions ([Problem.Offset]) count runes.
package expr
