package expr

import "github.com/sihehub/sihe"

// Compile checks a text against a scope. It returns a program, or every problem found, in the order of their places.
func Compile(text string, s *Scope) (*Program, []Problem) {
	return nil, []Problem{{Code: sihe.CodeExprSyntax, Message: "read the expression " + text}}
}
