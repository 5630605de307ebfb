package netbox

import "context"

// A Client is what a Conn and a Group have in common: requests to one server,
// whatever the number of sockets.
type Client interface {
	Do(ctx context.Context, req Request) (Result, error)
	DoFunc(ctx context.Context, req Request, use func(Result) error) error
	Send(req Request) *Future
	Ping(ctx context.Context) error
	Call(ctx context.Context, name string, args ...any) (Result, error)
	Eval(ctx context.Context, expr string, args ...any) (Result, error)
	Execute(ctx context.Context, statement string, params ...any) (Result, error)
	Space(name string) Space
	NewStream() *Stream
	Watch(key string, f func(key string, value Value)) (*Watcher, error)
	WaitConnected(ctx context.Context) error
	IsConnected() bool
	Err() error
	Peer() string
	Metrics() Metrics
	Close() error
}

var (
	_ Client = (*Conn)(nil)
	_ Client = (*Group)(nil)
)
