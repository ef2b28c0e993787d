package pipelines

import (
	"context"
	"net/http"
	"strconv"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// The three acknowledgements. Nothing else answers 2xx, keeps a cursor or moves an offset, and each asks for the proof
// that what it acknowledges is durable in the next room (invariant 1).

// acknowledge answers a product whose records are durable, in the product's own words.
func acknowledge(w http.ResponseWriter, r sihe.Reply, proof sihe.Token) error {
	if !proof.Valid() {
		return sihe.Errorf(sihe.CodeInternal, "acknowledge a request: nothing proves that it is durable")
	}
	reply(w, r)
	return nil
}

// greet answers a request that carried no record, such as the challenge by which a product checks the address.
func greet(w http.ResponseWriter, r sihe.Reply) { reply(w, r) }

func reply(w http.ResponseWriter, r sihe.Reply) {
	def(&r.Status, http.StatusAccepted)
	if r.ContentType != "" {
		w.Header().Set("Content-Type", r.ContentType)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(r.Body)))
	w.WriteHeader(r.Status)
	_, _ = w.Write(r.Body) // whoever does not hear it sends it again
}

// keepCursor says that everything up to the cursor is durable, unless somebody has set it back since the turn.
func (h *Hub) keepCursor(ctx context.Context, system string, turn int64, c sihe.Cursor, proof sihe.Token) error {
	if !proof.Valid() {
		return sihe.Errorf(sihe.CodeInternal, "keep the cursor of %s: nothing proves that its records are durable", system)
	}
	_, err := h.update(ctx, func(tx *store.Tx) ([]store.Part, error) {
		if now, err := tx.Rewinds(system); err != nil || now != turn {
			return nil, err
		}
		return nil, tx.SetCursor(system, c)
	})
	return err
}

// commitOffset says that every message below next has come to an end or is kept. The proofs were handed to the window
// one by one as its entries ended; this one is the last of them.
func commitOffset(ctx context.Context, c sihe.Claim, next int64, proof sihe.Token) error {
	if !proof.Valid() {
		return sihe.Errorf(sihe.CodeInternal, "commit %s/%d: nothing proves that its messages are done", c.Topic(), c.Partition())
	}
	return c.Commit(ctx, next)
}
