package expr

// A currency says where the currency of an amount stands.
type currency struct {
	name string              // equal names are the same currency
	read func(*Frame) string // "" when it is null
}
