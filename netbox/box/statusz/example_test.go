package statusz_test

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/kharon-net/kharon/netbox/box"
	"github.com/kharon-net/kharon/netbox/box/statusz"
	"github.com/kharon-net/kharon/reactor"
)

// A server and its page, on a port of its own. Open it in a browser; this one
// asks for a snapshot.
func Example() {
	r, err := reactor.New(reactor.Config{Loops: 2})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	srv, err := box.New(box.Config{Reactor: r})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()

	page := statusz.Handler(srv, statusz.Options{Title: "my server", Reactor: r})
	ops := http.NewServeMux()
	ops.Handle("/statusz", page)
	web := httptest.NewUnstartedServer(ops) // elsewhere an http.Server on 127.0.0.1
	web.Config.RegisterOnShutdown(page.Close)
	web.Start()
	defer web.Close()

	res, err := http.Get(web.URL + "/statusz?format=json")
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	var now statusz.Snapshot
	err = json.NewDecoder(res.Body).Decode(&now)
	fmt.Println(now.Server.Connections, "connections,", len(now.Loops), "loops,", err)
	// Output: 0 connections, 2 loops, <nil>
}
