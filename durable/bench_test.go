package durable

import (
	"bytes"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
)

// BenchmarkUpdate shows how many callers share a sync.
func BenchmarkUpdate(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprint(callers, " callers"), func(b *testing.B) {
			db, err := Open(filepath.Join(b.TempDir(), "d.db"))
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			value := bytes.Repeat([]byte{'x'}, 1000)
			first := db.state()
			var wg sync.WaitGroup
			for c := range callers {
				wg.Go(func() {
					for i := c; i < b.N; i += callers {
						_, err := db.Update(b.Context(), func(tx *Tx) error {
							return tx.Bucket("b").AppendOnly().Put(fmt.Appendf(nil, "%012d", i), value)
						})
						if err != nil {
							b.Error(err)
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "updates/s")
			b.ReportMetric(float64(b.N)/float64(db.state()-first), "updates/sync")
		})
	}
}
