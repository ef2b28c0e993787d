package native

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
)

// keepAnswers is how long the answer to an Idempotency-Key is remembered.
const keepAnswers = 7 * 24 * time.Hour

// input is what a changing request brings.
type input struct {
	value   expr.Value
	present []string
	fields  []string // top-level names of present
	digest  string   // of method, path and body
	key     string   // Idempotency-Key
	actor   string
}

// input reads the request; t is the type that its body has.
func (v *visit) input(t *expr.Type, needed bool) (in input, err error) {
	if err = v.noQuery(); err != nil {
		return in, err
	}
	if in.key, err = v.header("Idempotency-Key"); err != nil {
		return in, err
	}
	if in.actor, err = v.header("Sihe-Actor"); err != nil {
		return in, err
	}
	data, err := v.body()
	if err != nil {
		return in, err
	}
	if data == nil && needed {
		return in, sihe.Permanent(sihe.Errorf(sihe.CodeRequestInvalid, "read the body: it is empty"))
	}
	sum := sha256.New()
	for _, s := range []string{v.method(), v.r.URL.EscapedPath(), v.r.Header.Get("If-Match"), string(data)} {
		sum.Write([]byte(decimal(int64(len(s))) + ":" + s))
	}
	in.digest = hex.EncodeToString(sum.Sum(nil))
	if data == nil {
		return in, nil
	}
	in.value, in.present, err = canonical.DecodePartial(t, data)
	if err == nil && in.value.IsNull() {
		return in, sihe.Permanent(sihe.Errorf(sihe.CodeJSONType, "read the body: found null, needed an object"))
	}
	in.fields = topLevel(in.present)
	return in, err
}

// change runs do in one transaction and makes the answer of what do returns, which a repetition under the same
// Idempotency-Key gets as well.
func (v *visit) change(in input, do func(*Tx) (*Doc, int, error)) (answer, error) {
	var x answer
	c := call{now: v.m.options.Now(), actor: in.actor}
	err := v.m.change(v.r.Context(), c, func(t *Tx) error {
		if before, ok, err := t.answered(in); err != nil || ok {
			x = before
			return err
		}
		d, status, err := do(t)
		if err != nil {
			return err
		}
		t.answer = func() (err error) {
			x, err = v.answerOf(d, status)
			if err != nil {
				return err
			}
			return t.keepAnswer(in, x)
		}
		return nil
	})
	return x, err
}

func (v *visit) answerOf(d *Doc, status int) (answer, error) {
	if d == nil {
		return answer{status: status, body: []byte("{}\n")}, nil
	}
	body, err := d.MarshalJSON()
	x := answer{status: status, version: d.Version(), body: append(body, '\n')}
	if status == http.StatusCreated {
		x.location = url.PathEscape(d.kind.name) + "/" + url.PathEscape(d.key)
	}
	return x, err
}

// fields reads the fields of a document that the caller may write.
func (v *visit) fields(required bool) (input, error) {
	in, err := v.input(v.kind.entity.Type, required)
	if err != nil {
		return in, err
	}
	return in, v.writable(in.present)
}

func (v *visit) create() (answer, error) {
	in, err := v.fields(true)
	if err != nil {
		return answer{}, err
	}
	return v.change(in, func(t *Tx) (*Doc, int, error) {
		if _, err := t.own(v.kind.name); err != nil {
			return nil, 0, err
		}
		d := newDoc(v.kind)
		d.fill(in.value, in.fields)
		return d, http.StatusCreated, t.create(d)
	})
}

// patch sets fields of a document in its first state, or of one without states; null clears a field.
func (v *visit) patch() (answer, error) {
	in, err := v.fields(true)
	if err != nil {
		return answer{}, err
	}
	return v.change(in, func(t *Tx) (*Doc, int, error) {
		d, err := v.load(t)
		if err != nil {
			return nil, 0, err
		}
		if err := d.editable(in); err != nil {
			return nil, 0, err
		}
		d.fill(in.value, in.fields)
		return d, http.StatusOK, t.save(d, plainChange)
	})
}

// editable refuses changes of the key and of what has left its first state.
func (d *Doc) editable(in input) error {
	for _, name := range in.fields {
		first, states := d.kind.entity.Initial()
		switch {
		case name == d.kind.entity.Key && in.value.Slot(d.kind.key).Text() != d.key:
			return sihe.Rejected(sihe.CodeFieldFrozen, "change %s: the key stays", d.name()).At(name)
		case states && d.State() != first.Name:
			return sihe.Rejected(sihe.CodeFieldFrozen, "change %s: it is %s", d.name(), d.State()).At(name)
		}
	}
	return nil
}

// load returns the document that the path names, when it has the version that If-Match asks for.
func (v *visit) load(t *Tx) (*Doc, error) {
	if _, err := t.own(v.kind.name); err != nil {
		return nil, err
	}
	d, err := t.Must(v.kind.name, v.path[1])
	if err != nil {
		return nil, err
	}
	t.follow(d)
	return d, v.version(d)
}

func (v *visit) act() (answer, error) {
	in, err := v.fields(false)
	if err != nil {
		return answer{}, err
	}
	return v.change(in, func(t *Tx) (*Doc, int, error) {
		d, err := v.load(t)
		if err != nil {
			return nil, 0, err
		}
		a, err := d.action(v.path[2])
		if err != nil {
			return nil, 0, err
		}
		return d, http.StatusOK, t.act(d, a, in.fields, func() { d.fill(in.value, in.fields) })
	})
}

func (v *visit) job() (answer, error) {
	in, err := v.input(expr.RecordType(), false)
	if err != nil {
		return answer{}, err
	}
	for _, j := range v.m.options.Jobs {
		if j.Name == v.path[1] {
			if in.actor == "" {
				in.actor = "job:" + j.Name
			}
			return v.change(in, func(t *Tx) (*Doc, int, error) { return nil, http.StatusOK, t.runJob(j) })
		}
	}
	return answer{}, sihe.Permanent(sihe.Errorf(sihe.CodeJobUnknown, "run job %q of %s: no such job", v.path[1], v.m.options.System))
}
