//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package reactor

import "os"

func sysSendfile(int, int, int64, int) (int, error) { return 0, errSystem }
func sysPread(int, []byte, int64) (int, error)      { return 0, errSystem }
func sysDupFile(*os.File) (int, error)              { return -1, errSystem }
