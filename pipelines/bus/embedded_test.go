package bus_test

import (
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/bus"
	"github.com/sihehub/sihe/pipelines/bus/bustest"
)

// clock can be set forward.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func TestEmbedded(t *testing.T) {
	var clocks sync.Map // of each test
	of := func(t *testing.T) *clock {
		c, _ := clocks.LoadOrStore(t.Name(), &clock{})
		return c.(*clock)
	}
	bustest.Run(t, bustest.Body{
		Reopens: true,
		Now:     time.Now,
		Open: func(t *testing.T) sihe.Bus {
			// All temporary folders of a test have one parent, which goes with the test.
			b, err := bus.OpenEmbedded(filepath.Join(filepath.Dir(t.TempDir()), "bus.db"), of(t).now)
			if err != nil {
				t.Fatal(err)
			}
			return b
		},
		Trim: func(t *testing.T, b sihe.Bus, _ string, _ int) {
			of(t).ahead.Store(int64(2 * time.Hour))
			defer of(t).ahead.Store(0)
			if err := b.(*bus.Embedded).Trim(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
	})
}
