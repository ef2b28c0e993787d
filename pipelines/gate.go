package pipelines

// gate asks the ownership table once more for what is really about to be written (invariant 5). The compiler has asked
// it for what the files say; a refusal here means that the two differ, and is kept for a person to look at.
func (d *deliverer) gate(_ *parcel, pl *plan) (*plan, error) {
	return nil, d.p.gate(d.h.o.Catalog, pl.write.Data)
}
