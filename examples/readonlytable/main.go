// Readonlytable shows a Go map to clients of Tarantool as a space that they
// can read:
//
//	go run ./examples/readonlytable -listen 127.0.0.1:3301
//
// and in Tarantool:
//
//	conn = require('net.box').connect('127.0.0.1:3301')
//	conn.space.planets:get('Mars')
//	conn.space.planets:select({'M'}, {iterator = 'GE', limit = 2})
//
// or in Go, page by page:
//
//	for planet, err := range conn.Space("planets").Pairs(ctx, netbox.Key(), netbox.SelectOptions{PageSize: 2}) {
package main

import (
	"context"
	"flag"
	"fmt"
	"iter"
	"log"
	"maps"
	"os"
	"os/signal"
	"slices"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/netbox/box"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:3301", "serve on this address, `host:port` or unix/:path")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := serve(ctx, *listen)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

// serve serves until ctx is done.
func serve(ctx context.Context, listen string) error {
	srv, err := box.New(box.Config{})
	if err != nil {
		return err
	}
	err = srv.SetSpaces(box.Space{
		Name: "planets",
		Format: []box.Field{
			{Name: "name", Type: "string"}, {Name: "moons", Type: "unsigned"}, {Name: "radius_km", Type: "number"},
		},
		Indexes: []box.Index{{Name: "name", Parts: []box.Part{{Field: 1, Type: "string"}}}},
		Handler: newTable(planets),
	})
	if err != nil {
		return err
	}
	addr, err := srv.Listen(listen)
	if err != nil {
		return err
	}
	fmt.Println("listening on", addr)
	<-ctx.Done()
	grace, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	return srv.Shutdown(grace)
}

// A planet is a tuple: msgpack writes it as an array.
type planet struct {
	_msgpack struct{} `msgpack:",as_array"` //nolint:unused // read by msgpack
	Name     string
	Moons    uint
	Radius   float64
}

var planets = map[string]planet{
	"Mercury": {Name: "Mercury", Moons: 0, Radius: 2439.7},
	"Venus":   {Name: "Venus", Moons: 0, Radius: 6051.8},
	"Earth":   {Name: "Earth", Moons: 1, Radius: 6371},
	"Mars":    {Name: "Mars", Moons: 2, Radius: 3389.5},
	"Jupiter": {Name: "Jupiter", Moons: 97, Radius: 69911},
}

// A table is a map with the order of its keys. Nobody changes it.
type table struct {
	rows map[string]planet
	keys []string
}

func newTable(rows map[string]planet) *table {
	return &table{rows: rows, keys: slices.Sorted(maps.Keys(rows))}
}

// Select finds the place of the key, and walks from there.
func (t *table) Select(_ context.Context, _ *box.Request, q *box.Query) (iter.Seq[any], error) {
	keys := t.keys
	if q.Key.Len() > 0 {
		at, found := slices.BinarySearch(keys, q.Key.String(0))
		after := at
		if found {
			after++
		}
		switch q.Iterator {
		case iproto.IteratorEQ, iproto.IteratorREQ:
			keys = keys[at:after]
		case iproto.IteratorGE, iproto.IteratorALL:
			keys = keys[at:]
		case iproto.IteratorGT:
			keys = keys[after:]
		case iproto.IteratorLE:
			keys = keys[:after]
		case iproto.IteratorLT:
			keys = keys[:at]
		default:
			return nil, box.Errorf(iproto.CodeUnsupported, "planets does not support the iterator %v", q.Iterator)
		}
	}
	if q.After.Len() > 0 { // the next page; without this the server would leave out what comes before it
		at, found := slices.BinarySearch(keys, q.After.String(0))
		switch {
		case q.Descending():
			keys = keys[:at]
		case found:
			keys = keys[at+1:]
		default:
			keys = keys[at:]
		}
	}
	return func(yield func(any) bool) {
		for i := range keys {
			if q.Descending() {
				i = len(keys) - 1 - i
			}
			if !yield(t.rows[keys[i]]) {
				return
			}
		}
	}, nil
}
