//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package reactor

import (
	"errors"
	"testing"
)

func TestReservedDescriptorIsRefused(t *testing.T) {
	r, err := New(Config{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	refused := make(chan error, 1)
	_ = r.Loop(0).Post(func() { refused <- r.Loop(0).attach(reservedFD, &port{}) })
	if err := <-refused; !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("attach returned %v", err)
	}
}
