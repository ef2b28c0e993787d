package durable

import "go.etcd.io/bbolt"

// Around puts f between the committer and the file: f is called for every transaction and returns what commit returned.
// commit runs and writes the transaction or, with a cause, runs it and lets it fail with that instead of writing it. It
// must be called before the first Update. For tests that let a disk be slow, fail or lose its power.
func (db *DB) Around(f func(commit func(cause error) error) error) {
	begin := db.begin
	db.begin = func(run func(*bbolt.Tx) error) error {
		return f(func(cause error) error {
			return begin(func(tx *bbolt.Tx) error {
				if err := run(tx); err != nil {
					return err
				}
				return cause
			})
		})
	}
}
