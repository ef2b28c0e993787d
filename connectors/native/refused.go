package native

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/durable"
)

const (
	refusedReport = "refused"
	keepRefused   = 1_000 // the last ones are shown
)

// A refusal is one Write that reached beyond its writer's boundary (suite 2.3 BR-01).
type refusal struct {
	Time   time.Time `json:"time"`
	Writer string    `json:"writer"`
	Entity string    `json:"entity"`
	Key    string    `json:"key,omitempty"`
	Do     string    `json:"do"`
	Field  string    `json:"field,omitempty"`
	Code   sihe.Code `json:"code"`
	Text   string    `json:"text"`
	Write  string    `json:"write"`
}

// recordRefusal puts a refusal down and returns it. A Write that is repeated stands there once.
func (m *Module) recordRefusal(ctx context.Context, r *request, refused error) error {
	x := refusal{
		Time: m.options.Now().UTC(), Writer: r.Writer, Entity: r.Entity, Key: r.Key, Do: r.Do, Code: sihe.CodeOf(refused),
		Text: refused.Error(), Write: r.ID,
	}
	var own *sihe.Error
	if errors.As(refused, &own) {
		x.Field, x.Text = own.Path, own.Text
	}
	err := m.update(ctx, func(t *durable.Tx) error {
		bucket := t.Bucket(bucketRefused)
		last, _, err := lastRefusal(bucket)
		if err != nil || (last.Write == x.Write && last.Code == x.Code) {
			return err
		}
		data, err := json.Marshal(x)
		if err != nil {
			return err
		}
		n, err := bucket.NextSequence()
		if err != nil {
			return err
		}
		if n > keepRefused {
			if err := bucket.Delete(sequenceKey(n - keepRefused)); err != nil {
				return err
			}
		}
		return bucket.Put(sequenceKey(n), data)
	})
	if err != nil {
		return err
	}
	return refused
}

func lastRefusal(bucket *durable.Bucket) (x refusal, n uint64, err error) {
	err = bucket.Each(nil, true, func(key, value []byte) (bool, error) {
		n = binary.BigEndian.Uint64(key)
		return false, json.Unmarshal(value, &x)
	})
	return x, n, err
}

// refusals is the report of what was refused, the latest first.
func (m *Module) refusals() (any, error) {
	all := []refusal{}
	err := m.view(func(t *durable.Tx) error {
		return t.Bucket(bucketRefused).Each(nil, false, func(_, value []byte) (bool, error) {
			var x refusal
			if err := json.Unmarshal(value, &x); err != nil {
				return false, err
			}
			all = append(all, x)
			return true, nil
		})
	})
	slices.Reverse(all)
	return map[string]any{"refused": all}, err
}
