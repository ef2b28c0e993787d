package pipelines

import (
	"encoding/json"
	"testing"

	"github.com/sihehub/sihe"
)

// inOrder fails the test unless every deal's ranks arrived as 1, 2, 3 … last, each once.
func inOrder(t testing.TB, erp *twin, last int) {
	t.Helper()
	next := map[string]int{}
	for _, w := range erp.written() {
		var job struct {
			Deal string `json:"deal_no"`
			Rank int
		}
		if err := json.Unmarshal(w.Data, &job); err != nil {
			t.Fatal(err)
		}
		if next[job.Deal]++; job.Rank != next[job.Deal] {
			t.Fatalf("deal %s: rank %d came as number %d", job.Deal, job.Rank, next[job.Deal])
		}
	}
	for deal, n := range next {
		if n != last {
			t.Errorf("deal %s: %d of %d arrived", deal, n, last)
		}
	}
}

func dealOf(w sihe.Write) string {
	var job struct {
		Deal string `json:"deal_no"`
	}
	_ = json.Unmarshal(w.Data, &job)
	return job.Deal
}
