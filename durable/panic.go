package durable

import (
	"errors"
	"runtime"
	"strings"

	"github.com/sihehub/sihe"
)

// guard turns a panic into an error: one of ours into itself, bbolt's about a damaged page into CodeStoreCorrupt, and a
// mistake of the caller's function into CodeInternal.
func (db *DB) guard(err *error) {
	r := recover()
	if r == nil {
		return
	}
	if e, ok := r.(error); ok {
		var own *sihe.Error
		if errors.As(e, &own) {
			*err = own
			return
		}
	}
	code, where := origin()
	if a, ok := r.(interface{ Addr() uintptr }); ok && a.Addr() > 1<<16 { // not nil, so the mapped file
		code = sihe.CodeStoreCorrupt
	}
	*err = sihe.Permanent(sihe.Errorf(code, "use %s: panic in %s: %v", db.path, where, r))
}

// origin finds the function that panicked on the stack of a deferred call.
func origin() (code sihe.Code, where string) {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	panicked := false
	for {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			panicked = true
		case panicked && !strings.HasPrefix(f.Function, "runtime."):
			if strings.HasPrefix(f.Function, "go.etcd.io/bbolt") {
				return sihe.CodeStoreCorrupt, f.Function
			}
			return sihe.CodeInternal, f.Function
		}
		if !more {
			return sihe.CodeInternal, "unknown"
		}
	}
}
