package reactor

import "golang.org/x/sys/unix"

// sysSendfile sends up to n bytes of file from offset at on to fd, as
// sendfile(2) does. 0 without an error is the end of the file.
func sysSendfile(fd, file int, at int64, n int) (int, error) {
	for {
		m, err := unix.Sendfile(fd, file, &at, n)
		if err != unix.EINTR {
			return max(m, 0), err
		}
	}
}
