package netbox

import "testing"

// pool connects a pool for the time of the test.
func pool(t testing.TB, opts PoolOptions, instances ...Instance) *Pool {
	t.Helper()
	p, err := ConnectPool(patience(t), instances, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}
