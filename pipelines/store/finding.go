package store

import (
	"cmp"
	"time"

	"github.com/sihehub/sihe"
)

// What a check may find.
const (
	FindingMissing   = "missing"   // a left document without a right one
	FindingDifferent = "different" // both are there, and compared values are not equal
	FindingExtra     = "extra"     // a right document without a left one, or a second one
	FindingGone      = "gone"      // a right document that the view has and its system, when asked, has not
)

// A Finding is one thing that a check found and that still stands.
type Finding struct {
	Check    string        `json:"check"`
	Kind     string        `json:"kind"`
	By       string        `json:"by"`               // the text on which both sides meet
	Left     string        `json:"left,omitempty"`   // key of the document
	Right    string        `json:"right,omitempty"`  // key of the document
	Second   bool          `json:"second,omitempty"` // extra: another right document is there already
	Fields   []Unequal     `json:"fields,omitempty"`
	Amount   *sihe.Decimal `json:"amount,omitempty"` // of the missing or extra document, or the largest difference
	Currency string        `json:"currency,omitempty"`
	Since    time.Time     `json:"since"`
	Tries    []Try         `json:"tries,omitempty"` // to repair it, the last ones
}

// Unequal is a pair of values that should be equal.
type Unequal struct {
	Field      string        `json:"field"`
	Left       string        `json:"left"`
	Right      string        `json:"right"`
	Difference *sihe.Decimal `json:"difference,omitempty"` // left less right, of numbers
}

// A Try is one attempt to repair, or why there was none.
type Try struct {
	At       time.Time `json:"at"`
	Action   string    `json:"action"`
	Pipeline string    `json:"pipeline,omitempty"`
	Event    string    `json:"event,omitempty"`
	Who      string    `json:"who,omitempty"`
}

// Standing is how many findings of each kind a check has, and their amounts by currency.
type Standing struct {
	Missing   int                     `json:"missing"`
	Different int                     `json:"different"`
	Extra     int                     `json:"extra"`
	Gone      int                     `json:"gone"`
	Amounts   map[string]sihe.Decimal `json:"amounts,omitempty"`
}

// Total is how many findings stand.
func (s Standing) Total() int { return s.Missing + s.Different + s.Extra + s.Gone }

// KindCheck is an activity: a check found something, or what it had found holds again.
const KindCheck = "check"

func findingKey(f Finding) []byte { return key(f.Check, f.By, f.Kind, f.Left, f.Right) }

// OpenFinding puts a finding down, or brings up to date the one that stands. It returns whether it is new.
func (t *Tx) OpenFinding(f Finding, left, right Ref) (bool, error) {
	b := t.Bucket("findings")
	old, stands, err := get[Finding](b, findingKey(f))
	if err != nil {
		return false, err
	}
	if f.Since = t.now; stands {
		f.Since, f.Tries = old.Since, old.Tries
		if err := t.stand(old, -1); err != nil {
			return false, err
		}
	} else if err := t.tellFinding(f, "found", left, right); err != nil {
		return false, err
	}
	if err := t.stand(f, 1); err != nil {
		return false, err
	}
	return !stands, put(b, findingKey(f), f)
}

// CloseFinding ends one that holds again.
func (t *Tx) CloseFinding(f Finding, left, right Ref) error {
	b := t.Bucket("findings")
	old, stands, err := get[Finding](b, findingKey(f))
	if err != nil || !stands {
		return err
	}
	if err := t.stand(old, -1); err != nil {
		return err
	}
	if err := t.tellFinding(old, "holds", left, right); err != nil {
		return err
	}
	return b.Delete(findingKey(f))
}

// tellFinding names the left document where there is one.
func (t *Tx) tellFinding(f Finding, name string, left, right Ref) error {
	at := left
	if f.Left == "" {
		at = right
	}
	text := right.Entity + " " + cmp.Or(f.Right, f.By)
	if f.Kind == FindingExtra {
		text = left.Entity + " " + f.By
	}
	why := Why{Code: findingCode(f.Kind), Text: text}
	for i, u := range f.Fields {
		if i > 0 {
			why.Path += " "
		}
		why.Path += u.Field
	}
	return t.Tell(Activity{Kind: KindCheck, Check: f.Check, Entity: at.Entity, Key: at.Key, Name: name, Amount: f.Amount, Currency: f.Currency, Why: why})
}

func findingCode(kind string) sihe.Code {
	switch kind {
	case FindingMissing:
		return sihe.CodeCheckMissing
	case FindingGone:
		return sihe.CodeCheckGone
	case FindingDifferent:
		return sihe.CodeCheckDifferent
	}
	return sihe.CodeCheckExtra
}

// ID tells what findings are about apart.
func (f Finding) ID() string { return string(findingKey(f)) }

