package reactortest

import (
	"context"
	"net"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// NameServer answers questions for every name with the same addresses, in their order, and "no such name" when there
// are none, until the test ends. It returns a resolver that asks it. Must be called by the test.
func NameServer(t testing.TB, ips ...string) *net.Resolver {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		p := make([]byte, 1500)
		for {
			n, from, err := pc.ReadFrom(p)
			if err != nil {
				return
			}
			if reply := dnsAnswer(p[:n], ips); reply != nil {
				_, _ = pc.WriteTo(reply, from)
			}
		}
	})
	t.Cleanup(func() {
		_ = pc.Close()
		wg.Wait()
	})
	return ResolverAt(t, pc.LocalAddr().String())
}

// ResolverAt returns a resolver that asks the server at a UDP address, until the test ends: package net leaves questions
// under way that are given up. Must be called by the test.
func ResolverAt(t testing.TB, addr string) *net.Resolver {
	var mu sync.Mutex
	var asked []net.Conn
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range asked {
			_ = c.Close()
		}
		asked = nil
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		mu.Lock()
		defer mu.Unlock()
		if t.Context().Err() != nil {
			return nil, t.Context().Err()
		}
		c, err := new(net.Dialer).DialContext(ctx, "udp", addr)
		if err == nil {
			asked = append(asked, c)
		}
		return c, err
	}}
}

func dnsAnswer(question []byte, ips []string) []byte {
	var m dnsmessage.Message
	if m.Unpack(question) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	m.Response, m.Authoritative, m.Additionals = true, true, nil
	if len(ips) == 0 {
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, s := range ips {
		ip := net.ParseIP(s)
		h := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 1}
		switch v4 := ip.To4(); {
		case v4 != nil && q.Type == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: [4]byte(v4)}})
		case v4 == nil && q.Type == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: [16]byte(ip)}})
		}
	}
	reply, _ := m.Pack()
	return reply
}
