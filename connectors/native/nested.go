package native

// Nested says whether a rule makes this step. It is false for what a caller of the API, a pipeline or a job itself asks
// for, so a rule can refuse from outside what only other rules may do.
func (t *Tx) Nested() bool { return t.depth > 1 }