// Add counts findings in (1) or out (-1).
func (s *Standing) Add(all []Finding, n int) {
	for _, f := range all {
		switch f.Kind {
		case FindingMissing:
			s.Missing += n
		case FindingDifferent:
			s.Different += n
		case FindingGone:
			s.Gone += n
		default:
			s.Extra += n
		}
		if f.Amount == nil {
			continue
		}
		if s.Amounts == nil {
			s.Amounts = map[string]sihe.Decimal{}
		}
		amount := *f.Amount
		if n < 0 {
			amount = amount.Neg()
		}
		if s.Amounts[f.Currency] = s.Amounts[f.Currency].Add(amount); s.Amounts[f.Currency].Sign() == 0 {
			delete(s.Amounts, f.Currency)
		}
	}
}

// Plus returns the sum of both.
func (s Standing) Plus(o Standing) Standing {
	sum := Standing{Missing: s.Missing + o.Missing, Different: s.Different + o.Different, Extra: s.Extra + o.Extra, Gone: s.Gone + o.Gone, Amounts: map[string]sihe.Decimal{}}
	for _, x := range []Standing{s, o} {
		for currency, amount := range x.Amounts {
			if sum.Amounts[currency] = sum.Amounts[currency].Add(amount); sum.Amounts[currency].Sign() == 0 {
				delete(sum.Amounts, currency)
			}
		}
	}
	return sum
}

// stand counts a finding in or out.
func (t *Tx) stand(f Finding, n int) error {
	b := t.Bucket("findings-count")
	s, _, err := get[Standing](b, key(f.Check))
	if err != nil {
		return err
	}
	if s.Add([]Finding{f}, n); s.Total() == 0 {
		return b.Delete(key(f.Check))
	}
	return put(b, key(f.Check), s)
}

// Standing returns what stands of a check.
func (t *Tx) Standing(check string) (Standing, error) {
	s, _, err := get[Standing](t.Bucket("findings-count"), key(check))
	return s, err
}

// Findings calls f for what stands of a check, of all when it is empty, behind a place, until f returns false. The place
// of a finding is what the next call goes on from.
func (t *Tx) Findings(check string, behind []byte, f func(x Finding, place []byte) (bool, error)) error {
	from := behind
	if len(from) == 0 && check != "" {
		from = key(check)
	}
	return t.Bucket("findings").Each(from, false, func(k, v []byte) (bool, error) {
		if len(behind) > 0 && string(k) == string(behind) {
			return true, nil
		}
		var x Finding
		if err := decode(v, &x); err != nil {
			return false, err
		}
		if check != "" && x.Check != check {
			return false, nil
		}
		return f(x, append([]byte{}, k...))
	})
}

// FindingsAt calls f for what stands of a check about one text on which the sides meet.
func (t *Tx) FindingsAt(check, by string, f func(Finding) (bool, error)) error {
	return t.Bucket("findings").EachPrefix(key(check, by), func(_, v []byte) (bool, error) {
		var x Finding
		if err := decode(v, &x); err != nil {
			return false, err
		}
		return f(x)
	})
}

// keptTries is how many attempts a finding remembers.
const keptTries = 10

// Tried notes an attempt under a finding and under its document, so that a finding that comes back is not repaired
// without end.
func (t *Tx) Tried(f Finding, try Try) error {
	try.At = t.now
	b := t.Bucket("findings")
	x, stands, err := get[Finding](b, findingKey(f))
	if err != nil {
		return err
	}
	if stands {
		if x.Tries = append(x.Tries, try); len(x.Tries) > keptTries {
			x.Tries = x.Tries[len(x.Tries)-keptTries:]
		}
		if err := put(b, findingKey(f), x); err != nil {
			return err
		}
	}
	all, err := t.TriesOf(f)
	if err != nil {
		return err
	}
	return put(t.Bucket("findings-tries"), key(f.Check, f.Left, f.Right), append(all, t.now))
}

// triesFor is how long an attempt counts against another one.
const triesFor = day

// TriesOf returns when in the last day a document was repaired, by this check.
func (t *Tx) TriesOf(f Finding) ([]time.Time, error) {
	all, _, err := get[[]time.Time](t.Bucket("findings-tries"), key(f.Check, f.Left, f.Right))
	for len(all) > 0 && t.now.Sub(all[0]) >= triesFor {
		all = all[1:]
	}
	return all, err
}

// ForgetTries removes attempts that do not count any more, up to a number, and returns how many went.
func (t *Tx) ForgetTries() (int, error) {
	var old [][]byte
	b := t.Bucket("findings-tries")
	err := b.Each(nil, false, func(k, v []byte) (bool, error) {
		var all []time.Time
		if err := decode(v, &all); err != nil {
			return false, err
		}
		if len(all) == 0 || t.now.Sub(all[len(all)-1]) >= triesFor {
			old = append(old, append([]byte{}, k...))
		}
		return len(old) < trimBatch, nil
	})
	if err != nil {
		return 0, err
	}
	for _, k := range old {
		if err := b.Delete(k); err != nil {
			return 0, err
		}
	}
	return len(old), nil
}
