package console

import (
	"net/http"
	"time"
)

// A Config is what a hub works by. Secrets stand in hub.yaml as references only.
type Config struct {
	Loaded time.Time         `json:"loaded"`
	Files  map[string]string `json:"files"` // contents by path below the hub's folder; a folder's name ends with a slash
}

func (a *api) config(w http.ResponseWriter, _ *http.Request) {
	var c Config
	if a.Config != nil {
		c = a.Config()
	}
	answer(w, c)
}
