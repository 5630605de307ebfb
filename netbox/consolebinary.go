package netbox

import (
	"context"

	"github.com/kharon-net/kharon/codec/iproto"
)

// A binaryConsole is a Console by way of the binary protocol: the server's
// console evaluates what EVAL takes there.
type binaryConsole struct{ conn *Conn }

var _ consoleProtocol = binaryConsole{}

// consoleEval evaluates a line as a console does.
const consoleEval = "return require('console').eval(...)"

// binaryOverhead is how much longer a packet may be than the answer in it.
const binaryOverhead = 64 << 10

// dialBinary connects to a server.
func dialBinary(ctx context.Context, address string, opts ConsoleOptions) (binaryConsole, error) {
	conn, err := Connect(ctx, address, Options{
		NoSchema: true, ConnectTimeout: opts.ConnectTimeout, Reactor: opts.Reactor,
		MaxPacket: min(uint64(opts.MaxAnswer)+binaryOverhead, iproto.MaxPacket),
	})
	return binaryConsole{conn}, err
}

func (c binaryConsole) eval(ctx context.Context, text string) (answer string, err error) {
	err = c.conn.DoFunc(ctx, Eval(consoleEval, text), func(r Result) error {
		answer = r.String(0)
		return r.Err()
	})
	return answer, err
}

func (c binaryConsole) greeted() string       { return c.conn.Version() }
func (c binaryConsole) err() error            { return c.conn.Err() }
func (c binaryConsole) done() <-chan struct{} { return c.conn.Done() }
func (c binaryConsole) close() error          { return c.conn.Close() }
