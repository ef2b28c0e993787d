package console

import (
	"net/http"

	"github.com/sihehub/sihe/pipelines"
)

func (a *api) busRoutes() []route {
	return []route{{method: http.MethodPost, path: "/hub/bus/accept", handle: a.acceptBus}}
}

func (a *api) acceptBus(w http.ResponseWriter, r *http.Request) {
	if s, ok := a.standing(w, r); ok {
		all, err := a.Hub.Accept(r.Context(), s.Name, s.by())
		a.answer(w, r, map[string][]pipelines.Break{"accepted": notNil(all)}, err)
	}
}
