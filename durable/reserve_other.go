//go:build !linux

package durable

import "errors"

// space cannot be asked here, so nothing is set aside; a full disk is noticed when a write fails.
func space(string) (free, total int64, err error) { return 0, 0, errors.ErrUnsupported }

func allocate(string, int64) error { return errors.ErrUnsupported }
