package sockets

import (
	"log/slog"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestServerSurvivesRunningOutOfDescriptors takes away every descriptor the
// process may have: the server waits, says so once, and goes on.
func TestServerSurvivesRunningOutOfDescriptors(t *testing.T) {
	onGoroutine(t, func(t *caseT) {
		var log syncBuffer
		srv := t.serve(&Server{Handler: echoLines, Name: "short", Logger: slog.New(slog.NewTextHandler(&log, nil))})
		var old unix.Rlimit
		t.must(unix.Getrlimit(unix.RLIMIT_NOFILE, &old))
		c := t.make(FamilyInet, Stream) // made while there are any
		next, err := unix.Dup(c.FD())
		t.must(err)
		_ = unix.Close(next)
		t.must(unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(next), Max: old.Max}))
		defer func() { _ = unix.Setrlimit(unix.RLIMIT_NOFILE, &old) }()
		if err := c.SysConnect("127.0.0.1", srv.Addr().Service()); !isAny(err, nil, syscall.EINPROGRESS) {
			t.Fatal(err)
		}
		t.until("the trouble is logged", func() bool { return strings.Contains(log.String(), "too many open files") })
		t.must(unix.Setrlimit(unix.RLIMIT_NOFILE, &old))
		t.must(c.FinishConnect(soon))
		send(t, c, "x\n")
		wantBytes(t, "x\n", nil)(c.ReadUntil(soon, "\n"))
		if text := log.String(); strings.Count(text, "\n") > 3 || !strings.Contains(text, "server=short/127.0.0.1:") {
			t.Errorf("the log is %s", text)
		}
	})
}

// TestRawSockets sends an echo request to this machine.
func TestRawSockets(t *testing.T) {
	inBothModes(t, func(t *caseT) {
		s, err := New(FamilyInet, Raw, ProtocolICMP)
		if isAny(err, syscall.EPERM, syscall.EACCES) {
			t.Skip("SKIPPED: raw sockets need a right that this process has not")
		}
		s = t.own(s, err)
		request := []byte{8, 0, 0, 0, 0x4b, 0x48, 0, 1}
		sum := uint32(0x0800 + 0x4b48 + 1)
		sum = ^(sum + sum>>16)
		request[2], request[3] = byte(sum>>8), byte(sum)
		_, err = s.SendTo("127.0.0.1", "0", request)
		t.must(err)
		for {
			m, err := s.RecvFromWait(soon, Auto)
			t.must(err)
			if len(m.Data) == 28 && m.Data[20] == 0 && m.Data[24] == 0x4b && m.From.Host() == "127.0.0.1" {
				return // the answer, after the header of IP
			}
		}
	})
}

func TestLinuxOptions(t *testing.T) {
	onGoroutine(t, func(t *caseT) {
		c, _ := t.pair()
		info, err := c.Option("tcp", "TCP_INFO")
		t.must(err)
		if info.(*unix.TCPInfo).State != unix.BPF_TCP_ESTABLISHED {
			t.Errorf("TCP_INFO %+v", info)
		}
		if name, err := c.Congestion(); err != nil || name == "" || strings.ContainsRune(name, 0) {
			t.Errorf("Congestion: %q, %v", name, err)
		}
		a, b, err := Pair(FamilyUnix, Stream, 0)
		a, _ = t.own(a, err), t.own(b, err)
		cred, err := a.Option("socket", "SO_PEERCRED")
		if err != nil || cred.(PeerCred).PID != int32(unix.Getpid()) {
			t.Errorf("SO_PEERCRED %+v, %v", cred, err)
		}
		g := Membership{Group: netip.MustParseAddr("239.1.2.3"), Interface: "lo"}
		u := t.make(FamilyInet, Datagram)
		t.must(u.JoinGroup(g))
		t.must(u.LeaveGroup(g))
		wantIs(t, u.JoinGroup(Membership{Group: netip.MustParseAddr("127.0.0.1")}), ErrInvalid)
		wantIs(t, u.JoinGroup(Membership{Group: g.Group, Interface: "no-such"}), syscall.ENODEV)
		t.must(u.BindToDevice("lo"))
		wantOption(t, u, "socket", "SO_BINDTODEVICE", "lo")
		for name := range options {
			level, _, _ := strings.Cut(name, "_")
			if level == "SO" {
				level = "SOL_SOCKET"
			}
			if _, _, err := lookup(level, name); err != nil {
				t.Error(err)
			}
		}
	})
}
