package config

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/strictyaml"
)

// maxReferenced bounds a file that ${file:…} names, in bytes.
const maxReferenced = 64 << 10

// An Env resolves ${env:NAME} and ${file:PATH}; false when there is none.
type Env func(kind, name string) (string, bool)

// OSEnv reads the process's environment and files. A line end at a file's end does not count.
func OSEnv(kind, name string) (string, bool) {
	switch kind {
	case "env":
		return os.LookupEnv(name)
	case "file":
		f, err := os.Open(filepath.Clean(name))
		if err != nil {
			return "", false
		}
		defer func() { _ = f.Close() }() // it was only read
		b, err := io.ReadAll(io.LimitReader(f, maxReferenced+1))
		return strings.TrimRight(string(b), "\r\n"), err == nil && len(b) <= maxReferenced
	}
	return "", false
}

// A part of a text is plain, or a reference.
type part struct {
	text       string // of the file
	kind, name string // of a reference: env and NAME, or file and PATH
}

// parts cuts a text at its references; false when a ${ opens something else.
func parts(s string) (all []part, ok bool) {
	for s != "" {
		before, rest, found := strings.Cut(s, "${")
		if before != "" {
			all = append(all, part{text: before})
		}
		if !found {
			break
		}
		inside, after, closed := strings.Cut(rest, "}")
		kind, name, colon := strings.Cut(inside, ":")
		if !closed || !colon || name == "" || (kind != "env" && kind != "file") {
			return nil, false
		}
		all = append(all, part{text: "${" + inside + "}", kind: kind, name: name})
		s = after
	}
	return all, true
}

// isReference says whether a text is one reference and nothing else.
func isReference(s string) bool {
	all, ok := parts(s)
	return ok && len(all) == 1 && all[0].kind != ""
}

// resolve replaces the references in a scalar that has been parsed, so a value never changes the structure. It returns
// false when one has no value: then nothing more can be said about the text.
func (r *reader) resolve(n *strictyaml.Node, s string) (string, bool) {
	all, ok := parts(s)
	if !ok {
		n.Report(sihe.CodeConfigReference, "write ${env:NAME} or ${file:/path}", "%q has a ${ that opens no reference", s)
		return "", false
	}
	var b strings.Builder
	for _, p := range all {
		if p.kind == "" {
			b.WriteString(p.text)
			continue
		}
		name := p.name
		if p.kind == "file" {
			name = r.c.path(name)
		}
		v, found := r.env(p.kind, name)
		if !found {
			ok = false
			if !r.lenient {
				n.Report(sihe.CodeConfigReference, "set it before starting, or correct the name", "%s is not defined", p.text)
			}
		}
		b.WriteString(v)
	}
	return b.String(), ok
}

// text reads a scalar with its references; false when there is nothing to check.
func (r *reader) text(n *strictyaml.Node) (string, bool) {
	if n == nil {
		return "", false
	}
	s, ok := n.Text()
	if !ok {
		return "", false
	}
	return r.resolve(n, s)
}

// secret takes a reference and nothing else: a password in the file itself would end in a repository one day.
func (r *reader) secret(n *strictyaml.Node, name string) (Secret, bool) {
	if n == nil {
		return Secret{}, false
	}
	s, ok := n.Text()
	if !ok {
		return Secret{}, false
	}
	if !isReference(s) {
		n.Report(sihe.CodeConfigSecret, "write ${env:NAME} or ${file:/path}", "the secret %s stands in the file itself", name)
		return Secret{}, false
	}
	v, ok := r.resolve(n, s)
	if ok && v == "" {
		n.Report(sihe.CodeConfigReference, "give it a value", "the secret %s is empty: %s", name, s)
		return Secret{}, false
	}
	return NewSecret(v), ok
}
