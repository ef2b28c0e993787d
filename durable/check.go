package durable

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/sihehub/sihe"
)

// maxFaults is how many damaged values Check lists.
const maxFaults = 100

// Check reads every value, checks its checksum and that it can be looked up, and returns all that is wrong as one error.
// It is meant for a hub at rest: meanwhile freed pages are kept.
func (db *DB) Check(ctx context.Context) (values int, err error) {
	c := &checker{ctx: ctx.Err, db: db}
	err = func() (err error) {
		defer db.guard(&err)
		defer panicOnFault()()
		return db.bolt.View(func(tx *bbolt.Tx) error {
			return tx.ForEach(func(name []byte, b *bbolt.Bucket) error { return c.bucket(string(name), b) })
		})
	}()
	if err != nil && !errors.Is(err, errEnough) {
		c.faults = append(c.faults, err)
	}
	return c.values, errors.Join(c.faults...)
}

type checker struct {
	ctx    func() error
	db     *DB
	values int
	faults []error
}

var errEnough = errors.New("enough is wrong")

func (c *checker) bucket(name string, b *bbolt.Bucket) error {
	own := &Bucket{tx: &Tx{file: c.db.path}, b: b, name: name}
	seek := b.Cursor()
	var last []byte
	return b.ForEach(func(k, v []byte) error {
		if err := c.ctx(); err != nil {
			return err
		}
		found, _ := seek.Seek(k)
		if !bytes.Equal(found, k) || last != nil && bytes.Compare(last, k) >= 0 {
			c.wrong(sihe.Errorf(sihe.CodeStoreCorrupt, "read %s %q in %s: the key is out of order", name, k, c.db.path))
		}
		last = append(last[:0], k...)
		if v == nil {
			return c.bucket(fmt.Sprintf("%s/%s", name, k), b.Bucket(k))
		}
		c.values++
		if _, err := own.open(k, v); err != nil {
			c.wrong(err)
		}
		if len(c.faults) >= maxFaults {
			return errEnough
		}
		return nil
	})
}

func (c *checker) wrong(err error) { c.faults = append(c.faults, err) }
