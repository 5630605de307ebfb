//go:build unix

package box

import (
	"bufio"
	"bytes"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/netbox/internal/tarantooltest"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// caFile writes the certificate of a server into a file.
func caFile(t *testing.T, cert []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	p := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	if err := os.WriteFile(path, p, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// startTrusted is startTLS for clients that read a file, whose path it returns instead.
func startTrusted(t *testing.T, cfg Config) (srv *Server, addr, file string) {
	t.Helper()
	o := ListenOptions{}
	srv, _ = start(t, cfg)
	cert, _ := identity(t, "localhost")
	o.TLS = serverConfig(cert)
	a, err := srv.ListenWith(o, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return srv, a.String(), caFile(t, cert.Certificate[0])
}

func TestSocatTalksToAnEncryptedServer(t *testing.T) {
	socat := reactortest.Need(t, "socat")
	_, addr, file := startTrusted(t, Config{})
	ping := iproto.AppendPing(nil, 7, 0)
	cmd := exec.Command(socat, "-t", "5", "STDIO,ignoreeof", "OPENSSL:"+addr+",cafile="+file+",commonname=localhost")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	if _, err := in.Write(bytes.Repeat(ping, 100)); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	greeting, err := r.Peek(iproto.GreetingSize)
	if err != nil || !strings.HasPrefix(string(greeting), "Tarantool ") {
		t.Fatalf("got %q, %v: %s", greeting, err, &errs)
	}
	if _, err := r.Discard(iproto.GreetingSize); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		head, err := r.Peek(5)
		if err != nil {
			t.Fatal(err, &errs)
		}
		size, n, err := iproto.ParseFrameLength(head, 0)
		if err != nil || n == 0 {
			t.Fatal(size, n, err)
		}
		frame := make([]byte, n+int(size))
		for i := range frame {
			if frame[i], err = r.ReadByte(); err != nil {
				t.Fatal(err)
			}
		}
		if h, _, err := iproto.ParseHeader(frame[n:]); err != nil || h.Sync != 7 || h.Type != iproto.TypeOK {
			t.Fatalf("%+v %v", h, err)
		}
	}
}

func TestNetBoxTalksToAnEncryptedServer(t *testing.T) {
	socat := reactortest.Need(t, "socat")
	srv, addr, file := startTrusted(t, Config{})
	forLua(srv)
	got := tarantooltest.RunScript(t, conversation, tunnel(t, socat, "OPENSSL:"+addr+",cafile="+file+",commonname=localhost"))
	want, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// tunnel listens for clients that are connected to something else, and returns its address.
func tunnel(t *testing.T, socat, to string) (addr string) {
	t.Helper()
	cmd := exec.Command(socat, "-d", "-d", "TCP-LISTEN:0,bind=127.0.0.1,reuseaddr,fork", to)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines, read := bufio.NewScanner(stderr), make(chan struct{})
	for addr == "" && lines.Scan() {
		_, addr, _ = strings.Cut(lines.Text(), "listening on AF=2 ")
	}
	go func() {
		defer close(read)
		for lines.Scan() {
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		<-read
	})
	if addr == "" {
		t.Fatal("socat does not listen")
	}
	return addr
}
