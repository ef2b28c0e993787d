module github.com/sihehub/sihe

go 1.26.0

require github.com/cockroachdb/apd/v3 v3.2.3

require (
	go.etcd.io/bbolt v1.5.0 // indirect
	golang.org/x/sys v0.45.0 // indirect
)
