package expr

// A Function is one entry of the language's manual. A test computes every example over [Sample].
type Function struct {
	Name      string
	Signature string // e.g. "round(number, places[, mode])"
	En, Zh    string
	Example   string
	Result    string // of the example, as Value.String shows it
}

// Functions returns the manual of all functions, sorted by name.
func Functions() []Function { return nil }
