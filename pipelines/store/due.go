package store

import "time"

// Due calls f with the subjects of a part in the order in which their heads are due, until f returns false.
func (t *Tx) Due(p Part, f func(due time.Time, subject string) bool) error {
	return t.part(p, "due").Each(nil, false, func(k, _ []byte) (bool, error) {
		r := keyReader(k)
		due := r.time()
		return f(due, r.text()), nil
	})
}

// PutOffByClock returns subjects of a part, a batch at most, that were put off while the clock showed a later time than
// it does now.
func (t *Tx) PutOffByClock(p Part) (subjects []string, err error) {
	err = t.part(p, "due").Each(key(t.now), false, func(k, set []byte) (bool, error) {
		r, at := keyReader(k), keyReader(set)
		_ = r.time()
		if len(set) > 0 && at.time().After(t.now) {
			subjects = append(subjects, r.text())
		}
		return len(subjects) < trimBatch, nil
	})
	return subjects, err
}
