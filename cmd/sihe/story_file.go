package main

import (
	"io/fs"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/strictyaml"
)

// A story is a business day after day: what people do through the API, and what must then be true. It is demo, example
// and acceptance test at once.
type story struct {
	Name  string
	Label canonical.Label
	Steps []step
}

// A step happens at one moment of the story's clock.
type step struct {
	Name   string // its number in the specification, e.g. "7"
	At     time.Time
	Says   canonical.Label
	Do     []deed
	AtOnce bool // the deeds are done at the same moment, not one after the other
	Expect []expectation
}

// A deed is one call of a person, a scheduler or an operator. Exactly one of Create, Edit, Act, Job, Pause, Resume and
// Repeat is set.
type deed struct {
	Create string // "<system>/<entity>"
	Edit   string // "<system>/<entity>/<key>"
	Act    string // "<system>/<entity>/<key>" or "<system>/<entity>?<query that finds exactly one>"
	Do     string // the action, with Act
	Job    string // "<system>/<job>"
	As     string // employee number of who acts
	With   map[string]any
	Fails  string // the code with which the call must be refused

	Pause  string // a pipeline that stands from now on
	Resume string // and goes on
	Repeat string // "<module>.<entity>/<key>/<event>", whose first message is put on the bus again
	Times  int    // how often; 0: once
	AsNew  bool   // under new ids, as a system would state it that has forgotten what it said
}

// An expectation is polled until it holds. Exactly one of See, List, Report and Outcome is set.
type expectation struct {
	See     string // "<system>/<entity>/<key>"
	List    string // "<system>/<entity>?<query>"
	Report  string // "<system>/<report>?<query>"
	Outcome string // "<pipeline>/<key of the document whose event it was>": one of its outcomes
	Count   int    // of List; -1: not asked
	Is      any    // what the answer must contain: fields by name, lists element by element
}

// readStory reads a story file; what is wrong with it is added to f.
func readStory(fsys fs.FS, name string, f *sihe.Findings) *story {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		*f = append(*f, sihe.Finding{Severity: sihe.SeverityError, Code: sihe.CodeConfigMissing, Path: name, Line: 1, Column: 1, Message: "there is no such story"})
		return nil
	}
	n, ok := strictyaml.Parse(name, data, f)
	if !ok {
		return nil
	}
	m, ok := n.Map()
	if !ok {
		return nil
	}
	s := &story{Name: m.NeedText("story"), Label: canonical.ReadLabel(m.Need("label"), "the story")}
	zone, err := time.LoadLocation(m.NeedText("zone"))
	if err != nil {
		n.Report(sihe.CodeConfigValue, "use an IANA name, e.g. Asia/Shanghai", "unknown time zone")
		return nil
	}
	if b := m.Take("begin"); b != nil {
		s.Steps = beginning(fsys, b, f)
	}
	for _, x := range m.Need("steps").Items() {
		s.Steps = append(s.Steps, readStep(x, zone))
	}
	m.Done()
	if f.Failed() {
		return nil
	}
	return s
}

// beginning reads {story:, through:}: the steps of another story up to the last one of that name.
func beginning(fsys fs.FS, n *strictyaml.Node, f *sihe.Findings) []step {
	m, ok := n.Map()
	if !ok {
		return nil
	}
	file, through := m.NeedText("story"), m.Need("through")
	m.Done()
	other := readStory(fsys, file, f)
	if other == nil || through == nil {
		return nil
	}
	for i := len(other.Steps) - 1; i >= 0; i-- {
		if other.Steps[i].Name == through.TextOrEmpty() {
			return other.Steps[:i+1]
		}
	}
	through.Report(sihe.CodeConfigValue, "name one of its steps", "%s has no step %q", file, through.TextOrEmpty())
	return nil
}

func readStep(n *strictyaml.Node, zone *time.Location) step {
	m, ok := n.Map()
	if !ok {
		return step{}
	}
	s := step{Name: m.NeedText("step"), Says: canonical.ReadLabel(m.Need("says"), "what the step says")}
	if at := m.Need("at"); at != nil {
		t, err := time.ParseInLocation("2006-01-02 15:04", at.TextOrEmpty(), zone)
		if err != nil {
			at.Report(sihe.CodeConfigValue, "write 2026-03-01 08:00", "%q is not a moment", at.TextOrEmpty())
		}
		s.At = t
	}
	for _, x := range m.Take("do").Items() {
		s.Do = append(s.Do, readDeed(x))
	}
	if v := m.Take("at_once"); v != nil {
		s.AtOnce, _ = v.Bool()
	}
	for _, x := range m.Take("expect").Items() {
		s.Expect = append(s.Expect, readExpectation(x))
	}
	m.Done()
	return s
}

func readDeed(n *strictyaml.Node) deed {
	m, ok := n.Map()
	if !ok {
		return deed{}
	}
	d := deed{
		Create: m.TakeText("create"), Edit: m.TakeText("edit"), Act: m.TakeText("act"), Do: m.TakeText("do"), Job: m.TakeText("job"),
		As: m.TakeText("as"), Fails: m.TakeText("fails"),
		Pause: m.TakeText("pause"), Resume: m.TakeText("resume"), Repeat: m.TakeText("repeat"),
	}
	if v := m.Take("times"); v != nil {
		d.Times, _ = v.Int()
	}
	if v := m.Take("as_new"); v != nil {
		d.AsNew, _ = v.Bool()
	}
	if w := m.Take("with"); w != nil {
		if v, ok := w.Value().(map[string]any); ok {
			d.With = v
		}
	}
	m.Done()
	if (d.Act == "") != (d.Do == "") || d.Create+d.Edit+d.Act+d.Job+d.Pause+d.Resume+d.Repeat == "" {
		n.Report(sihe.CodeConfigValue, "write create:, edit:, act: with do:, job:, pause:, resume: or repeat:", "a deed needs exactly one thing to do")
	}
	return d
}

func readExpectation(n *strictyaml.Node) expectation {
	m, ok := n.Map()
	if !ok {
		return expectation{}
	}
	x := expectation{See: m.TakeText("see"), List: m.TakeText("list"), Report: m.TakeText("report"), Outcome: m.TakeText("outcome"), Count: -1}
	if c := m.Take("count"); c != nil {
		x.Count, _ = c.Int()
	}
	if v := m.Take("is"); v != nil {
		x.Is = v.Value()
	}
	m.Done()
	return x
}
