package pipelines

import (
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/pipelines/store"
)

// maxMeeting bounds the documents of one side that meet on one text: what is behind them is not compared. longestMeeting
// bounds the text, in bytes: it is part of keys in the store.
const (
	maxMeeting     = 100
	longestMeeting = 1000
)

// index names the store's list of the side's documents by what they meet on; empty when that is their key.
func (s Side) index() string {
	if s.keyed() {
		return ""
	}
	return sihe.EventID(s.Entity.FullName(), s.By.String())[:16]
}

// A facing document is one side of a comparison, as the hub knows it now.
type facing struct {
	doc   store.Document
	value expr.Value
	seen  time.Time // when the hub learned of this state; zero: longer ago than it remembers
}

// illegible is why a document could not be looked at: it was written under other entity files, or an expression has no
// value for it. It concerns that document alone.
type illegible struct{ error }

func (e illegible) Unwrap() error { return e.error }

// read decodes a document of the side and returns the text on which it meets others; meets is false when that is null.
func (s Side) read(h *Hub, doc store.Document) (f *facing, text string, meets bool, err error) {
	f = &facing{doc: doc}
	if f.value, err = canonical.DecodeKnown(s.Entity.Type, doc.Data); err != nil {
		return nil, "", false, illegible{err}
	}
	if s.keyed() {
		return f, doc.Key, true, nil
	}
	v, err := s.eval(h, s.By, f)
	if err != nil || v.IsNull() {
		return f, "", false, err
	}
	if text = v.Text(); len(text) > longestMeeting {
		return f, "", false, illegible{sihe.Errorf(sihe.CodeKeyMissing, "look at %s %s: by: gives a text of %d bytes, more than %d", doc.Entity, doc.Key, len(text), longestMeeting)}
	}
	return f, text, true, nil
}

// eval computes an expression over a document. Whatever goes wrong with it concerns that document alone.
func (s Side) eval(h *Hub, p *expr.Program, f *facing) (v expr.Value, err error) {
	func() {
		defer caught(&err)
		v, err = p.Eval(&expr.Frame{Source: f.value, World: &world{h: h, at: f.doc.Time}})
	}()
	if err != nil {
		return v, illegible{err}
	}
	return v, nil
}

// wants says whether when: lets the document through.
func (s Side) wants(h *Hub, f *facing) (bool, error) {
	if s.When == nil {
		return true, nil
	}
	v, err := s.eval(h, s.When, f)
	return err == nil && v.Bool(), err
}

// meeting returns the documents of the side that meet on a text and that when: lets through, and whether there is one at
// all.
func (s Side) meeting(h *Hub, tx *store.Tx, text string) (wanted []*facing, known bool, err error) {
	keys := []string{text}
	if index := s.index(); index != "" {
		keys = nil
		err := tx.Meeting(index, text, func(doc string) (bool, error) {
			keys = append(keys, doc)
			return len(keys) < maxMeeting, nil
		})
		if err != nil {
			return nil, false, err
		}
	}
	for _, k := range keys {
		doc, found, err := tx.Document(s.Entity.FullName(), k)
		if err != nil {
			return nil, false, err
		}
		if !found {
			continue
		}
		f, on, meets, err := s.read(h, doc)
		if err != nil {
			return nil, false, err
		}
		if !meets || on != text {
			continue // it has changed since the index was brought up to date
		}
		known = true
		want, err := s.wants(h, f)
		if err != nil {
			return nil, false, err
		}
		if f.seen, err = tx.SeenAt(doc); err != nil {
			return nil, false, err
		}
		if want {
			wanted = append(wanted, f)
		}
	}
	return wanted, known, nil
}
