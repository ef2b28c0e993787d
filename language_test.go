package sihe_test

import (
	"testing"

	"github.com/sihehub/sihe"
)

func TestPrefersChinese(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		accept    string
		otherwise bool
		want      bool
	}{
		{"", true, true},
		{"", false, false},
		{"zh", false, true},
		{"ZH-cn", false, true},
		{"zh-Hans-CN,zh;q=0.9,en;q=0.8", false, true},
		{"en-US,en;q=0.9,zh;q=0.8", true, false},
		{"en;q=0.5, zh;q=0.7", false, true},
		{"fr, zh;q=0.1", false, true},
		{"fr", true, true},
		{"zh;q=0", false, false},
		{"zh;q=x", false, false},
		{";;,,q=;", true, true},
	} {
		if got := sihe.PrefersChinese(x.accept, x.otherwise); got != x.want {
			t.Errorf("%q, otherwise %v: %v", x.accept, x.otherwise, got)
		}
	}
}
