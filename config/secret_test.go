package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// A Secret never shows itself, wherever it stands and however it is printed.
func TestSecretIsSilent(t *testing.T) {
	t.Parallel()
	const canary = "canary-7f3a"
	type hidden struct {
		inner Secret
		Outer Secret
		list  []Secret
		names map[string]Secret
		any   any
	}
	s := NewSecret(canary)
	h := hidden{inner: s, Outer: s, list: []Secret{s}, names: map[string]Secret{"a": s}, any: s}
	c := &Config{Bus: Bus{Password: s}, Systems: []System{{Name: "crm", Secrets: map[string]Secret{"token": s}}}}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%p", "%8.3s", "%c", "%w"} {
		for _, v := range []any{s, &s, h, &h, c, *c, c.Systems} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
	}
	for _, v := range []any{s, h, c, map[string]any{"s": s}, []Secret{s}} {
		b, err := json.Marshal(v)
		out.Write(b)
		fmt.Fprintln(&out, err)
	}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		log := slog.New(handler)
		log.Info("a", "secret", s, "pointer", &s, "struct", h, "config", c, slog.Group("g", "secret", s))
		log.Error("b", "error", errors.New(fmt.Sprint("call with ", s)))
	}
	fmt.Fprintln(&out, s, h, fmt.Errorf("log in with %v", s))
	for _, text := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), fmt.Sprintf("%d", []byte(canary))} {
		if strings.Contains(out.String(), text) {
			t.Errorf("it shows as %s in:\n%s", text, out.String())
		}
	}
	if !strings.Contains(out.String(), "***") {
		t.Error("nothing is shown in its place")
	}
	if s.Reveal() != canary || (Secret{}).Reveal() != "" {
		t.Error("it is not revealed to whoever may have it")
	}
}
