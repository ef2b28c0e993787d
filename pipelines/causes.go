package pipelines

import (
	"cmp"
	"context"
	"slices"

	"github.com/sihehub/sihe/pipelines/store"
)

// ParkedGroups lists what is parked by its cause, the largest group first. It costs as much as there are groups, however
// many documents are parked.
func (h *Hub) ParkedGroups() (all []store.Group, err error) {
	err = h.o.Store.View(func(tx *store.Tx) error {
		all, err = tx.ParkedGroups()
		return err
	})
	slices.SortStableFunc(all, func(a, b store.Group) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Pipeline, b.Pipeline))
	})
	return all, err
}

// groupParked enters what an older program parked in its groups.
func (h *Hub) groupParked() error {
	built := false
	err := h.o.Store.View(func(tx *store.Tx) (err error) {
		built, err = tx.GroupsParked()
		return err
	})
	if err != nil || built {
		return err
	}
	_, err = h.o.Store.Update(context.Background(), (*store.Tx).GroupParked)
	return err
}
