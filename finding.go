package sihe

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Severity is how bad a Finding is. Only errors keep a file from loading.
type Severity string

// Severities.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

// A Finding is one thing wrong at one place of one file. Lines and columns start at 1; columns count runes.
type Finding struct {
	Severity   Severity `json:"severity"`
	Code       Code     `json:"code"`
	Message    string   `json:"message"`
	Path       string   `json:"path"`
	Line       int      `json:"line"`
	Column     int      `json:"column"`
	Suggestion string   `json:"suggestion,omitempty"`
	Source     string   `json:"-"` // the line of the file, for showing it
}

func (f Finding) String() string {
	s := fmt.Sprintf("%s:%d:%d: %s %s", f.Path, f.Line, f.Column, f.Code, f.Message)
	if f.Suggestion != "" {
		s += " (" + f.Suggestion + ")"
	}
	return s
}

// Findings are all that is wrong, not only the first.
type Findings []Finding

// Sorted returns them by file, line, column and code, without repetitions.
func (f Findings) Sorted() Findings {
	s := slices.Clone(f)
	slices.SortStableFunc(s, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(s)
}

// Failed says whether there is an error among them.
func (f Findings) Failed() bool {
	return slices.ContainsFunc(f, func(x Finding) bool { return x.Severity == SeverityError })
}

// Err returns all of them as one error, or nil when nothing failed.
func (f Findings) Err() error {
	if !f.Failed() {
		return nil
	}
	lines := make([]string, 0, len(f))
	for _, x := range f.Sorted() {
		lines = append(lines, x.String())
	}
	return Permanent(Errorf(CodeConfigInvalid, "%s", strings.Join(lines, "\n")))
}
