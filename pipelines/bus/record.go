package bus

import (
	"bytes"
	"encoding/binary"
	"time"

	"github.com/sihehub/sihe"
)

// A record in the file: version, append time in milliseconds (8 bytes), flags, then key, value and headers, each
// length first. The checksum is durable's.
const (
	recordVersion = 1
	flagValue     = 1 // there is a value; without it the message is a tombstone
	recordTime    = 1 // where the append time stands
	recordBody    = recordTime + 8
)

// size is what a message counts against [sihe.MaxMessage].
func size(m *sihe.Message) int {
	n := len(m.Key) + len(m.Value)
	for _, h := range m.Headers {
		n += len(h.Key) + len(h.Value)
	}
	return n
}

// encodeRecord leaves the append time open: it is known only when the record's turn comes.
func encodeRecord(m *sihe.Message) []byte {
	b := make([]byte, recordBody, recordBody+size(m)+4*binary.MaxVarintLen32+4*binary.MaxVarintLen32*len(m.Headers))
	b[0] = recordVersion
	flags := byte(0)
	if m.Value != nil {
		flags |= flagValue
	}
	b = append(b, flags)
	b = appendBytes(b, m.Key)
	b = appendBytes(b, m.Value)
	b = binary.AppendUvarint(b, uint64(len(m.Headers)))
	for _, h := range m.Headers {
		b = appendBytes(b, []byte(h.Key))
		b = appendBytes(b, headerValue(h.Value))
	}
	return b
}

// headerValue keeps nil apart from empty by a leading byte.
func headerValue(v []byte) []byte {
	if v == nil {
		return nil
	}
	return append([]byte{1}, v...)
}

func appendBytes(b, v []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(v))), v...)
}

func stampRecord(b []byte, milli int64) {
	binary.BigEndian.PutUint64(b[recordTime:], uint64(milli)) //nolint:gosec // round trip of the same bits
}

func recordMilli(b []byte) int64 {
	if len(b) < recordBody {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b[recordTime:])) //nolint:gosec // round trip of the same bits
}

// decodeRecord copies the record, so that the message outlives the transaction; false when it is none of ours.
func decodeRecord(stored []byte) (sihe.Message, bool) {
	if len(stored) <= recordBody || stored[0] != recordVersion {
		return sihe.Message{}, false
	}
	m := sihe.Message{Appended: time.UnixMilli(recordMilli(stored)).UTC()}
	r := reader{b: bytes.Clone(stored[recordBody+1:]), ok: true}
	m.Key = r.bytes()
	m.Value = r.bytes()
	if stored[recordBody]&flagValue == 0 {
		m.Value = nil
	}
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		return sihe.Message{}, false
	}
	if n > 0 {
		m.Headers = make([]sihe.Header, n)
	}
	for i := range m.Headers {
		m.Headers[i].Key = string(r.bytes())
		if v := r.bytes(); len(v) > 0 {
			m.Headers[i].Value = v[1:]
		}
	}
	return m, r.ok && len(r.b) == 0
}

// recordKey returns the key inside the stored bytes; it must not be kept.
func recordKey(stored []byte) (key []byte, tombstone bool) {
	if len(stored) <= recordBody {
		return nil, false
	}
	r := reader{b: stored[recordBody+1:], ok: true}
	return r.bytes(), stored[recordBody]&flagValue == 0
}

// reader cuts fields off the front; once something does not fit, ok stays false.
type reader struct {
	b  []byte
	ok bool
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.ok, r.b = false, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.ok, r.b = false, nil
		return nil
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}
