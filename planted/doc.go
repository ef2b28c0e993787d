// Package planted proves the tests: it plants one bug at a time into a copy of a source file and demands that the tests find
// it. Run it with make test-planted; the last table stands in docs/reliability.md.
//
// A planted bug is an exact piece of the present source and what stands in its place. Whoever changes such a piece is told that
// it is no longer found, and plants the bug anew.
package planted
