package pipelines

import (
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// Bounds of retrying where the pipeline has none, and of what a target may ask for.
const (
	defaultAttempts = 8
	defaultLongest  = 5 * time.Minute
	longestAfter    = time.Hour
)

// retry lets the event come again after a back-off, as often as the pipeline allows; then it is parked.
func (d *deliverer) retry(tx *store.Tx, p *parcel, rec *store.Delivery, out outcome) error {
	attempts := d.p.Retry.Attempts
	def(&attempts, defaultAttempts)
	if rec.Attempts >= attempts {
		why := out.why
		why.Text = string(out.why.Code) + " " + out.why.Text
		why.Code = sihe.CodeRetryExhausted
		return tx.Hold(rec, p.message, store.Parked, why, noDue)
	}
	wait := max(d.backoff(rec.Attempts), min(out.after, longestAfter))
	return tx.Hold(rec, p.message, store.Retrying, out.why, tx.Now().Add(wait))
}

// backoff doubles from Tuning.FirstRetry to the pipeline's longest; up to a fifth of it is chance, so that many subjects
// do not come back at the same moment.
func (d *deliverer) backoff(attempt int) time.Duration {
	longest := d.p.Retry.Longest
	def(&longest, defaultLongest)
	wait := d.h.o.Tuning.FirstRetry
	for i := 1; i < attempt && wait < longest; i++ {
		wait *= 2
	}
	return d.h.jitter(min(wait, longest))
}

func (h *Hub) jitter(d time.Duration) time.Duration {
	if h.o.Rand == nil || d < 5 {
		return d
	}
	return d - d/5 + time.Duration(h.o.Rand(int64(d/5)))
}
