package netbox

import (
	"context"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// selectAnswer is what Tarantool 2.6 answers to a select of one tuple of a number and a string of 16 bytes, the sync
// number left out.
var selectAnswer = func() []byte {
	frame, mark := iproto.BeginFrame(nil)
	frame = append(frame, 0x83, 0x00, 0xce, 0, 0, 0, 0, 0x01, 0xcf, 0, 0, 0, 0, 0, 0, 0, 0, 0x05, 0xce, 0, 0, 0, 1)
	frame, count := iproto.AppendDataHead(frame)
	frame = msgp.AppendInt(append(frame, 0x92), 42)
	frame = msgp.AppendString(frame, "sixteen letters.")
	return iproto.EndFrame(iproto.EndData(frame, count, 1), mark)
}()

const syncAt = 5 + 9 // where it belongs in selectAnswer

type pipelineRow struct {
	id   int64
	name []byte
}

func (r *pipelineRow) DecodeTuple(t msgp.Array) error {
	r.id = t.Int(0)
	r.name = append(r.name[:0], t.Bytes(1)...)
	return t.Err()
}

// unwired returns a Conn whose requests stay in its link's output: what there is of the client between the caller and
// the socket.
func unwired(opts Options) *Conn {
	opts.MaxQueued, opts.MaxPacket = 1<<30, 1<<30
	c := &Conn{opts: opts, ctx: context.Background()}
	c.Requester = Requester{conn: c}
	l := newLink(c, nil)
	l.settled, l.flushing, l.greeted, l.schema = true, true, true, false
	l.version = 1
	l.intro.Store(&introduction{})
	c.live.Store(l)
	return c
}

// BenchmarkPipeline is the client's own part of requests that are sent many at a time: without the network, the loop
// and the wait.
func BenchmarkPipeline(b *testing.B) {
	ctx := context.Background()
	for _, depth := range []int{1, 64, 512} {
		b.Run(fmt.Sprint(depth), func(b *testing.B) {
			c := unwired(Options{})
			l := c.live.Load()
			from := c.SpaceByID(512)
			futures := make([]*Future, depth)
			var answers []byte
			var rows []pipelineRow
			b.ReportAllocs()
			for n := 0; n < b.N; n += depth {
				answers = answers[:0]
				for i := range futures {
					f := c.Send(from.SelectRequest(IntKey(int64(i)), SelectOptions{Limit: 1}))
					at := len(answers) + syncAt
					answers = append(answers, selectAnswer...)
					binary.BigEndian.PutUint64(answers[at:], f.sync)
					futures[i] = f
				}
				l.out = l.out[:0]
				if n := l.received(answers); n != len(answers) {
					b.Fatal(n)
				}
				for _, f := range futures {
					r, err := f.Wait(ctx)
					if err == nil {
						rows, err = AppendTuples(rows[:0], r)
					}
					if err != nil || len(rows) != 1 || rows[0].id != 42 {
						b.Fatal(rows, err)
					}
					f.Release()
				}
			}
		})
	}
}
