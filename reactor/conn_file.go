package reactor

import "os"

// WriteFile queues length bytes of f from offset on, after what was written
// before and ahead of what is written later; a negative length means all from
// offset to the file's present end. The loop sends them in steps, by
// sendfile(2) on Linux without their passing through the program's memory, and
// with pread(2) and write(2) elsewhere. A disk that is slow to read holds up
// the loop; Flush sends from the calling goroutine.
//
// f must be a regular file. It is not kept: a duplicate of its descriptor is,
// until the bytes have left or the connection has ended, so the caller may
// close f when WriteFile has returned, and each call that waits takes up one
// descriptor. f's own offset is neither used nor
// moved. What is sent is what the file has when its turn comes.
//
// The error is net.ErrClosed as for Write, an *os.PathError, or, when the file
// is too short, a *ShortFileError; nothing is queued then. If the file gets
// shorter later the connection ends with a *ShortFileError, since the bytes it
// has promised can not be sent. Queued counts the bytes of files as well. Safe
// to call from any goroutine.
func (c *Conn) WriteFile(f *os.File, offset, length int64) error {
	part, err := openPart(f, offset, length)
	if err != nil {
		return err
	}
	c.out.mu.Lock()
	if err := c.out.sealed; err != nil || part.left == 0 {
		c.out.mu.Unlock()
		part.close()
		return err
	}
	c.out.queue = append(c.out.queue, piece{file: part})
	c.out.size += int(part.left)
	tell := c.out.mustTell()
	c.out.mu.Unlock()
	if tell {
		c.ferry()
	}
	return nil
}
