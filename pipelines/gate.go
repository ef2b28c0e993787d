package pipelines

import (
	"github.com/sihehub/sihe"
)

// gate asks the ownership table once more for what is really about to be written (invariant 5). The compiler has asked
// it for what the files say; a refusal here means that the two differ, and is kept for a person to look at.
func (d *deliverer) gate(_ *parcel, pl *plan) (*plan, error) {
	if d.p.Do == sihe.DoCopy {
		return nil, refused(d.h.o.Catalog.Gate(d.p.From.Module, d.target(), d.p.Do, nil))
	}
	fields, err := fieldsOf(pl.write.Data)
	if err != nil {
		return nil, err
	}
	return nil, refused(d.h.o.Catalog.Gate(d.p.From.Module, d.target(), d.p.Do, fields))
}

// refused makes a refusal park, not end, the event: whoever repairs the files can let it run again.
func refused(err error) error {
	if err == nil {
		return nil
	}
	return sihe.Permanent(err)
}
