package store

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"
	"time"
)

// A key is a row of parts that sort one after the other. A text ends with 0x00 0x01 and a NUL in it is written 0x00
// 0xff, so that parts cannot run into each other and a shorter text sorts first.
const (
	textEnd    = "\x00\x01"
	escapedNUL = "\x00\xff"
)

func key(parts ...any) []byte {
	k := make([]byte, 0, 128)
	for _, p := range parts {
		switch v := p.(type) {
		case string:
			if strings.IndexByte(v, 0) >= 0 {
				v = strings.ReplaceAll(v, "\x00", escapedNUL)
			}
			k = append(k, v...)
			k = append(k, textEnd...)
		case int:
			k = binary.BigEndian.AppendUint64(k, uint64(v)) //nolint:gosec // the bits are kept
		case int64:
			k = binary.BigEndian.AppendUint64(k, uint64(v)) //nolint:gosec // the bits are kept
		case uint64:
			k = binary.BigEndian.AppendUint64(k, v)
		case time.Time:
			k = binary.BigEndian.AppendUint64(k, uint64(v.UnixNano()))
		}
	}
	return k
}

// A keyReader takes a key apart in the order in which it was built.
type keyReader []byte

func (r *keyReader) text() string {
	i := bytes.Index(*r, []byte(textEnd))
	if i < 0 {
		return ""
	}
	s := string((*r)[:i])
	*r = (*r)[i+len(textEnd):]
	return strings.ReplaceAll(s, escapedNUL, "\x00")
}

func (r *keyReader) number() uint64 {
	if len(*r) < 8 {
		return 0
	}
	n := binary.BigEndian.Uint64(*r)
	*r = (*r)[8:]
	return n
}

func (r *keyReader) time() time.Time {
	return time.Unix(0, int64(r.number())).UTC() //nolint:gosec // the bits were kept
}

// Direct is the partition of events that reach a street without having been on the bus.
const Direct = 0xffff

func partitionName(n int) string {
	b := []byte("00000")
	if n < 0 || n > 99_999 {
		return strconv.Itoa(n)
	}
	for i := len(b) - 1; n > 0; i-- {
		b[i] += byte(n % 10)
		n /= 10
	}
	return string(b)
}
