package netbox

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor"
)

var errConnectTimeout = fmt.Errorf("connect timeout: %w", os.ErrDeadlineExceeded)

// errTimedOut is the cause of a request's own timeout, in the words of net.box.
var errTimedOut error = &wrapped{"timed out", os.ErrDeadlineExceeded}

// establish makes a link that is active.
func (c *Conn) establish(ctx context.Context) (*link, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.opts.ConnectTimeout, errConnectTimeout)
	defer cancel()
	c.mu.Lock()
	l := newLink(c, c.link)
	c.mu.Unlock()
	if err := c.dial(ctx, l); err != nil {
		return nil, err
	}
	c.adopt(l)
	err := c.handshake(ctx, l)
	if err == nil {
		return l, nil
	}
	if lost := (*ConnError)(nil); errors.As(err, &lost) {
		err = lost.Err
	}
	l.abort(err)
	_ = l.gone.Wait(reactor.Current(ctx).Context(context.Background()))
	return nil, err
}

// adopt makes l the present link, unless Close was called meanwhile: then l is
// closed, too.
func (c *Conn) adopt(l *link) {
	c.mu.Lock()
	if c.link != nil {
		c.link.measure(&c.past)
	}
	c.link = l
	closing := c.closing
	c.mu.Unlock()
	if closing {
		l.close()
	}
}

// handshake does all that comes before requests.
func (c *Conn) handshake(ctx context.Context, l *link) error {
	if err := l.hello.Wait(ctx); err != nil {
		return err
	}
	if l.helloErr != nil {
		return l.helloErr
	}
	id, err := l.introduce(ctx)
	if err != nil {
		return err
	}
	l.intro.Store(&introduction{l.greeting, id})
	if err := c.opts.meets(id); err != nil {
		return err
	}
	c.machine.enter(StateAuth, nil)
	c.announce()
	if err := l.authenticate(ctx, id.AuthType); err != nil {
		return err
	}
	return c.admit(ctx, l)
}

// admit lets requests in: those that do not wait before the schema is there,
// the others after.
func (c *Conn) admit(ctx context.Context, l *link) error {
	l.served = true
	if l.schema {
		c.machine.enter(StateFetchSchema, nil)
		c.announce()
	}
	c.live.Store(l)
	return c.readSchema(ctx, l)
}

// id is what the client says of itself: what it can do.
func (o *Options) id() iproto.ID {
	features := iproto.NewFeatures(iproto.FeatureStreams, iproto.FeatureTransactions, iproto.FeatureErrorExtension,
		iproto.FeatureWatchers, iproto.FeaturePagination, iproto.FeatureSpaceAndIndexNames, iproto.FeatureWatchOnce,
		iproto.FeatureIsSync, iproto.FeatureInsertArrow)
	if o.TupleFormats {
		features |= iproto.NewFeatures(iproto.FeatureDMLTupleExtension, iproto.FeatureCallRetTupleExtension)
	}
	return iproto.ID{Version: iproto.ProtocolVersion, Features: features}
}

// introduce exchanges IDs. A server that does not know ID, which one before 2.10
// does not, has no features.
func (l *link) introduce(ctx context.Context) (id iproto.ID, err error) {
	err = l.exchange(ctx, &Request{typ: iproto.TypeID}, func(f *Future) error {
		if f.typ == iproto.TypeOK {
			id, _, err = iproto.ParseID(f.body)
			return err
		}
		err := f.read(new(Result))
		if errors.Is(err, iproto.CodeUnknownRequestType) {
			return nil
		}
		return err
	})
	return id, err
}

// exchange sends a request before others are let in, and waits for its answer.
func (l *link) exchange(ctx context.Context, req *Request, use func(*Future) error) error {
	f, d, err := l.put(req, nil, false)
	if err != nil {
		return err
	}
	l.see(d)
	if err := f.await(ctx); err != nil {
		return err
	}
	defer f.Release()
	if f.err != nil {
		return f.err
	}
	return use(f)
}

// meets tells what is missing in a server's introduction.
func (o *Options) meets(id iproto.ID) error {
	if id.Version < o.RequiredVersion {
		return fmt.Errorf("Protocol version (%d) < required (%d)", id.Version, o.RequiredVersion) //nolint:staticcheck // net.box's words
	}
	if missing := id.Features.Missing(iproto.NewFeatures(o.RequiredFeatures...)); missing != 0 {
		return fmt.Errorf("Missing required protocol features: %v", missing) //nolint:staticcheck // net.box's words
	}
	return nil
}
