package canonical

import (
	"slices"
	"strings"

	"github.com/sihehub/sihe"
)

// A Target is where a pipeline writes: an entity as one module holds it, its own or a copy.
type Target struct {
	Module string
	Entity string // without the module
}

// FullName returns "<module>.<entity>".
func (t Target) FullName() string { return t.Module + "." + t.Entity }

// ParseTarget cuts "<module>.<entity>"; false when it has another form.
func ParseTarget(s string) (Target, bool) {
	module, entity, ok := strings.Cut(s, ".")
	return Target{module, entity}, ok && module != "" && entity != "" && !strings.Contains(entity, ".")
}

// Gate says whether a writer (the module on whose behalf a pipeline or a product acts) may do something to a document of
// the target and set these fields (dotted paths) by it (invariant 5). do is "create", "copy", "write_back" or an action
// of the entity. The error is a Permanent *sihe.Error that names the field, its owner and what to do.
//
//   - copy: the owner alone sends copies, to the modules that the entity lists; all its fields go along.
//   - write_back: to the owner only, and every field must name the writer.
//   - create and actions: to the owner only, by the owner or a module that it accepts for them; fields of other writers
//     and computed ones stay out, and so do fields that the action never may set.
func (c *Catalog) Gate(writer string, target Target, do string, fields []string) error {
	e, _, ok := c.In(target.Module, target.Entity)
	if !ok {
		return c.noEntity(target)
	}
	for _, path := range fields {
		if _, ok := e.Field(path); !ok {
			return refuse(sihe.CodeEntityField, "let %s write %s: unknown field%s", writer, target.FullName(), didYouMean(path, e.paths())).At(path)
		}
	}
	var err *sihe.Error
	switch do {
	case sihe.DoCopy:
		err = e.gateCopy(writer, target)
	case sihe.DoWriteBack:
		err = e.gateWriteBack(writer, target, fields)
	default:
		err = e.gateCommand(writer, target, do, fields)
	}
	if err != nil {
		return err
	}
	return nil
}

func (c *Catalog) noEntity(t Target) *sihe.Error {
	known := make([]string, 0, len(c.held))
	for held := range c.held {
		known = append(known, held)
	}
	slices.Sort(known)
	return refuse(sihe.CodeEntityUnknown, "find %s: %s neither owns nor copies it%s", t.FullName(), t.Module, didYouMean(t.FullName(), known))
}

func (e *Entity) gateCopy(writer string, t Target) *sihe.Error {
	switch {
	case t.Module == e.Module:
		return e.boundary(writer, "copy %s to %s: it is the owner; ask it by an action instead", e.FullName(), t.Module)
	case writer != e.Module:
		return e.boundary(writer, "let %s copy %s: only %s, the owner, sends copies", writer, t.FullName(), e.Module)
	}
	return nil
}

func (e *Entity) gateWriteBack(writer string, t Target, fields []string) *sihe.Error {
	if t.Module != e.Module {
		return e.boundary(writer, "let %s write back to %s: it is a copy; write back to %s", writer, t.FullName(), e.FullName())
	}
	if len(fields) == 0 && !e.writesAny(writer) {
		return e.boundary(writer, "let %s write back to %s: no field of it has writer: %s", writer, t.FullName(), writer)
	}
	for _, path := range fields {
		f := e.fields[path]
		if f.Writer == writer && writer != "" || container(f) && e.below(f, writer) {
			continue
		}
		return e.notWritable(writer, f, "ask "+e.Owner(path)+" by an action, or add `writer: "+writer+"` to the field in "+e.Path)
	}
	return nil
}

func (e *Entity) gateCommand(writer string, t Target, do string, fields []string) *sihe.Error {
	if t.Module != e.Module {
		return e.boundary(writer, "let %s %s %s: it is a copy; only copies from %s change it", writer, do, t.FullName(), e.Module)
	}
	if known := append(e.ActionNames(), sihe.DoCreate); !slices.Contains(known, do) {
		return refuse(sihe.CodeEntityAction, "let %s %s %s: no such action%s", writer, do, e.FullName(), didYouMean(do, append(known, sihe.DoCopy, sihe.DoWriteBack)))
	}
	if writer != e.Module && !slices.Contains(e.Accepts[do], writer) {
		return e.boundary(writer, "let %s %s %s: %s does not accept that; list it under `accepts: {%s: [%s]}` in %s", writer, do, e.FullName(), e.Module, do, writer, e.Path)
	}
	for _, path := range fields {
		f := e.fields[path]
		switch {
		case f.Computed():
			return e.notWritable(writer, f, "leave it out: "+e.Module+" computes it")
		case f.Writer != "" && f.Writer != writer:
			return e.notWritable(writer, f, "leave it out: "+f.Writer+" writes it back")
		case do != sihe.DoCreate && !e.sets(do, path):
			return e.notWritable(writer, f, "list it under `with` of the action "+do+" in "+e.Path)
		}
	}
	return nil
}

// sets says whether an action may set a field: it lists it, or it starts in the initial state, where all is editable.
func (e *Entity) sets(action, path string) bool {
	top, _, _ := strings.Cut(path, ".")
	for i, s := range e.States {
		for _, a := range s.Actions {
			if a.Name == action && (i == 0 || slices.Contains(a.With, top)) {
				return true
			}
		}
	}
	return false
}

func container(f *Field) bool { return f.Kind == KindList || f.Kind == KindRecord }

// below says whether a list or record has a field of this writer, so that naming the list is naming a way to it.
func (e *Entity) below(f *Field, writer string) bool {
	return slices.ContainsFunc(f.Fields, func(x *Field) bool { return x.Writer == writer || container(x) && e.below(x, writer) })
}

func (e *Entity) writesAny(writer string) bool {
	for _, f := range e.fields {
		if f.Writer == writer && writer != "" {
			return true
		}
	}
	return false
}

func (e *Entity) paths() []string {
	paths := make([]string, 0, len(e.fields))
	for path := range e.fields {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return paths
}

// notWritable refuses one field. What OA sends beside its decisions has a code of its own (suite 2.3, BR-04).
func (e *Entity) notWritable(writer string, f *Field, todo string) *sihe.Error {
	code := sihe.CodeFieldNotWritable
	if writer == "oa" && e.Module != "oa" {
		code = sihe.CodeOABusinessField
	}
	return refuse(code, "let %s write %s of %s: it belongs to %s; %s", writer, f.Path, e.FullName(), e.Owner(f.Path), todo).At(f.Path)
}

// boundary refuses a whole document, with the code of the rule that the writer breaks (suite 2.3, BR-04 to BR-07).
func (e *Entity) boundary(writer, format string, args ...any) *sihe.Error {
	code := sihe.CodeBoundary
	switch {
	case writer == e.Module:
	case writer == "oa":
		code = sihe.CodeOABusinessField
	case writer == "crm" && (e.Module == "erp" || e.Module == "finance"):
		code = sihe.CodeCRMOperationWrite
	case writer == "erp" && e.Module == "crm":
		code = sihe.CodeERPCustomerWrite
	case writer == "finance" && (e.Module == "crm" || e.Module == "erp"):
		code = sihe.CodeFinanceBusiness
	}
	return refuse(code, format, args...)
}
