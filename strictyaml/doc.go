// Package strictyaml reads the YAML files of a hub: one document, at most [MaxSize] bytes, no aliases, anchors, tags,
// merge keys or folded blocks, no duplicate keys, and nothing invisible in names. Every complaint has a file, a line and
// a column in runes, also inside `|` blocks and quoted text with escapes.
//
// # Use
//
// [Parse] gives a [Node], or reports why there is none. A reader asks the node for what it needs ([Node.Map],
// [Node.Text], [Node.Int] …); whatever does not fit is reported where it stands, and reading goes on, so that all errors
// show at once. [Map.Done] reports the keys that nobody asked for.
//
// # Caveats
//
// A plain value is never converted behind the reader's back: `1.10` stays `1.10`, `no` is the text "no", `2026-01-02`
// is a text. Nodes are for one goroutine.
package strictyaml
