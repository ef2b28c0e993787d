package pipelines

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/sihehub/sihe/durable"
)

// A simDisk stands between one file and its medium: it takes time, gets full, fails for good, and loses its power in the
// middle of a transaction. What was not synced by then is gone for the next life.
type simDisk struct {
	life    *simLife
	path    string
	db      *durable.DB
	restore []byte // what the medium holds when the last transaction was lost after it could be seen
}

func (l *simLife) open(path string) (*simDisk, error) {
	db, err := durable.Open(path)
	if err != nil {
		return nil, err
	}
	d := &simDisk{life: l, path: path, db: db}
	db.Around(d.commit)
	return d, nil
}

var errIO = errors.New("input/output error")

func (d *simDisk) commit(commit func(error) error) error {
	w := d.life.w
	rate, dice := w.rates(), w.dice
	w.some("~ commits")
	slow := 2 * time.Millisecond
	if dice.hits(rate.slowDisk, "disk slow", "") {
		slow = 300 * time.Millisecond
	}
	time.Sleep(dice.span(0, slow, "disk before", ""))
	if d.life.dead.Load() {
		return errPower
	}
	switch {
	case dice.hits(rate.full, "disk full", ""):
		w.some("disk full")
		return commit(&fs.PathError{Op: "write", Path: d.path, Err: syscall.ENOSPC})
	case w.takeSyncFailure():
		w.some("sync failed")
		cause := errIO
		if dice.hits(500, "sync", "") {
			cause = nil // the data had come through all the same
		}
		if err := commit(cause); err != nil {
			d.life.exit(time.Second)
			return err
		}
		d.life.exit(time.Second)
		return errIO
	case dice.hits(w.mortal(), "disk dies", ""):
		return d.die(commit)
	}
	err := commit(nil)
	time.Sleep(dice.span(0, slow, "disk after", ""))
	return err
}

// die lets the power go before, in or after a transaction.
func (d *simDisk) die(commit func(error) error) error {
	w := d.life.w
	switch w.dice.pick(3, "disk dies how", "") {
	case 0:
		d.life.die("before a transaction")
		return errPower
	case 1:
		before, err := os.ReadFile(d.path)
		if err != nil {
			return err
		}
		if err := commit(nil); err != nil {
			return err
		}
		time.Sleep(w.dice.span(0, 3*time.Millisecond, "seen", "")) // it can be seen, but nobody was told
		if !d.life.dead.Load() {
			d.restore = before
			w.some("lost what could be seen")
		}
		d.life.die("while it synced")
		return errPower
	}
	err := commit(nil)
	d.life.die("after a transaction")
	return err
}

// off takes the file out of the dead process and leaves on the medium what was synced.
func (d *simDisk) off() error {
	err := d.db.Close()
	if d.restore != nil {
		err = errors.Join(err, os.WriteFile(d.path, d.restore, 0o600))
	}
	if d.life.powerless.Load() {
		_ = os.Remove(d.path + ".unsynced") // a process without power notes nothing
	}
	return err
}
