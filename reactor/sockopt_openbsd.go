package reactor

import (
	"errors"
	"time"
)

// OpenBSD has these times for the whole system alone, in sysctl.
const keepIdle, keepInterval, keepCount = 0, 0, 0

func setKeepTime(_, _ int, _ time.Duration) error { return errors.ErrUnsupported }

func setKeepCount(_, _ int, _ time.Duration) error { return errors.ErrUnsupported }
