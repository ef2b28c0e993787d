package config

import (
	"fmt"
	"log/slog"
)

// shown stands for every secret.
const shown = "***"

// A Secret never shows itself: printing, logging and encoding give ***, also from inside a field that is not exported.
// The zero Secret is empty.
type Secret struct{ text *string } // a pointer: fmt prints what it cannot call methods on, but no deeper than an address

// NewSecret hides a text.
func NewSecret(text string) Secret { return Secret{&text} }

// Reveal returns the secret itself, for the call that needs it.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// String hides it.
func (Secret) String() string { return shown }

// Format hides it from every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(shown)) }

// LogValue hides it from logs.
func (Secret) LogValue() slog.Value { return slog.StringValue(shown) }

// MarshalText hides it from every encoder.
func (Secret) MarshalText() ([]byte, error) { return []byte(shown), nil }
