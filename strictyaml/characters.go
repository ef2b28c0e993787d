package strictyaml

import (
	"strings"
	"unicode/utf8"

	"github.com/sihehub/sihe"
)

// maxComplaints bounds how many characters of one file are complained about.
const maxComplaints = 10

// checkCharacters reports what must not be in a file at all.
func (d *file) checkCharacters() bool {
	bad := 0
	for i, l := range d.lines {
		if plain(l) {
			continue
		}
		column := 0
		for at := 0; at < len(l) && bad < maxComplaints; column++ {
			r, size := utf8.DecodeRuneInString(l[at:])
			at += size
			what := forbidden(r, size)
			if what == "" {
				continue
			}
			bad++
			d.report(i+1, column+1, sihe.CodeYAMLEncoding, "", "%s is not allowed in a file", what)
			if r == utf8.RuneError {
				break // after broken text columns mean nothing
			}
		}
	}
	return bad == 0
}

// plain says that a line is printable ASCII, which most are.
func plain(l string) bool {
	for i := range len(l) {
		if l[i] >= utf8.RuneSelf || (l[i] < ' ' && l[i] != '\t') || l[i] == 0x7f {
			return false
		}
	}
	return true
}

// forbidden names a character that must not stand in a file, or returns "". Bidirectional controls can make a reviewer
// see another text than the compiler (CVE-2021-42574); the exotic line ends would shift every position.
func forbidden(r rune, size int) string {
	switch {
	case r == utf8.RuneError && size <= 1:
		return "text that is not UTF-8"
	case r == 0:
		return "a NUL character"
	case r == '\r':
		return "a carriage return inside a line"
	case r < ' ' && r != '\t', r >= 0x7f && r < 0xa0:
		return "a control character"
	case r == '\u2028' || r == '\u2029':
		return "a Unicode line separator"
	case hidden(r):
		return "an invisible character that changes how text is shown"
	}
	return ""
}

// hidden says whether a rune is a bidirectional control or has no width. Joiners (U+200C, U+200D) are left to text.
func hidden(r rune) bool {
	switch {
	case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
		return true
	case r == '\u200e' || r == '\u200f' || r == '\u061c' || r == '\u200b' || r == '\ufeff':
		return true
	}
	return false
}

// cleanName says whether a key can be trusted to be what it looks like, after escapes are resolved.
func cleanName(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r == '\u200c' || r == '\u200d' || r == '\n' || forbidden(r, utf8.RuneLen(r)) != ""
	})
}
