package store

// A Place is how far one partition of a street has been carried, as the hub itself remembers it: what the bus says is compared
// with it (a topic that was made anew or cut off, a group that was moved).
type Place struct {
	Topic string `json:"topic"`
	Next  int64  `json:"next"`  // every message below is done
	Event string `json:"event"` // the id of the message before Next; empty when it is not known
}

// Place returns the place of a part.
func (t *Tx) Place(p Part) (place Place, found bool, err error) {
	return get[Place](t.Bucket("places"), key(p.Pipeline, p.Partition))
}

// SetPlace keeps the place of a part.
func (t *Tx) SetPlace(p Part, place Place) error {
	return put(t.Bucket("places"), key(p.Pipeline, p.Partition), place)
}

// BusPrefix returns what the topics of this hub begin with on a cluster; empty while it has had none.
func (t *Tx) BusPrefix() (string, error) {
	v, _, err := t.Bucket("bus-names").Get(key("prefix"))
	return string(v), err
}

// SetBusPrefix keeps it.
func (t *Tx) SetBusPrefix(prefix string) error {
	return t.Bucket("bus-names").Put(key("prefix"), []byte(prefix))
}

// Embedded says whether the hub has ever had its bus in the store's file.
func (t *Tx) Embedded() (has bool, err error) {
	err = t.Bucket("bus.topics").Each(nil, false, func(_, _ []byte) (bool, error) {
		has = true
		return false, nil
	})
	return has, err
}
