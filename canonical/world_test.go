package canonical_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sihehub/sihe"
)

// world is where and when the tests happen.
type world struct{}

func (world) XRef(_, _ string) (string, bool, error) { return "", false, nil }

func (world) EventTime() time.Time { return time.Date(2026, 3, 5, 1, 30, 0, 0, time.UTC) }

// unquoteGo reads a Go string literal, for bytes that a golden file cannot hold.
func unquoteGo(t *testing.T, s string) string {
	t.Helper()
	s = strings.TrimSpace(s)
	if n, text, ok := strings.Cut(s, "*"); ok { // 70*"[" repeats
		times, err := strconv.Atoi(n)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Repeat(unquoteGo(t, text), times)
	}
	u, err := strconv.Unquote(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func asError(err error) (*sihe.Error, bool) {
	var e *sihe.Error
	ok := errors.As(err, &e)
	return e, ok
}
