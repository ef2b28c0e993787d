package sihe

// A Token proves that something is on disk. Whoever acknowledges (a 2xx, a cursor, an offset) asks for one, so that
// acknowledging too early does not compile (invariant 1). The zero Token proves nothing.
type Token struct {
	synced    bool
	positions []Position
}

// Synced makes a Token. Only the packages that complete a sync (durable, pipelines/bus) may call it; a test checks.
func Synced(p ...Position) Token { return Token{synced: true, positions: p} }

// Valid says whether the token proves anything.
func (t Token) Valid() bool { return t.synced }

// Positions returns where the published messages stand, in the order of Publish.
func (t Token) Positions() []Position { return t.positions }
