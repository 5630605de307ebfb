package tarantooltest_test

import (
	"testing"

	"github.com/kharon-net/kharon/netbox/internal/tarantooltest"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// rows tells whether the server is read-only and how many rows there are.
const rows = `
local c = require('net.box').connect(...)
print(c:eval('return box.info.ro, box.space.log and box.space.log:len()'))
os.exit(0)
`

func TestReplicasFollowTheOneThatIsWritable(t *testing.T) {
	s := tarantooltest.StartReplicas(t, 2, tarantooltest.Options{Script: `
		if not box.info.ro then
			box.schema.space.create('log', {if_not_exists = true}):create_index('pk', {if_not_exists = true})
		end
	`})
	look := func(i int, want string) {
		t.Helper()
		reactortest.Eventually(t, func() bool { return tarantooltest.RunScript(t, rows, s[i].Addr) == want }, "server %d to be %q", i, want)
	}
	look(0, "false\t0\n")
	look(1, "true\t0\n")
	s[0].Eval("box.space.log:insert{1}")
	look(1, "true\t1\n")
	s[0].Kill()
	s[1].Promote()
	s[1].Eval("box.space.log:insert{2}")
	s[0].Restart()
	look(0, "true\t2\n")
}
