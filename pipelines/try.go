package pipelines

import (
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
)

// A Trial is what a pipeline does with one event, told without any system.
type Trial struct {
	Filtered sihe.Code  // why it is not for the pipeline: NOT_ON or NOT_WHEN; "" when there is a Write
	Write    sihe.Write // what a native module would be told to do; it holds when Filtered is empty
}

// Try runs on:, when:, key:, version:, map:, match: and the gate over one event, with the same code as the runtime. It
// asks nobody: prerequisites (needs:) count as there, and w answers for cross-references. An error is what would park or
// reject the event. It may be called from many goroutines.
func (p *Pipeline) Try(c *canonical.Catalog, w expr.World, e sihe.Event) (t Trial, err error) {
	defer caught(&err)
	if !p.listens(e) {
		return Trial{Filtered: sihe.CodeNotOn}, nil
	}
	v, err := canonical.Decode(p.From.Type, e.Data)
	if err != nil {
		return Trial{}, sihe.Permanent(err)
	}
	frame := &expr.Frame{Source: v, World: w}
	if wanted, err := p.wants(frame); err != nil || !wanted {
		return Trial{Filtered: sihe.CodeNotWhen}, err
	}
	key, err := p.key(e, frame)
	if err != nil {
		return Trial{}, err
	}
	version, err := p.version(e, frame)
	if err != nil {
		return Trial{}, err
	}
	t.Write = p.command(e, version)
	t.Write.Key = key
	if t.Write.Data, t.Write.Match, err = p.translate(w, e, v); err != nil {
		return Trial{}, err
	}
	return t, p.gate(c, t.Write.Data)
}

// listens says whether on: names the event.
func (p *Pipeline) listens(e sihe.Event) bool {
	return len(p.On) == 0 || slices.Contains(p.On, e.Name())
}

// wants says whether when: lets the record through.
func (p *Pipeline) wants(f *expr.Frame) (bool, error) {
	if p.When == nil {
		return true, nil
	}
	v, err := p.When.Eval(f)
	return v.Bool(), err
}

// key is that of the target document: a copy has its owner's, a document to be made has none yet.
func (p *Pipeline) key(e sihe.Event, f *expr.Frame) (string, error) {
	switch {
	case p.Key != nil:
		v, err := p.Key.Eval(f)
		if err == nil && v.Text() == "" && p.Do != sihe.DoCreate {
			err = sihe.Permanent(sihe.Errorf(sihe.CodeKeyMissing, "aim at a %s: the key is empty", p.To.FullName()))
		}
		return v.Text(), err
	case p.Do == sihe.DoCreate:
		return "", nil
	}
	return e.Subject, nil
}

// version orders the writes to one document.
func (p *Pipeline) version(e sihe.Event, f *expr.Frame) (int64, error) {
	if p.Version == nil {
		return e.Version, nil
	}
	v, err := p.Version.Eval(f)
	return v.Int(), err
}

// command is the write without the key and the data.
func (p *Pipeline) command(e sihe.Event, version int64) sihe.Write {
	return sihe.Write{
		ID: sihe.EventID(p.Name, e.ID), Entity: p.To.FullName(), Do: p.Do, Writer: p.From.Module,
		Version: version, Time: e.Time, CorrelationID: e.CorrelationID, CausationID: e.ID, Hops: e.Hops + 1,
	}
}

// translate maps the record and takes the fields that are conditions out of it.
func (p *Pipeline) translate(w expr.World, e sihe.Event, v expr.Value) (data, match []byte, err error) {
	data = e.Data
	if p.Map != nil {
		mapped, err := p.Map.Apply(w, v)
		if err != nil {
			return nil, nil, err
		}
		data = p.Map.Encode(mapped)
	}
	return split(data, p.Match)
}

// gate asks the ownership table about the fields that are in the data. A refusal parks the event and does not end it:
// whoever repairs the files can let it run again.
func (p *Pipeline) gate(c *canonical.Catalog, data []byte) error {
	var fields []string
	if p.Do != sihe.DoCopy { // the owner's whole record goes along
		var err error
		if fields, err = fieldsOf(data); err != nil {
			return err
		}
	}
	if err := c.Gate(p.From.Module, p.To, p.Do, fields); err != nil {
		return sihe.Permanent(err)
	}
	return nil
}
