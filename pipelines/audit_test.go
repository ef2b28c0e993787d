package pipelines

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sihehub/sihe/pipelines/store"
)

// The chain is followed from the first row that is kept; a row that was noted elsewhere shows a new or a shorter end.
func TestAuditIsVerified(t *testing.T) {
	s, err := store.Open(store.Options{Path: filepath.Join(t.TempDir(), "hub.db"), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	h := &Hub{o: Options{Store: s, Now: time.Now}}
	if c, err := h.VerifyAudit(0, ""); err != nil || !c.OK || c.Rows != 0 {
		t.Errorf("empty: %+v, %v", c, err)
	}
	for i := range 5 {
		_, err := s.Update(context.Background(), func(tx *store.Tx) error {
			return By{"li", fmt.Sprint("reason ", i)}.audit(tx, "replay", "p/1")
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	rows, err := h.Audit(0, 10)
	if err != nil || len(rows) != 5 {
		t.Fatal(rows, err)
	}
	c, err := h.VerifyAudit(4, rows[3].Hash())
	if err != nil || !c.OK || c.Rows != 5 || c.First != 1 || c.Head != rows[4].Hash() {
		t.Errorf("whole: %+v, %v", c, err)
	}
	for _, x := range []struct {
		row  uint64
		hash string
		bad  uint64
	}{{3, "another", 3}, {9, rows[4].Hash(), 6}} {
		if c, err := h.VerifyAudit(x.row, x.hash); err != nil || c.OK || c.Bad != x.bad {
			t.Errorf("row %d: %+v, %v", x.row, c, err)
		}
	}
	for name, x := range map[string]struct {
		change func([]store.Audit) []store.Audit
		bad    uint64
	}{
		"nothing":         {func(r []store.Audit) []store.Audit { return r }, 0},
		"retention":       {func(r []store.Audit) []store.Audit { return r[2:] }, 0},
		"a changed row":   {func(r []store.Audit) []store.Audit { r[1].Reason = "x"; return r }, 2},
		"a missing row":   {func(r []store.Audit) []store.Audit { return append(r[:2], r[3:]...) }, 3},
		"two swapped":     {func(r []store.Audit) []store.Audit { r[1], r[2] = r[2], r[1]; return r }, 2},
		"a repeated row":  {func(r []store.Audit) []store.Audit { return append(r[:2], r[1:]...) }, 3},
		"another history": {func(r []store.Audit) []store.Audit { r[3].Prev = strings.Repeat("0", 64); return r }, 3},
	} {
		changed := x.change(append([]store.Audit{}, rows...))
		c := VerifyRows(func(yield func(store.Audit) bool) {
			for _, a := range changed {
				if !yield(a) {
					return
				}
			}
		})
		if c.OK != (x.bad == 0) || c.Bad != x.bad {
			t.Errorf("%s: %+v", name, c)
		}
	}
}
