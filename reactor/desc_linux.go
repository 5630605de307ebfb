package reactor

// part takes the descriptor from the loop and leaves it open, and returns it.
func (d *Desc) part() (fd int, err error) {
	if err := d.shut(true); err != nil {
		return -1, err
	}
	return d.fd, nil
}
