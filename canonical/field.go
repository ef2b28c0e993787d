package canonical

import (
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
)

// A FieldKind is the type of a field as entity files name it.
type FieldKind string

// Kinds of fields. All numbers are exact; a ref is the text of the other document's key.
const (
	KindText     FieldKind = "text"
	KindInt      FieldKind = "int"
	KindBool     FieldKind = "bool"
	KindDecimal  FieldKind = "decimal"
	KindQuantity FieldKind = "quantity" // at most 6 places
	KindMoney    FieldKind = "money"    // 2 places unless the file gives another scale
	KindRate     FieldKind = "rate"     // a fraction, 0.13 for 13 %, at most 6 places
	KindCurrency FieldKind = "currency" // ISO 4217
	KindDate     FieldKind = "date"     // a calendar date in the hub's zone
	KindTime     FieldKind = "time"     // RFC 3339
	KindEnum     FieldKind = "enum"
	KindRef      FieldKind = "ref"
	KindList     FieldKind = "list"
	KindRecord   FieldKind = "record"
	KindHash     FieldKind = "hash" // SHA-256 over other fields, kept by the owner's system
	KindJSON     FieldKind = "json" // any JSON, as opaque text
)

// A Field is one field of an entity, of a list's lines or of a record.
type Field struct {
	Name, Path string // Path is dotted: "lines.quantity"
	Label      Label
	Short      Label // for column heads; empty: Label
	Help       Label
	Why        Label // said when a value is refused
	Kind       FieldKind
	Ref        string // full name of the entity of a ref
	Required   bool
	Default    *expr.Program
	Formula    *expr.Program
	Writer     string   // the other module that alone may write it; "": the entity's module
	Of         []string // paths that a hash is made of
	Values     []Choice // of an enum
	Scale      int      // places of a number; expr.AnyScale: any
	Min, Max   *sihe.Decimal
	MaxLength  int // in characters of a text; 0: no limit of its own
	Fields     []*Field
	Group      string        // permission group; absent without it
	Restricted bool          // shown to those only who may see costs and margins
	Long       bool          // several lines of text
	Scan       bool          // may be scanned
	Index      bool          // documents can be found by it
	MaxAge     time.Duration // how old a copy may be for a decision; 0: any age
	Implicit   bool          // kept by the system: state, version, …
	Type       *expr.Type
	Origin     string // path of the file that defines it
	Line       int
	Column     int

	slot int         // in its record
	pick []selection // of a hash
}

// A Choice is one value of an enum.
type Choice struct {
	Name  string
	Label Label
}

// ValueLabel returns the label of an enum's value; its name where the file gives none.
func (f *Field) ValueLabel(value string) Label {
	for _, v := range f.Values {
		if v.Name == value && !v.Label.Empty() {
			return v.Label
		}
	}
	return Label{En: value, Zh: value}
}

// Slot returns the field's place in its record.
func (f *Field) Slot() int { return f.slot }

// Computed says whether the field is kept by the system and never written: formulas, hashes, implicit fields.
func (f *Field) Computed() bool { return f.Formula != nil || f.Kind == KindHash || f.Implicit }
