package sihe

import (
	"errors"
	"fmt"
	"time"
)

// A Class tells the runtime what an error means for the write that met it.
type Class int

// Classes of errors. The zero class is retried with back-off.
const (
	Transient      Class = iota // not done; try again
	ClassPermanent              // not done, and trying again will not help: park
	ClassRejected               // a business no: final, goes back to the owner
	ClassUnknown                // may have been done: look it up before anything else (invariant 7)
)

// An Error has a stable code, a place and a class. Its texts in English and Chinese come from [Explain].
type Error struct {
	Code  Code
	Class Class
	Path  string        // of the field, e.g. "lines[2].quantity"; may be empty
	After time.Duration // for Transient: not before
	Text  string        // what was attempted and what went wrong, in English
	Err   error         // the cause, if any
}

func (e *Error) Error() string {
	s := string(e.Code) + " " + e.Text
	if e.Path != "" {
		s = string(e.Code) + " " + e.Path + ": " + e.Text
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an unclassed (Transient) error with a code. A %w cause is unwrapped to.
func Errorf(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Text: err.Error(), Err: errors.Unwrap(err)}
}

// At returns the error with the field's path.
func (e *Error) At(path string) *Error {
	c := *e
	c.Path = path
	return &c
}

// Permanent marks an error that repeating will not heal.
func Permanent(err error) *Error { return classed(err, ClassPermanent, 0) }

// Rejected is a business no of the target.
func Rejected(code Code, format string, args ...any) *Error {
	return classed(Errorf(code, format, args...), ClassRejected, 0)
}

// RetryAfter marks an error whose write was not done and may be tried again after d.
func RetryAfter(d time.Duration, err error) *Error { return classed(err, Transient, d) }

// Unknown marks an error after which nobody knows whether the write was done.
func Unknown(err error) *Error { return classed(err, ClassUnknown, 0) }

func classed(err error, c Class, after time.Duration) *Error {
	e := &Error{Code: CodeOf(err), Text: err.Error(), Err: err}
	var own *Error
	if errors.As(err, &own) {
		copied := *own
		e = &copied
	}
	e.Class, e.After = c, after
	return e
}

// ClassOf returns the class of the first [Error] in the chain, Transient for any other error.
func ClassOf(err error) Class {
	var e *Error
	if errors.As(err, &e) {
		return e.Class
	}
	return Transient
}

// HasCode says whether an [Error] with the code is in the chain.
func HasCode(err error, code Code) bool {
	var e *Error
	for errors.As(err, &e) {
		if e.Code == code {
			return true
		}
		err = e.Err
	}
	return false
}

// CodeOf returns the code of the first [Error] in the chain, CodeInternal for any other error.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}
