//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package reactor

// part takes the descriptor from the loop, and returns a duplicate: kqueue forgets
// a descriptor when it is closed, and the poller has no other way.
func (d *Desc) part() (fd int, err error) {
	if err := d.Use(); err != nil {
		return -1, err
	}
	dup, err := sysDup(d.fd)
	if err == nil {
		if err = d.shut(false); err != nil {
			_ = sysClose(dup)
		}
	}
	d.Done()
	if err != nil {
		return -1, err
	}
	return dup, nil
}
