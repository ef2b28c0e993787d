package store

// Deliveries calls f for everything that is known of a part's events, by their ids, until f returns false.
func (t *Tx) Deliveries(p Part, f func(*Delivery) (bool, error)) error {
	return t.part(p, "deliveries").Each(nil, false, func(_, v []byte) (bool, error) {
		var d Delivery
		if err := decode(v, &d); err != nil {
			return false, err
		}
		return f(&d)
	})
}
