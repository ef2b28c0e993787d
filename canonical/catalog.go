package canonical

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
)

//go:embed entities
var shipped embed.FS

// Shipped returns the entity files that come with the program.
func Shipped() fs.FS {
	sub, err := fs.Sub(shipped, "entities")
	if err != nil {
		panic(err) // the folder's name is a constant
	}
	return sub
}

// A Catalog holds all entities.
type Catalog struct {
	entities []*Entity          // sorted by full name
	full     map[string]*Entity // by full name
	held     map[string]*Entity // by "<module>.<name>", copies too
}

// Entity returns an entity by its owner's name for it: "erp.purchase_order".
func (c *Catalog) Entity(full string) (*Entity, bool) {
	e, ok := c.full[full]
	return e, ok
}

// In returns the entity that a module holds under a name; isCopy says that another module owns it.
func (c *Catalog) In(module, name string) (e *Entity, isCopy, ok bool) {
	e, ok = c.held[module+"."+name]
	return e, ok && e.Module != module, ok
}

// Entities returns all entities, sorted by full name.
func (c *Catalog) Entities() []*Entity { return slices.Clone(c.entities) }

// Of returns the entities that a module owns.
func (c *Catalog) Of(module string) []*Entity {
	return slices.DeleteFunc(c.Entities(), func(e *Entity) bool { return e.Module != module })
}

// Held returns the entities that a module owns or keeps copies of.
func (c *Catalog) Held(module string) []*Entity {
	return slices.DeleteFunc(c.Entities(), func(e *Entity) bool {
		return e.Module != module && !slices.Contains(e.Copies, module)
	})
}

// Modules returns the names of all modules that own or copy an entity, sorted.
func (c *Catalog) Modules() []string {
	var names []string
	for held := range c.held {
		names = append(names, held[:strings.IndexByte(held, '.')])
	}
	slices.Sort(names)
	return slices.Compact(names)
}
