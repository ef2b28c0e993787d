package strictyaml

import "go.yaml.in/yaml/v4"

// Encode writes a value, built of what encoding/json decodes to, as YAML for people to read.
func Encode(v any) ([]byte, error) { return yaml.Marshal(v) }
