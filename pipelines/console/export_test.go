package console

// Paths lists every route of the hub's own, as "METHOD path" with whether it is open, so that a test misses none.
func Paths() map[string]bool {
	all := map[string]bool{}
	for _, r := range (&api{}).routes() {
		all[r.method+" "+r.path] = r.open
	}
	return all
}
