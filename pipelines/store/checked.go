package store

import (
	"context"
	"time"

	"github.com/sihehub/sihe"
)

// Checked is how far a check has come.
type Checked struct {
	Rules    string        `json:"rules,omitempty"`   // digest of what the file says; another one asks for a full pass
	Full     time.Time     `json:"full,omitzero"`     // end of the last pass over all documents
	Run      time.Time     `json:"run,omitzero"`      // end of the last pass of any kind
	Took     time.Duration `json:"took,omitempty"`    // by it
	Examined int64         `json:"examined"`          // documents, by it
	Failed   int64         `json:"failed,omitempty"`  // documents that could not be examined, by it
	Code     sihe.Code     `json:"code,omitempty"`    // of why it did not come to its end, or why a document could not be examined
	Message  string        `json:"message,omitempty"` // the same for people
	Live     string        `json:"live,omitempty"`    // key of the left document up to which systems were asked; empty: all of them
}

// Checked returns it; the zero value for a check that never ran.
func (t *Tx) Checked(check string) (Checked, error) {
	c, _, err := get[Checked](t.Bucket("checks"), key(check))
	return c, err
}

// SetChecked replaces it.
func (t *Tx) SetChecked(check string, c Checked) error {
	return put(t.Bucket("checks"), key(check), c)
}

// CheckNames lists the checks of which something is known, also those whose file is gone.
func (t *Tx) CheckNames() (names []string, err error) {
	err = t.Bucket("checks").Each(nil, false, func(k, _ []byte) (bool, error) {
		r := keyReader(k)
		names = append(names, r.text())
		return true, nil
	})
	return names, err
}

// FollowPlace returns how far the changes of documents were handed to the checks.
func (t *Tx) FollowPlace() ([]byte, error) {
	v, _, err := t.Bucket("checks-place").Get(key("place"))
	return v, err
}

// SetFollowPlace replaces it.
func (t *Tx) SetFollowPlace(place []byte) error {
	return t.Bucket("checks-place").Put(key("place"), place)
}

// DueCheck lets a check look at a meeting text once it is due.
func (t *Tx) DueCheck(check string, due time.Time, by string) error {
	return t.Bucket("checks-due", check).Put(key(due, by), nil)
}

// A Turn is one meeting text that a check has to look at.
type Turn struct {
	Due time.Time
	By  string
}

// DueChecks returns up to limit turns of a check that are due, the oldest first.
func (t *Tx) DueChecks(check string, limit int) (all []Turn, err error) {
	err = t.Bucket("checks-due", check).Each(nil, false, func(k, _ []byte) (bool, error) {
		r := keyReader(k)
		x := Turn{Due: r.time()}
		if x.Due.After(t.now) {
			return false, nil
		}
		x.By = r.text()
		all = append(all, x)
		return len(all) < limit, nil
	})
	return all, err
}

// DoneChecks removes turns.
func (t *Tx) DoneChecks(check string, turns []Turn) error {
	b := t.Bucket("checks-due", check)
	for _, x := range turns {
		if err := b.Delete(key(x.Due, x.By)); err != nil {
			return err
		}
	}
	return nil
}

// ForgetCheck removes everything about a check whose file is gone. Its findings are closed without a word: nobody says
// any more that they are wrong.
func (s *Store) ForgetCheck(ctx context.Context, check string) error {
	for more := true; more; {
		_, err := s.Update(ctx, func(t *Tx) error {
			var old [][]byte
			err := t.Bucket("findings").EachPrefix(key(check), func(k, _ []byte) (bool, error) {
				old = append(old, append([]byte{}, k...))
				return len(old) < trimBatch, nil
			})
			if err != nil {
				return err
			}
			for _, k := range old {
				if err := t.Bucket("findings").Delete(k); err != nil {
					return err
				}
			}
			if more = len(old) == trimBatch; more {
				return nil
			}
			if err := t.Bucket("checks-due").DeleteBucket(check); err != nil {
				return err
			}
			if err := t.Bucket("findings-count").Delete(key(check)); err != nil {
				return err
			}
			return t.Bucket("checks").Delete(key(check))
		})
		if err != nil {
			return err
		}
	}
	return nil
}
