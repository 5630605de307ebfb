//go:build !linux

package sockets

import (
	"errors"
	"syscall"
)

// Elsewhere the bytes come through this process.

func sysSendFile(int, syscall.RawConn, int64) (int64, error) { return 0, errors.ErrUnsupported }

func notForFiles(err error) bool { return err == errors.ErrUnsupported } //nolint:errorlint // our own

func isAgain(error) bool { return false }

type pipe struct{}

func openPipe() (*pipe, error)            { return nil, errors.ErrUnsupported }
func (*pipe) close()                      {}
func (*pipe) fill(int) (int, error)       { return 0, errors.ErrUnsupported }
func (*pipe) drain(int, int) (int, error) { return 0, errors.ErrUnsupported }
