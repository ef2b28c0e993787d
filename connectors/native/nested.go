package native

// FromAPI says whether a caller of the API asks for this very step, and no pipeline, rule or job. A rule can so refuse
// from outside what only the module may do.
func (t *Tx) FromAPI() bool { return t.depth <= 1 && !t.call.pipeline }

// Nested says whether a rule or a job makes this step, and not a caller of the API or a pipeline.
func (t *Tx) Nested() bool { return t.depth > 1 }

// runJob runs a job's work one level down: what it does is the module's own doing.
func (t *Tx) runJob(j Job) error {
	t.depth++
	defer t.leave()
	return j.Do(t)
}
