package store

import (
	"encoding/binary"
	"encoding/json"

	"github.com/sihehub/sihe"
)

// keptHead is what stands before the payload, which is kept as it came.
type keptHead struct {
	ID        string        `json:"id"`
	Topic     string        `json:"topic"`
	Partition int           `json:"partition"`
	Offset    int64         `json:"offset"`
	Key       []byte        `json:"key"`
	Headers   []sihe.Header `json:"headers"`
	Tombstone bool          `json:"tombstone,omitempty"`
}

func encodeKept(k Kept) ([]byte, error) {
	m := k.Message
	head, err := json.Marshal(keptHead{ID: k.ID, Topic: m.Topic, Partition: m.Partition, Offset: m.Offset, Key: m.Key, Headers: m.Headers, Tombstone: m.Value == nil})
	if err != nil {
		return nil, sihe.Errorf(sihe.CodeInternal, "keep event %s: %w", k.ID, err)
	}
	raw := binary.AppendUvarint(make([]byte, 0, len(head)+len(m.Value)+binary.MaxVarintLen32), uint64(len(head)))
	raw = append(raw, head...)
	return append(raw, m.Value...), nil
}

func decodeKept(raw []byte) (Kept, error) {
	n, width := binary.Uvarint(raw)
	if width <= 0 || n > uint64(len(raw)-width) { //nolint:gosec // not negative
		return Kept{}, sihe.Permanent(sihe.Errorf(sihe.CodeStoreCorrupt, "read a kept event: its head is cut off"))
	}
	var h keptHead
	end := width + int(n) //nolint:gosec // not beyond len(raw)
	if err := decode(raw[width:end], &h); err != nil {
		return Kept{}, err
	}
	m := sihe.Message{Topic: h.Topic, Partition: h.Partition, Offset: h.Offset, Key: h.Key, Headers: h.Headers}
	if !h.Tombstone {
		m.Value = append([]byte{}, raw[end:]...)
	}
	return Kept{ID: h.ID, Message: m}, nil
}
