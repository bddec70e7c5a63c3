//go:build integration

// Package integration drives the built binary against Postfix, Dovecot, NSD
// and nginx as Debian packages them, on the standard ports of loopback
// addresses, and against Exim, OpenSMTPD, Courier and Cyrus, whose packages
// Debian lets nobody install beside those: they are fetched by apt and run in a
// folder of their own. It knows of mailmedic what a user knows: flags, exit
// codes, the JSON document. It needs root, those packages and, once, Debian's
// archive; what is missing is a failure and never a skip.
package integration

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

const (
	password = "korrekte-Pferde-5412"
	// Everything that a quoted string, a URL, a shell or a base64 decoder may stumble over.
	hardPassword = `Äpfel "und" \Birnen%20+= &`
)

// the is what all tests share: they sign in to the same servers, as people do.
var the struct {
	*world
	binary string
}

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	runtime.LockOSThread() // the servers end with this thread, see startServer
	syscall.Umask(0o022)   // servers that give up being root must enter folders
	turn, err := waitForTurn()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer turn.Close()
	dir, err := emptyFolder()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	code := 1
	if err := setUp(dir); err != nil {
		fmt.Fprintln(os.Stderr, "the servers could not be set up:", err)
	} else {
		code = m.Run()
	}
	if the.world != nil {
		the.stop()
		if code != 0 {
			fmt.Fprintln(os.Stderr, the.logs())
		}
	}
	return code
}

// emptyFolder makes a folder for everything that one run writes, and removes
// those of runs that were killed. Its name is short: the path of a Unix socket
// has 107 bytes.
func emptyFolder() (string, error) {
	const pattern = "mailmedic-servers.*"
	left, err := filepath.Glob(filepath.Join(os.TempDir(), pattern))
	if err != nil {
		return "", err
	}
	for _, dir := range left {
		_ = os.RemoveAll(dir) // what a server that is about to end still writes goes with the next run
	}
	dir, err := os.MkdirTemp("", pattern)
	if err != nil {
		return "", err
	}
	return dir, os.Setenv("TMPDIR", dir) // for the tests and the tools
}

// waitForTurn lets one run at a time have the addresses. The turn ends with the
// file, or with the process.
func waitForTurn() (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(os.TempDir(), "mailmedic-integration.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("wait for another run to end: %w", err), file.Close())
	}
	return file, nil
}

func setUp(dir string) error {
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	// MAILMEDIC names a binary to test, for example an unpacked release; without it, one is built.
	if the.binary = os.Getenv("MAILMEDIC"); the.binary == "" {
		the.binary = filepath.Join(dir, "mailmedic")
		if err := command(context.Background(), "go", "build", "-o", the.binary, "../cmd/mailmedic"); err != nil {
			return err
		}
	}
	var err error
	the.world, err = startWorld(context.Background(), dir)
	return err
}
