package pipelines

import (
	"context"
	"errors"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// An outcome is what a call of a target came to.
type outcome struct {
	to      store.State
	why     store.Why
	receipt sihe.Receipt
	after   time.Duration // Retrying: not before
	err     error         // of the call
	idle    bool          // nobody was asked
}

// write calls the target once. Its context outlives ctx by Tuning.Drain, so that a hub that stops does not cut its own
// calls off.
func (d *deliverer) write(ctx context.Context, s *system, rec *store.Delivery, w sihe.Write) outcome {
	d.h.doubts.over(rec) // about an earlier attempt
	call, cancel := d.h.outlast(ctx)
	defer cancel()
	r, err := send(call, s.sink, w)
	out := judge(call, r, err)
	if out.to != store.Delivered && out.to != store.Unchanged {
		d.h.o.Log.InfoContext(ctx, "write", "pipeline", rec.Pipeline, "event", rec.ID, "system", s.Name, "state", string(out.to), "code", string(out.why.Code))
	}
	return out
}

// send makes a panic of a connector an unknown outcome: nobody knows how far it had come.
func send(ctx context.Context, s sihe.Sink, w sihe.Write) (r sihe.Receipt, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = sihe.Unknown(sihe.Errorf(sihe.CodePanic, "write %s %s: %v", w.Entity, w.Key, p))
		}
	}()
	return s.Write(ctx, w)
}

// judge reads the class of the answer. An error that has no class is taken for not done, save that a call which was cut
// off by time may have been done.
func judge(ctx context.Context, r sihe.Receipt, err error) outcome {
	if err == nil {
		switch {
		case r.Stale:
			return outcome{to: store.Unchanged, why: store.Why{Code: sihe.CodeStale}, receipt: r}
		case r.Unchanged:
			return outcome{to: store.Unchanged, why: store.Why{Code: sihe.CodeAlreadySo}, receipt: r}
		}
		return outcome{to: store.Delivered, receipt: r}
	}
	out := outcome{why: whyOf(err), err: err}
	switch sihe.ClassOf(err) {
	case sihe.ClassRejected:
		out.to = store.Rejected
	case sihe.ClassPermanent:
		out.to = store.Parked
	case sihe.ClassUnknown:
		out.to = store.Unknown
	default:
		out.to, out.after = store.Retrying, afterOf(err)
		if cutOff(ctx, err) && out.after == 0 {
			out.to = store.Unknown
			def(&out.why.Text, "the call was cut off")
			if out.why.Code == sihe.CodeInternal {
				out.why.Code = sihe.CodeTargetTimeout
			}
		}
	}
	return out
}

func cutOff(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

func afterOf(err error) time.Duration {
	var own *sihe.Error
	if errors.As(err, &own) {
		return max(0, own.After)
	}
	return 0
}

// outlast returns a context for one call: bounded by Tuning.WriteTimeout, and by Tuning.Drain once ctx has ended.
func (h *Hub) outlast(ctx context.Context) (context.Context, context.CancelFunc) {
	call, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.o.Tuning.WriteTimeout)
	stop := context.AfterFunc(ctx, func() {
		if pause(call, h.o.Tuning.Drain) {
			cancel()
		}
	})
	return call, func() { stop(); cancel() }
}
