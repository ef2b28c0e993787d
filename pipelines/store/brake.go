package store

import "time"

// A Trip says which limit a pipeline was about to exceed.
type Trip struct {
	Limit  string        `json:"limit"` // records, share, cancels or amount
	Window time.Duration `json:"window"`
	Text   string        `json:"text"` // with the figures
}

// Pause returns the pause of a street; false when it is not paused.
func (t *Tx) Pause(name string) (Pause, bool, error) {
	return get[Pause](t.Bucket("pauses"), key(name))
}

// Lift keeps until when the limits of a pipeline do not hold.
func (t *Tx) Lift(pipeline string, until time.Time) error {
	return put(t.Bucket("lifted"), key(pipeline), until)
}

// Lifted returns it; zero when its brake was never lifted.
func (t *Tx) Lifted(pipeline string) (time.Time, error) {
	until, _, err := get[time.Time](t.Bucket("lifted"), key(pipeline))
	return until, err
}

// Recent calls f for the deliveries of a part that came to their end after a moment, the last one first, until f returns
// false.
func (t *Tx) Recent(p Part, since time.Time, f func(*Delivery) (bool, error)) error {
	return t.part(p, "done").Each(nil, true, func(k, _ []byte) (bool, error) {
		r := keyReader(k)
		if r.time().Before(since) {
			return false, nil
		}
		d, found, err := t.Delivery(p, r.text())
		if err != nil || !found {
			return err == nil, err
		}
		return f(d)
	})
}
