package store

// Link notes that a document has another key in a system. An older link of either key is replaced.
func (t *Tx) Link(system, entity, canonical, own string) error {
	if now, found, err := t.Own(system, entity, canonical); err != nil || (found && now == own) {
		return err
	}
	if err := t.Unlink(system, entity, canonical); err != nil {
		return err
	}
	before, found, err := t.Canonical(system, entity, own)
	if err != nil {
		return err
	}
	if found {
		if err := t.Unlink(system, entity, before); err != nil {
			return err
		}
	}
	if err := t.Bucket("xref").Put(key(system, entity, canonical), []byte(own)); err != nil {
		return err
	}
	if err := t.name(own, entity, canonical); err != nil {
		return err
	}
	return t.Bucket("xref-back").Put(key(system, entity, own), []byte(canonical))
}

// Unlink forgets the key of a document in a system.
func (t *Tx) Unlink(system, entity, canonical string) error {
	own, found, err := t.Own(system, entity, canonical)
	if err != nil || !found {
		return err
	}
	if err := t.Bucket("xref").Delete(key(system, entity, canonical)); err != nil {
		return err
	}
	return t.Bucket("xref-back").Delete(key(system, entity, own))
}

// Own returns the key that a system uses for a document.
func (t *Tx) Own(system, entity, canonical string) (string, bool, error) {
	v, found, err := t.Bucket("xref").Get(key(system, entity, canonical))
	return string(v), found, err
}

// Canonical returns the document behind a system's key.
func (t *Tx) Canonical(system, entity, own string) (string, bool, error) {
	v, found, err := t.Bucket("xref-back").Get(key(system, entity, own))
	return string(v), found, err
}

// An XRef is one link.
type XRef struct {
	System    string `json:"system"`
	Entity    string `json:"entity"`
	Canonical string `json:"key"`
	Own       string `json:"own_key"`
}

// Links calls f for the links of a system (of all when empty), sorted, until f returns false.
func (t *Tx) Links(system string, f func(XRef) (bool, error)) error {
	var prefix []byte
	if system != "" {
		prefix = key(system)
	}
	return t.Bucket("xref").EachPrefix(prefix, func(k, v []byte) (bool, error) {
		r := keyReader(k)
		return f(XRef{System: r.text(), Entity: r.text(), Canonical: r.text(), Own: string(v)})
	})
}
