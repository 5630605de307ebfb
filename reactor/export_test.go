package reactor

// What the tests of this package look into.

func (l *waitList) len() (n int) {
	for w := l.first; w != nil; w = w.next {
		n++
	}
	return n
}

// Waiters returns how many wait for c.
func Waiters(c *Cond) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.waiters.len()
}

// Getters returns how many wait for an item of q.
func Getters[T any](q *Queue[T]) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.getters.len()
}

// Putters returns how many wait for room in q.
func Putters[T any](q *Queue[T]) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.putters.len()
}
