package sockets

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"testing"
)

// BenchmarkLineEcho serves lines of 64 bytes, one at a time on each
// connection, and reports the processor time that the server's process takes
// for each. The client is another process, on package net.
func BenchmarkLineEcho(b *testing.B) {
	servers := []struct {
		name  string
		start func(b *testing.B) (addr string)
	}{
		{"sockets", startSocketsEcho},
		{"net", startNetEcho},
	}
	for _, conns := range []int{1, 64} {
		for _, s := range servers {
			b.Run(fmt.Sprintf("%s/%d", s.name, conns), func(b *testing.B) { benchEcho(b, s.start(b), conns) })
		}
	}
}

func startSocketsEcho(b *testing.B) string {
	srv, err := TCPServer("127.0.0.1", "0", func(_ context.Context, s *Socket, _ Addr) {
		for {
			line, err := s.ReadSlice(Forever, "\n")
			if err != nil {
				return
			}
			if _, err := s.Write(line); err != nil {
				return
			}
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = srv.Shutdown(context.Background()) })
	return srv.Addr().String()
}

func startNetEcho(b *testing.B) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { netEcho(c) })
		}
	})
	b.Cleanup(func() { _ = ln.Close(); wg.Wait() })
	return ln.Addr().String()
}

func netEcho(c net.Conn) {
	defer func() { _ = c.Close() }()
	r := bufio.NewReader(c)
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return
		}
		if _, err := c.Write(line); err != nil {
			return
		}
	}
}

// benchEcho drives a server in this process from another one.
func benchEcho(b *testing.B, addr string, conns int) {
	client := exec.Command(os.Args[0])
	client.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %d", clientEnv, addr, conns, b.N))
	client.Stderr = os.Stderr
	out, err := client.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	start, err := client.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := client.Start(); err != nil {
		b.Fatal(err)
	}
	answers := bufio.NewReader(out)
	if _, err := answers.ReadString('\n'); err != nil {
		b.Fatal(err)
	}
	begin := cpuTime()
	b.ResetTimer()
	_, _ = io.WriteString(start, "go\n")
	if _, err := answers.ReadString('\n'); err != nil {
		b.Error(err)
	}
	b.StopTimer()
	b.ReportMetric(float64(cpuTime()-begin)/float64(b.N), "cpu-ns/op")
	if err := client.Wait(); err != nil {
		b.Error(err)
	}
}

// clientEnv is set in the process that is the client of a benchmark: to the
// address, the number of connections and that of lines.
const clientEnv = "KHARON_TEST_ECHO_CLIENT"

// echoClient says that it has connected, waits to be told, talks, and says
// that it is done.
func echoClient(args string) {
	var addr string
	var conns, lines int
	if _, err := fmt.Sscan(args, &addr, &conns, &lines); err != nil {
		panic(err)
	}
	clients := make([]net.Conn, conns)
	for i := range clients {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			panic(err)
		}
		clients[i] = c
	}
	fmt.Println("ready")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	var wg sync.WaitGroup
	for i, c := range clients {
		n := lines / conns
		if i < lines%conns {
			n++
		}
		wg.Go(func() { talk(c, n) })
	}
	wg.Wait()
	fmt.Println("done")
}

// talk sends n lines and waits for each to come back.
func talk(c net.Conn, n int) {
	line := make([]byte, 64)
	line[63] = '\n'
	answer := make([]byte, 64)
	for range n {
		if _, err := c.Write(line); err != nil {
			panic(err)
		}
		for got := 0; got < len(answer); {
			m, err := c.Read(answer[got:])
			if err != nil {
				panic(err)
			}
			got += m
		}
	}
}
