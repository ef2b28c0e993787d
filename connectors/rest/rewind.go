package rest

import (
	"encoding/json"
	"time"

	"github.com/sihehub/sihe"
)

// CursorAt begins every read at a time. Where the description begins with something that is no time, cursors are the
// product's own and no time can be told from them.
func (r *Rest) CursorAt(t time.Time) (sihe.Cursor, bool) {
	at := cursor{}
	for name, d := range r.o.Description.Reads {
		if _, err := time.Parse(time.RFC3339Nano, d.First); d.First != "" && err != nil {
			return nil, false
		}
		at[name] = t.UTC().Format(time.RFC3339Nano)
	}
	c, err := json.Marshal(at)
	return c, err == nil
}
