//go:build integration

package integration

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// server is one daemon of a Debian package, in the foreground and owned by the test.
type server struct {
	name   string
	cmd    *exec.Cmd
	exited chan struct{} // closed when the process has ended
}

// startServer runs argv with its output in dir/name.out. The daemon ends with
// the thread that started it, so that a test run that is killed leaves nothing
// behind on the ports: the caller has locked its thread.
func startServer(name, dir string, argv ...string) (*server, error) {
	out, err := os.Create(filepath.Join(dir, name+".out"))
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	s := &server{name, cmd, make(chan struct{})}
	go func() {
		defer close(s.exited)
		_ = cmd.Wait() // how it ended does not matter, that it did does
	}()
	return s, nil
}

// remembering makes a daemon that changes its user, and so forgets that it has
// to end with the test, end all the same: a shell remembers.
func remembering(argv ...string) []string {
	return append([]string{"/bin/sh", "-c", `"$@" & trap "kill $!" TERM; wait $!; wait $!`, "sh"}, argv...)
}

// await returns once every address accepts TCP connections.
func (s *server) await(ctx context.Context, addresses ...string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for _, address := range addresses {
		if err := s.awaitOne(ctx, address); err != nil {
			return fmt.Errorf("%s on %s: %w", s.name, address, err)
		}
	}
	return nil
}

func (s *server) awaitOne(ctx context.Context, address string) error {
	pause := time.NewTicker(50 * time.Millisecond)
	defer pause.Stop()
	var dialer net.Dialer
	for {
		conn, err := dialer.DialContext(ctx, "tcp", address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-s.exited:
			return fmt.Errorf("ended before it listened: %v", s.cmd.ProcessState)
		case <-ctx.Done():
			return fmt.Errorf("does not listen: %w", err)
		case <-pause.C:
		}
	}
}

// signal asks the daemon to end.
func (s *server) signal() { _ = s.cmd.Process.Signal(syscall.SIGTERM) }

// wait returns when the daemon has ended, by force where it does not obey.
func (s *server) wait() {
	select {
	case <-s.exited:
	case <-time.After(10 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.exited
	}
}
