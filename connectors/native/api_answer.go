package native

import (
	"encoding/json"

	"github.com/sihehub/sihe"
)

// kept is an answer as the file keeps it.
type kept struct {
	Digest   string `json:"digest"`
	Status   int    `json:"status"`
	Version  int64  `json:"version,omitempty"`
	Location string `json:"location,omitempty"`
	Body     []byte `json:"body"`
}

// answered returns the answer that the key got before; another request under the same key is refused.
func (t *Tx) answered(in input) (answer, bool, error) {
	if in.key == "" {
		return answer{}, false, nil
	}
	data, ok, err := t.d.Bucket(bucketAnswer).Get([]byte(in.key))
	if err != nil || !ok {
		return answer{}, false, err
	}
	var k kept
	if err := json.Unmarshal(data, &k); err != nil {
		return answer{}, false, sihe.Permanent(sihe.Errorf(sihe.CodeStoreCorrupt, "read the answer to %q: %w", in.key, err))
	}
	if k.Digest != in.digest {
		return answer{}, false, sihe.Permanent(sihe.Errorf(sihe.CodeRequestIDReused, "answer Idempotency-Key %q: it came with another request before", in.key))
	}
	return answer{k.Status, k.Version, k.Location, k.Body}, true, nil
}

func (t *Tx) keepAnswer(in input, x answer) error {
	if in.key == "" {
		return nil
	}
	if err := t.forgetAnswers(); err != nil {
		return err
	}
	data, err := json.Marshal(kept{in.digest, x.status, x.version, x.location, x.body})
	if err != nil {
		return err
	}
	if err := t.d.Bucket(bucketAged).Put(append(sequenceKey(uint64(t.Now().UnixNano())), in.key...), nil); err != nil {
		return err
	}
	return t.d.Bucket(bucketAnswer).Put([]byte(in.key), data)
}

// forgetAnswers removes two answers that are too old, so that every new one makes room for itself.
func (t *Tx) forgetAnswers() error {
	aged := t.d.Bucket(bucketAged)
	var old [][]byte
	limit := sequenceKey(uint64(t.Now().Add(-keepAnswers).UnixNano()))
	err := aged.Each(nil, false, func(key, _ []byte) (bool, error) {
		if string(key[:8]) >= string(limit) {
			return false, nil
		}
		old = append(old, append([]byte(nil), key...))
		return len(old) < 2, nil
	})
	for _, key := range old {
		if err == nil {
			err = aged.Delete(key)
		}
		if err == nil {
			err = t.d.Bucket(bucketAnswer).Delete(key[8:])
		}
	}
	return err
}
